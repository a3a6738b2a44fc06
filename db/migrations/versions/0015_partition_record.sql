-- Entries in partitions by the month that their session began in. (session, number) is unique as before: the month is the
-- session's own, by the foreign key, so that no session has entries in two partitions.
LOCK TABLE llm_session, audit_entry IN ACCESS EXCLUSIVE MODE;
ALTER TABLE llm_session ADD CONSTRAINT uq_llm_session_id_month UNIQUE USING INDEX uq_llm_session_id_month;
ALTER TABLE audit_entry RENAME TO audit_entry_first;
ALTER TABLE audit_entry_first DROP CONSTRAINT pk_audit_entry;
ALTER TABLE audit_entry_first ADD CONSTRAINT pk_audit_entry_first PRIMARY KEY USING INDEX pk_audit_entry_first;
ALTER TABLE audit_entry_first DROP CONSTRAINT fk_audit_entry_session_id;
ALTER INDEX ix_audit_entry_tenant_id_kind RENAME TO ix_audit_entry_first_tenant_id_kind;
DROP TRIGGER append_only ON audit_entry_first;
DROP POLICY tenant ON audit_entry_first;
ALTER TABLE audit_entry_first NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON audit_entry_first FROM :app_role;
CREATE TABLE audit_entry (
    session_id uuid NOT NULL,
    seq integer NOT NULL,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    sealed bytea,
    hash bytea NOT NULL,
    month date DEFAULT '0001-01-01' NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (session_id, seq, month),
    CONSTRAINT ck_audit_entry_kind CHECK (kind ~ '^[a-z_]+$'),
    CONSTRAINT fk_audit_entry_session_id_month FOREIGN KEY (session_id, month) REFERENCES llm_session (id, month),
    CONSTRAINT fk_audit_entry_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id)
) PARTITION BY RANGE (month);
CREATE INDEX ix_audit_entry_tenant_id_kind ON audit_entry (tenant_id, kind);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entry USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT ON audit_entry TO :app_role;
SELECT partition_attach_first('audit_entry');
