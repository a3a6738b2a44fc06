"""request number once: one of each in a hospital; and patients by birth date, for duplicates"""

from alembic import op

from db.migrations.steps import run_patiently

revision = "0020_request_number_once"
down_revision = "0019_request_number"
branch_labels = None
depends_on = None

# Built beside the service.
INDEXES = (
    "CREATE UNIQUE INDEX CONCURRENTLY uq_ticket_number ON ticket (tenant_id, number) WHERE number IS NOT NULL",
    "CREATE INDEX CONCURRENTLY ix_patient_tenant_id_birth_date ON patient (tenant_id, birth_date)",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in INDEXES:
            run_patiently(statement)
