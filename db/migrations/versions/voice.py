"""voice: recordings, their parts, what was said, enrolled voices; numbers for calls; voice notes wait in the inbox"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.isolation import isolation_statements

revision = "voice"
down_revision = "sealed"
branch_labels = None
depends_on = None

TABLES = ("voice_print", "voice_session", "voice_part", "voice_segment")
_STATES = "'received', 'processed', 'failed', 'queued', 'sending', 'sent', 'delivered', 'read', 'held', 'cancelled'"


def upgrade() -> None:
    op.create_table(
        "voice_print",
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_voice_print_practitioner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_voice_print_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_print")),
        sa.UniqueConstraint("tenant_id", "practitioner_id", name=op.f("uq_voice_print_tenant_id_practitioner_id")),
    )
    op.create_table(
        "voice_session",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_how", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("heard_language", sa.Text(), nullable=True),
        sa.Column("speakers", sa.Integer(), nullable=True),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("audio_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_samples", sa.BigInteger(), nullable=False),
        sa.Column("engine", postgresql.JSONB(), nullable=True),
        sa.Column("dropped", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("hints", sa.LargeBinary(), nullable=True),
        sa.Column("names", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "consent IN ('not_needed', 'unknown', 'granted', 'refused', 'withdrawn')",
            name=op.f("ck_voice_session_consent"),
        ),
        sa.CheckConstraint("kind IN ('dictation', 'visit', 'call', 'voice_note')", name=op.f("ck_voice_session_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'transcribing', 'final', 'failed', 'deleted')", name=op.f("ck_voice_session_state")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_voice_session_conversation_id")
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_voice_session_encounter_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_voice_session_message_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_voice_session_patient_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_voice_session_practitioner_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_voice_session_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_session")),
        sa.UniqueConstraint("tenant_id", "call_sid", name=op.f("uq_voice_session_tenant_id_call_sid")),
        sa.UniqueConstraint("tenant_id", "message_id", name=op.f("uq_voice_session_tenant_id_message_id")),
    )
    op.create_index(
        op.f("ix_voice_session_tenant_id_conversation_id"),
        "voice_session",
        ["tenant_id", "conversation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_voice_session_tenant_id_patient_id_started_at"),
        "voice_session",
        ["tenant_id", "patient_id", "started_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_voice_session_tenant_id_state_started_at"),
        "voice_session",
        ["tenant_id", "state", "started_at"],
        unique=False,
    )
    op.create_table(
        "voice_part",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["voice_session.id"], name=op.f("fk_voice_part_session_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_voice_part_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_part")),
        sa.UniqueConstraint(
            "tenant_id", "session_id", "leg", "start", name=op.f("uq_voice_part_tenant_id_session_id_leg_start")
        ),
    )
    op.create_table(
        "voice_segment",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=True),
        sa.Column("start_s", sa.Float(), nullable=False),
        sa.Column("end_s", sa.Float(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("speaker_confidence", sa.Float(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("role_confidence", sa.Float(), nullable=True),
        sa.Column("fixed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("flags", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('doctor', 'patient', 'nurse', 'other', 'assistant', 'unknown')",
            name=op.f("ck_voice_segment_role"),
        ),
        sa.CheckConstraint("start_s >= 0 AND end_s >= start_s", name=op.f("ck_voice_segment_times")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_voice_segment_patient_id")),
        sa.ForeignKeyConstraint(["session_id"], ["voice_session.id"], name=op.f("fk_voice_segment_session_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_voice_segment_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_segment")),
        sa.UniqueConstraint(
            "tenant_id", "session_id", "number", name=op.f("uq_voice_segment_tenant_id_session_id_number")
        ),
    )
    op.create_index("ix_voice_segment_time", "voice_segment", ["tenant_id", "session_id", "start_s"], unique=False)
    op.add_column("tenant", sa.Column("voice_number", sa.Text(), nullable=True))
    op.add_column("tenant", sa.Column("transfer_number", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_tenant_voice_number"), "tenant", ["voice_number"])
    _inbox()
    connection, role = op.get_bind(), context.config.attributes["app_role"]
    tables = sa.MetaData()
    tables.reflect(connection, only=TABLES)
    for name in TABLES:
        for statement in isolation_statements(tables.tables[name], role):
            connection.exec_driver_sql(statement)


def _inbox() -> None:
    """A voice note is in the inbox before its words are."""
    op.drop_constraint(op.f("ck_message_state"), "message", type_="check")
    op.create_check_constraint(op.f("ck_message_state"), "message", f"state IN ('hearing', {_STATES})")
    op.drop_index("ix_message_inbox", "message")
    op.create_index(
        "ix_message_inbox",
        "message",
        ["tenant_id", "conversation_id", "seq"],
        postgresql_where=sa.text("state IN ('hearing', 'received')"),
    )
