CREATE TABLE dead_job (
    job_id BIGINT NOT NULL,
    task TEXT NOT NULL,
    args JSONB NOT NULL,
    lock TEXT,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    decided_by TEXT,
    reason TEXT,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_dead_job PRIMARY KEY (id),
    CONSTRAINT ck_dead_job_state CHECK (state IN ('dead', 'retried', 'dropped')),
    CONSTRAINT fk_dead_job_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_dead_job_tenant_id_job_id UNIQUE (tenant_id, job_id)
);
CREATE INDEX ix_dead_job_tenant_id_state_id ON dead_job (tenant_id, state, id);
CREATE INDEX ix_event_log_tenant_id_at ON event_log (tenant_id, at);
CREATE INDEX ix_message_tenant_id_at ON message (tenant_id, at);
CREATE INDEX ix_communication_tenant_id_at ON communication (tenant_id, at);
CREATE INDEX ix_reacted_tenant_id_created_at ON reacted (tenant_id, created_at);
ALTER TABLE message ADD COLUMN urgent BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE idempotency_key ADD COLUMN running_until TIMESTAMP WITH TIME ZONE;
CREATE TABLE key_check (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id UUID NOT NULL,
    probe BYTEA NOT NULL,
    CONSTRAINT pk_key_check PRIMARY KEY (kind, name),
    CONSTRAINT ck_key_check_kind CHECK (kind IN ('secret', 'master', 'seal'))
);
UPDATE procrastinate_jobs SET queue_name = 'turns' WHERE task_name = 'run_turns' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'sending' WHERE task_name = 'send_message' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'sending' WHERE task_name = 'alerts.deliver' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'sending' WHERE task_name = 'alerts.wake' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'sending' WHERE task_name = 'voice.delete_at_carrier' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'reactions' WHERE task_name = 'react' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'notes' WHERE task_name = 'voice.hear_note' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'speech' WHERE task_name = 'voice.transcribe' AND status = 'todo';
UPDATE procrastinate_jobs SET queue_name = 'housekeeping' WHERE queue_name = 'default' AND status = 'todo';
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
REVOKE ALL ON FUNCTION events_purge FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events_purge TO :app_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_job TO :app_role;
ALTER TABLE dead_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_job FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON dead_job USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON key_check TO :app_role;
