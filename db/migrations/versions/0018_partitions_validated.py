"""partitions, validated: what refers to messages, looked at beside the service"""

from alembic import op

from db.migrations.steps import run, run_patiently

revision = "0018_partitions_validated"
down_revision = "0017_partition_messages"
branch_labels = None
depends_on = None

REFERRING = ("communication", "voice_session")
VALIDATED = (
    ("communication", "fk_communication_message_id"),
    ("voice_session", "fk_voice_session_message_id"),
    ("message_answer", "fk_message_answer_in_reply_to"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in ("message", *REFERRING):  # as in 0013: else the owner, who validates, would see no row
            run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for table, constraint in VALIDATED:
            run_patiently(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        for table in ("message", *REFERRING):
            run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
