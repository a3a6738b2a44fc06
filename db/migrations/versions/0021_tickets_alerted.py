"""tickets alerted"""

from db.migrations.steps import run_sql

revision = '0021_tickets_alerted'
down_revision = '0020_request_number_once'
branch_labels = None
depends_on = None

# Frozen: only SQL, and nothing that changes with the code. `lock_timeout` is set (`db/migrations/env.py`): a step that
# takes a table's lock does little under it; scans (VALIDATE CONSTRAINT, CREATE INDEX CONCURRENTLY) go into a step of
# their own.


def upgrade() -> None:
    run_sql("0021_tickets_alerted.sql")
