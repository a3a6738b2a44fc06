"""attendance: who left without being seen, what the hospital cancelled, and why a mark of attendance was changed"""

from db.migrations.steps import run_sql

revision = "attendance"
down_revision = "places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0007_attendance.sql")
