"""partition record: entries in partitions by the month of their session"""

from db.migrations.steps import run_sql

revision = "0015_partition_record"
down_revision = "0014_partition_functions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0015_partition_record.sql")
