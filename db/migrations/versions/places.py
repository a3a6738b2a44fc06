"""places: nobody is in two places at once; what staff closed stays closed; indexes that lists were without"""

import sqlalchemy as sa
from alembic import context, op

revision = "places"
down_revision = "queues"
branch_labels = None
depends_on = None

# A UUID as a range of one number: GiST alone (without btree_gist, which the embedded server lacks) compares ranges.
KEY = "int8range(hashtextextended({0}::text, 0), hashtextextended({0}::text, 0), '[]')"
LIVE = "state IN ('booked', 'confirmed', 'checked_in')"
# What overlaps already stays, and says so.
KNOWN = """
    UPDATE time_slot s SET overlap_allowed = true WHERE s.taken > 0 AND EXISTS (
        SELECT 1 FROM time_slot o WHERE o.tenant_id = s.tenant_id AND o.practitioner_id = s.practitioner_id AND o.id <> s.id
           AND o.taken > 0 AND o.starts_at < s.ends_at AND s.starts_at < o.ends_at);
    UPDATE appointment a SET overlap_reason = 'booked before overlaps were refused' WHERE a.state IN
        ('booked', 'confirmed', 'checked_in') AND EXISTS (
        SELECT 1 FROM appointment o WHERE o.tenant_id = a.tenant_id AND o.patient_id = a.patient_id AND o.id <> a.id
           AND o.state IN ('booked', 'confirmed', 'checked_in') AND o.starts_at < a.ends_at AND a.starts_at < o.ends_at);
"""


def upgrade() -> None:
    op.add_column("time_slot", sa.Column("overlap_allowed", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("time_slot", sa.Column("closed_by", sa.Text(), nullable=True))
    op.add_column("time_slot", sa.Column("closed_reason", sa.Text(), nullable=True))
    op.add_column("appointment", sa.Column("overlap_reason", sa.Text(), nullable=True))
    connection, role = op.get_bind(), context.config.attributes["app_role"]
    for table in ("time_slot", "appointment"):  # the owner is bound by row-level security too, and is of no tenant
        connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(KNOWN)
    for table in ("time_slot", "appointment"):
        connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    connection.exec_driver_sql(
        f"ALTER TABLE time_slot ADD CONSTRAINT ex_time_slot_practitioner EXCLUDE USING gist ({KEY.format('practitioner_id')}"
        " WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (taken > 0 AND NOT overlap_allowed)"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE appointment ADD CONSTRAINT ex_appointment_patient EXCLUDE USING gist ({KEY.format('patient_id')}"
        f" WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE ({LIVE} AND overlap_reason IS NULL)"
    )
    connection.exec_driver_sql(f"GRANT UPDATE (overlap_allowed, closed_by, closed_reason) ON time_slot TO {role}")
    op.create_index("ix_time_slot_tenant_id_starts_at", "time_slot", ["tenant_id", "starts_at"], unique=False)
    op.create_index("ix_message_tenant_id_state_at", "message", ["tenant_id", "state", "at"], unique=False)
    op.create_index("ix_conversation_tenant_id_state", "conversation", ["tenant_id", "state"], unique=False)
    op.drop_index("ix_patient_tenant_id_family", table_name="patient")
    op.create_index("ix_patient_tenant_id_family_given_id", "patient", ["tenant_id", "family", "given", "id"], unique=False)
