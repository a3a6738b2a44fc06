"""holidays: the hospital's calendar, and exceptions of schedules that last several days"""

import sqlalchemy as sa
from alembic import context, op

from db.isolation import isolation_statements

revision = "holidays"
down_revision = "attendance"
branch_labels = None
depends_on = None

DAYS = """
    UPDATE provider_schedule SET exceptions = (
        SELECT jsonb_agg(CASE WHEN e ? 'date'
            THEN (e - 'date') || jsonb_build_object('valid_from', e -> 'date', 'valid_to', e -> 'date') ELSE e END)
        FROM jsonb_array_elements(exceptions) AS e)
    WHERE jsonb_array_length(exceptions) > 0
"""


def upgrade() -> None:
    op.create_table(
        "holiday",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_holiday_days")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_holiday_location_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_holiday_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
    )
    op.create_index("ix_holiday_tenant_id_valid_to", "holiday", ["tenant_id", "valid_to"], unique=False)
    op.add_column(
        "provider_schedule", sa.Column("works_holidays", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    connection, role = op.get_bind(), context.config.attributes["app_role"]
    tables = sa.MetaData()
    tables.reflect(connection, only=["holiday"])
    for statement in isolation_statements(tables.tables["holiday"], role):
        connection.exec_driver_sql(statement)
    # the owner is bound by row-level security too, and is of no tenant
    connection.exec_driver_sql("ALTER TABLE provider_schedule NO FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(DAYS)
    connection.exec_driver_sql("ALTER TABLE provider_schedule FORCE ROW LEVEL SECURITY")
