"""edges: which practitioner holds an API key; names that are found without accents"""

from db.migrations.steps import run_sql

revision = "edges"
down_revision = "scribe"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0004_edges.sql")
