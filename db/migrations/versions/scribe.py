"""scribe: case threads and their messages, notes with all their versions"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.isolation import isolation_statements

revision = "scribe"
down_revision = "voice"
branch_labels = None
depends_on = None

TABLES = ("collab_thread", "collab_message", "note_revision")
# What was saved is never rewritten: signing alone changes a version, once.
KEPT = """
CREATE FUNCTION note_revision_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'draft' OR NEW.content <> OLD.content OR NEW.content_sha256 <> OLD.content_sha256
     OR (NEW.note_id, NEW.number, NEW.patient_id, NEW.author, NEW.at) <> (OLD.note_id, OLD.number, OLD.patient_id, OLD.author, OLD.at)
  THEN RAISE EXCEPTION 'a version of a note is kept as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER note_revision_kept BEFORE UPDATE OR DELETE ON note_revision FOR EACH ROW EXECUTE FUNCTION note_revision_kept();
"""


def upgrade() -> None:
    op.create_table(
        "collab_thread",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_collab_thread_state")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_collab_thread_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_collab_thread_patient_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_collab_thread_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collab_thread")),
    )
    op.create_index(
        op.f("ix_collab_thread_tenant_id_patient_id_created_at"),
        "collab_thread",
        ["tenant_id", "patient_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "collab_message",
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mentions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("answers", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'agent')", name=op.f("ck_collab_message_kind")),
        sa.ForeignKeyConstraint(["answers"], ["collab_message.id"], name=op.f("fk_collab_message_answers")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_collab_message_patient_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_collab_message_tenant_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["collab_thread.id"], name=op.f("fk_collab_message_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collab_message")),
        sa.UniqueConstraint("tenant_id", "answers", name=op.f("uq_collab_message_tenant_id_answers")),
    )
    op.create_index("ix_collab_message_mentions", "collab_message", ["mentions"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_collab_message_tenant_id_thread_id_at"),
        "collab_message",
        ["tenant_id", "thread_id", "at"],
        unique=False,
    )
    op.create_table(
        "note_revision",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("maker_kind", sa.Text(), nullable=False),
        sa.Column("maker", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("distance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'draft') = (signed_by IS NULL)", name=op.f("ck_note_revision_signed")),
        sa.CheckConstraint("maker_kind IN ('built-in', 'model', 'person')", name=op.f("ck_note_revision_maker_kind")),
        sa.CheckConstraint("state IN ('draft', 'final', 'amended')", name=op.f("ck_note_revision_state")),
        sa.CheckConstraint("(number = 1) = (parent_id IS NULL)", name=op.f("ck_note_revision_parent")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_note_revision_encounter_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["note_revision.id"], name=op.f("fk_note_revision_parent_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_note_revision_patient_id")),
        sa.ForeignKeyConstraint(["session_id"], ["voice_session.id"], name=op.f("fk_note_revision_session_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_note_revision_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_revision")),
        sa.UniqueConstraint("tenant_id", "note_id", "number", name=op.f("uq_note_revision_tenant_id_note_id_number")),
    )
    op.create_index(
        op.f("ix_note_revision_tenant_id_patient_id_created_at"),
        "note_revision",
        ["tenant_id", "patient_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "uq_note_revision_final",
        "note_revision",
        ["tenant_id", "note_id"],
        unique=True,
        postgresql_where=sa.text("state = 'final'"),
    )
    connection, role = op.get_bind(), context.config.attributes["app_role"]
    connection.exec_driver_sql(KEPT)
    tables = sa.MetaData()
    tables.reflect(connection, only=TABLES)
    for name in TABLES:
        for statement in isolation_statements(tables.tables[name], role):
            connection.exec_driver_sql(statement)
