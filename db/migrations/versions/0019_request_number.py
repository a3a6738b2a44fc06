"""request number: of a patient's request, by which the patient asks about it"""

from db.migrations.steps import run_sql

revision = "0019_request_number"
down_revision = "0018_partitions_validated"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0019_request_number.sql")
