"""overlaps: an allowed overlap holds for its own visit alone, and ends with it; a free slot may change its length"""

from db.migrations.steps import run_sql

revision = "overlaps"
down_revision = "holidays"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0009_overlaps.sql")
