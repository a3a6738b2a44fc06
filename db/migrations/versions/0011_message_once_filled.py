"""message once, filled: the same for the messages that are there"""

from db.migrations.steps import run_sql

revision = "0011_message_once_filled"
down_revision = "0010_message_once"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0011_message_once_filled.sql")
