"""message once: what is unique of a message over all months, kept beside it"""

from db.migrations.steps import run_sql

revision = "0010_message_once"
down_revision = "overlaps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0010_message_once.sql")
