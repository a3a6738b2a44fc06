"""partition events: events in partitions by month"""

from db.migrations.steps import run_sql

revision = "0016_partition_events"
down_revision = "0015_partition_record"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0016_partition_events.sql")
