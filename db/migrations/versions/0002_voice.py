"""voice: recordings, their parts, what was said, enrolled voices; numbers for calls; voice notes wait in the inbox"""

from db.migrations.steps import run_sql

revision = "voice"
down_revision = "sealed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0002_voice.sql")
