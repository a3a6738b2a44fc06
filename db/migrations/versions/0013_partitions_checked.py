"""partitions, checked: all that looks at every row, before and apart from what takes a lock"""

from alembic import op

from db.migrations.steps import run, run_patiently, run_sql

revision = "0013_partitions_checked"
down_revision = "0012_session_months"
branch_labels = None
depends_on = None

# Each by itself, beside the service: an index that is built CONCURRENTLY and a constraint that is validated keep nobody
# waiting. The same indexes under the names that parts of a partitioned table will take over.
INDEXES = (
    "CREATE UNIQUE INDEX CONCURRENTLY uq_llm_session_id_month ON llm_session (id, month)",
    "CREATE UNIQUE INDEX CONCURRENTLY pk_audit_entry_first ON audit_entry (session_id, seq, month)",
    "CREATE INDEX CONCURRENTLY ix_message_first_provider_id ON message (tenant_id, provider_id)"
    " WHERE provider_id IS NOT NULL",
    "CREATE INDEX CONCURRENTLY ix_message_first_in_reply_to ON message (in_reply_to) WHERE in_reply_to IS NOT NULL",
)
CHECKED = (
    ("audit_entry", "fk_audit_entry_session_id_month"),
    ("audit_entry", "until"),
    ("event_log", "until"),
    ("message", "until"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        run_sql("0013_partitions_unchecked.sql")
        for statement in INDEXES:
            run_patiently(statement)
        run("ALTER TABLE audit_entry ADD CONSTRAINT fk_audit_entry_session_id_month FOREIGN KEY (session_id, month)"
            " REFERENCES llm_session (id, month) NOT VALID")
        # Whoever validates a foreign key sees what policies let the owner see, who is of no tenant: nothing. They bind
        # the owner alone here (FORCE), and not the service, whose rows they go on to guard.
        for table in ("llm_session", "audit_entry"):
            run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for table, constraint in CHECKED:
            run_patiently(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        for table in ("llm_session", "audit_entry"):
            run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
