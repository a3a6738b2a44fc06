CREATE TABLE voice_print (
    practitioner_id UUID NOT NULL,
    role TEXT NOT NULL,
    vector BYTEA NOT NULL,
    seconds FLOAT NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_voice_print PRIMARY KEY (id),
    CONSTRAINT fk_voice_print_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_voice_print_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_voice_print_tenant_id_practitioner_id UNIQUE (tenant_id, practitioner_id)
);
CREATE TABLE voice_session (
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    patient_id UUID,
    encounter_id UUID,
    practitioner_id UUID,
    conversation_id UUID,
    message_id UUID,
    call_sid TEXT,
    consent TEXT NOT NULL,
    consent_at TIMESTAMP WITH TIME ZONE,
    consent_how TEXT,
    language TEXT,
    heard_language TEXT,
    speakers INTEGER,
    received_bytes BIGINT NOT NULL,
    complete BOOLEAN NOT NULL,
    codec TEXT,
    channels INTEGER,
    duration_s FLOAT,
    truncated BOOLEAN NOT NULL,
    audio_deleted_at TIMESTAMP WITH TIME ZONE,
    taken_samples BIGINT NOT NULL,
    engine JSONB,
    dropped JSONB NOT NULL,
    attempts INTEGER NOT NULL,
    hints BYTEA,
    names BYTEA,
    error TEXT,
    error_detail TEXT,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_voice_session PRIMARY KEY (id),
    CONSTRAINT ck_voice_session_consent CHECK (consent IN ('not_needed', 'unknown', 'granted', 'refused', 'withdrawn')),
    CONSTRAINT ck_voice_session_kind CHECK (kind IN ('dictation', 'visit', 'call', 'voice_note')),
    CONSTRAINT ck_voice_session_state CHECK (state IN ('open', 'transcribing', 'final', 'failed', 'deleted')),
    CONSTRAINT fk_voice_session_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id),
    CONSTRAINT fk_voice_session_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_voice_session_message_id FOREIGN KEY(message_id) REFERENCES message (id),
    CONSTRAINT fk_voice_session_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_voice_session_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_voice_session_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_voice_session_tenant_id_call_sid UNIQUE (tenant_id, call_sid),
    CONSTRAINT uq_voice_session_tenant_id_message_id UNIQUE (tenant_id, message_id)
);
CREATE INDEX ix_voice_session_tenant_id_conversation_id ON voice_session (tenant_id, conversation_id);
CREATE INDEX ix_voice_session_tenant_id_patient_id_started_at ON voice_session (tenant_id, patient_id, started_at);
CREATE INDEX ix_voice_session_tenant_id_state_started_at ON voice_session (tenant_id, state, started_at);
CREATE TABLE voice_part (
    session_id UUID NOT NULL,
    leg TEXT NOT NULL,
    start BIGINT NOT NULL,
    size BIGINT NOT NULL,
    blob TEXT NOT NULL,
    key_id UUID NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_voice_part PRIMARY KEY (id),
    CONSTRAINT fk_voice_part_session_id FOREIGN KEY(session_id) REFERENCES voice_session (id),
    CONSTRAINT fk_voice_part_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_voice_part_tenant_id_session_id_leg_start UNIQUE (tenant_id, session_id, leg, start)
);
CREATE TABLE voice_segment (
    session_id UUID NOT NULL,
    patient_id UUID,
    number INTEGER NOT NULL,
    channel INTEGER,
    start_s FLOAT NOT NULL,
    end_s FLOAT NOT NULL,
    speaker TEXT,
    speaker_confidence FLOAT,
    role TEXT NOT NULL,
    role_confidence FLOAT,
    fixed BOOLEAN DEFAULT false NOT NULL,
    content BYTEA NOT NULL,
    confidence FLOAT NOT NULL,
    language TEXT NOT NULL,
    engine TEXT NOT NULL,
    flags JSONB NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_voice_segment PRIMARY KEY (id),
    CONSTRAINT ck_voice_segment_role CHECK (role IN ('doctor', 'patient', 'nurse', 'other', 'assistant', 'unknown')),
    CONSTRAINT ck_voice_segment_times CHECK (start_s >= 0 AND end_s >= start_s),
    CONSTRAINT fk_voice_segment_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_voice_segment_session_id FOREIGN KEY(session_id) REFERENCES voice_session (id),
    CONSTRAINT fk_voice_segment_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_voice_segment_tenant_id_session_id_number UNIQUE (tenant_id, session_id, number)
);
CREATE INDEX ix_voice_segment_time ON voice_segment (tenant_id, session_id, start_s);
ALTER TABLE tenant ADD COLUMN voice_number TEXT;
ALTER TABLE tenant ADD COLUMN transfer_number TEXT;
ALTER TABLE tenant ADD CONSTRAINT uq_tenant_voice_number UNIQUE (voice_number);
ALTER TABLE message DROP CONSTRAINT ck_message_state;
ALTER TABLE message ADD CONSTRAINT ck_message_state CHECK (state IN ('hearing', 'received', 'processed', 'failed', 'queued', 'sending', 'sent', 'delivered', 'read', 'held', 'cancelled'));
DROP INDEX ix_message_inbox;
CREATE INDEX ix_message_inbox ON message (tenant_id, conversation_id, seq) WHERE state IN ('hearing', 'received');
GRANT SELECT, INSERT, UPDATE, DELETE ON voice_print TO :app_role;
ALTER TABLE voice_print ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_print FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON voice_print USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON voice_session TO :app_role;
ALTER TABLE voice_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_session FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON voice_session USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_patient ON voice_session AS RESTRICTIVE USING (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid) WITH CHECK (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON voice_part TO :app_role;
ALTER TABLE voice_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_part FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON voice_part USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON voice_segment TO :app_role;
ALTER TABLE voice_segment ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_segment FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON voice_segment USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_patient ON voice_segment AS RESTRICTIVE USING (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid) WITH CHECK (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid);
