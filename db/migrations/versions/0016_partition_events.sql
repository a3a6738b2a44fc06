-- Events in partitions by month, by their ids.
LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE;
ALTER TABLE event_log RENAME TO event_log_first;
ALTER TABLE event_log_first RENAME CONSTRAINT pk_event_log TO pk_event_log_first;
ALTER TABLE event_log_first RENAME CONSTRAINT uq_event_log_seq TO uq_event_log_first_seq;
ALTER INDEX ix_event_log_tenant_id_at RENAME TO ix_event_log_first_tenant_id_at;
ALTER INDEX ix_event_log_tenant_id_entity_id_seq RENAME TO ix_event_log_first_tenant_id_entity_id_seq;
ALTER INDEX ix_event_log_tenant_id_type_seq RENAME TO ix_event_log_first_tenant_id_type_seq;
DROP TRIGGER append_only ON event_log_first;
DROP POLICY tenant ON event_log_first;
ALTER TABLE event_log_first NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON event_log_first FROM :app_role;
ALTER SEQUENCE event_log_seq_seq RENAME TO event_log_first_seq_seq;
CREATE TABLE event_log (
    seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    type text NOT NULL,
    entity_id uuid NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_event_log PRIMARY KEY (id),
    CONSTRAINT fk_event_log_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id)
) PARTITION BY RANGE (id);
SELECT setval('event_log_seq_seq', last_value, is_called) FROM event_log_first_seq_seq;
ALTER TABLE event_log_first ALTER seq DROP IDENTITY;
CREATE INDEX ix_event_log_tenant_id_at ON event_log (tenant_id, at);
CREATE INDEX ix_event_log_tenant_id_entity_id_seq ON event_log (tenant_id, entity_id, seq);
CREATE INDEX ix_event_log_tenant_id_type_seq ON event_log (tenant_id, type, seq);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_log USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT ON event_log TO :app_role;
SELECT partition_attach_first('event_log');
