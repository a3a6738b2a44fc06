"""partition messages: messages in partitions by month"""

from db.migrations.steps import run_sql

revision = "0017_partition_messages"
down_revision = "0016_partition_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0017_partition_messages.sql")
