"""queues: jobs that failed for good, messages that wait for nothing, calls that run while their key is claimed"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.isolation import isolation_statements

revision = "queues"
down_revision = "scribe"
branch_labels = None
depends_on = None

# A worker of the version before took every job from the queue "default": what waits there is given to its own queue.
QUEUES = {
    "run_turns": "turns", "send_message": "sending", "alerts.deliver": "sending", "alerts.wake": "sending",
    "voice.delete_at_carrier": "sending", "react": "reactions", "voice.hear_note": "notes", "voice.transcribe": "speech",
}  # fmt: skip


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
    tables = sa.MetaData()
    tables.reflect(connection, only=["dead_job", "key_check"])
    for name in ("dead_job", "key_check"):
        for statement in isolation_statements(tables.tables[name], role):
            connection.exec_driver_sql(statement)
