"""queues: jobs that failed for good, messages that wait for nothing, calls that run while their key is claimed"""

from db.migrations.steps import run_sql

revision = "queues"
down_revision = "edges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0005_queues.sql")
