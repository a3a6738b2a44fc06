"""partition functions: making and removing the partition of a month"""

from db.migrations.steps import run_sql

revision = "0014_partition_functions"
down_revision = "0013_partitions_checked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0014_partition_functions.sql")
