"""partitions, validated: what refers to messages, looked at beside the service"""

from db.migrations.steps import run_sql

revision = "0018_partitions_validated"
down_revision = "0017_partition_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0018_partitions_validated.sql")
