"""scribe: case threads and their messages, notes with all their versions"""

from db.migrations.steps import run_sql

revision = "scribe"
down_revision = "voice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0003_scribe.sql")
