"""session months: the month that a session began in, on it and on its entries"""

from db.migrations.steps import run_sql

revision = "0012_session_months"
down_revision = "0011_message_once_filled"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0012_session_months.sql")
