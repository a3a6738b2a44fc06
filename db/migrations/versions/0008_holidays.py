"""holidays: the hospital's calendar, and exceptions of schedules that last several days"""

from db.migrations.steps import run_sql

revision = "holidays"
down_revision = "attendance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0008_holidays.sql")
