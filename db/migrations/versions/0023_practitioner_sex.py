"""practitioner sex"""

from db.migrations.steps import run_sql

revision = '0023_practitioner_sex'
down_revision = '0022_key_with_scope'
branch_labels = None
depends_on = None

# Frozen: only SQL, and nothing that changes with the code. `lock_timeout` is set (`db/migrations/env.py`): a step that
# takes a table's lock does little under it; scans (VALIDATE CONSTRAINT, CREATE INDEX CONCURRENTLY) go into a step of
# their own.


def upgrade() -> None:
    run_sql("0023_practitioner_sex.sql")
