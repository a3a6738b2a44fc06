"""attendance: who left without being seen, what the hospital cancelled, and why a mark of attendance was changed"""

import sqlalchemy as sa
from alembic import op

revision = "attendance"
down_revision = "places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("by_hospital", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("appointment", sa.Column("state_reason", sa.Text(), nullable=True))
    op.drop_constraint("ck_appointment_state", "appointment", type_="check")
    op.create_check_constraint(
        op.f("ck_appointment_state"),
        "appointment",
        "state IN ('booked', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show', 'left_without_being_seen')",
    )
