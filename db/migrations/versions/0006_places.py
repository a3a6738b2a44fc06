"""places: nobody is in two places at once; what staff closed stays closed; indexes that lists were without"""

from db.migrations.steps import run_sql

revision = "places"
down_revision = "queues"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0006_places.sql")
