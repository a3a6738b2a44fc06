"""queues: jobs that failed for good, messages that wait for nothing, calls that run while their key is claimed"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.isolation import isolation_statements

revision = "queues"
down_revision = "edges"
branch_labels = None
depends_on = None

# A worker of the version before took every job from the queue "default": what waits there is given to its own queue.
QUEUES = {
    "run_turns": "turns", "send_message": "sending", "alerts.deliver": "sending", "alerts.wake": "sending",
    "voice.delete_at_carrier": "sending", "react": "reactions", "voice.hear_note": "notes", "voice.transcribe": "speech",
}  # fmt: skip


# Events are never changed; a tenant's that are past their retention are removed, a month back at least.
EVENTS_PURGE = """
CREATE FUNCTION events_purge(p_before timestamptz, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    v_gone integer;
BEGIN
    IF p_before > now() - interval '30 days' THEN
        RAISE EXCEPTION 'events are kept a month at least' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM set_config('app.purging', 'on', true);
    DELETE FROM event_log WHERE id IN (
        SELECT e.id FROM event_log e WHERE e.tenant_id = v_tenant AND e.at < p_before
           AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.tenant_id = v_tenant AND d.event_id = e.id)
         ORDER BY e.at LIMIT p_most);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    PERFORM set_config('app.purging', '', true);
    RETURN v_gone;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "dead_job",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("args", postgresql.JSONB(), nullable=False),
        sa.Column("lock", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('dead', 'retried', 'dropped')", name=op.f("ck_dead_job_state")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_dead_job_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_job")),
        sa.UniqueConstraint("tenant_id", "job_id", name=op.f("uq_dead_job_tenant_id_job_id")),
    )
    op.create_index(op.f("ix_dead_job_tenant_id_state_id"), "dead_job", ["tenant_id", "state", "id"], unique=False)
    op.create_index("ix_event_log_tenant_id_at", "event_log", ["tenant_id", "at"], unique=False)
    op.create_index("ix_message_tenant_id_at", "message", ["tenant_id", "at"], unique=False)
    op.create_index("ix_communication_tenant_id_at", "communication", ["tenant_id", "at"], unique=False)
    op.create_index("ix_reacted_tenant_id_created_at", "reacted", ["tenant_id", "created_at"], unique=False)
    op.add_column("message", sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("idempotency_key", sa.Column("running_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "key_check",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("probe", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('secret', 'master', 'seal')", name=op.f("ck_key_check_kind")),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_key_check")),
    )
    connection, role = op.get_bind(), context.config.attributes["app_role"]
    for task, queue in QUEUES.items():
        connection.exec_driver_sql(
            "UPDATE procrastinate_jobs SET queue_name = %s WHERE task_name = %s AND status = 'todo'", (queue, task)
        )
    connection.exec_driver_sql(
        "UPDATE procrastinate_jobs SET queue_name = 'housekeeping' WHERE queue_name = 'default' AND status = 'todo'"
    )
    connection.exec_driver_sql(EVENTS_PURGE)
    connection.exec_driver_sql("REVOKE ALL ON FUNCTION events_purge FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION events_purge TO {role}")
    tables = sa.MetaData()
    tables.reflect(connection, only=["dead_job", "key_check"])
    for name in ("dead_job", "key_check"):
        for statement in isolation_statements(tables.tables[name], role):
            connection.exec_driver_sql(statement)
