CREATE TABLE collab_thread (
    patient_id UUID NOT NULL,
    encounter_id UUID,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    title BYTEA NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_collab_thread PRIMARY KEY (id),
    CONSTRAINT ck_collab_thread_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT fk_collab_thread_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_collab_thread_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_collab_thread_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_collab_thread_tenant_id_patient_id_created_at ON collab_thread (tenant_id, patient_id, created_at);
CREATE TABLE collab_message (
    thread_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    mentions JSONB NOT NULL,
    content BYTEA NOT NULL,
    answers UUID,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_collab_message PRIMARY KEY (id),
    CONSTRAINT ck_collab_message_kind CHECK (kind IN ('person', 'agent')),
    CONSTRAINT fk_collab_message_answers FOREIGN KEY(answers) REFERENCES collab_message (id),
    CONSTRAINT fk_collab_message_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_collab_message_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT fk_collab_message_thread_id FOREIGN KEY(thread_id) REFERENCES collab_thread (id),
    CONSTRAINT uq_collab_message_tenant_id_answers UNIQUE (tenant_id, answers)
);
CREATE INDEX ix_collab_message_mentions ON collab_message USING gin (mentions);
CREATE INDEX ix_collab_message_tenant_id_thread_id_at ON collab_message (tenant_id, thread_id, at);
CREATE TABLE note_revision (
    note_id UUID NOT NULL,
    number INTEGER NOT NULL,
    parent_id UUID,
    state TEXT NOT NULL,
    patient_id UUID NOT NULL,
    encounter_id UUID,
    session_id UUID,
    author TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    template TEXT NOT NULL,
    maker_kind TEXT NOT NULL,
    maker JSONB NOT NULL,
    content BYTEA NOT NULL,
    content_sha256 TEXT NOT NULL,
    reason BYTEA,
    signed_by TEXT,
    signed_at TIMESTAMP WITH TIME ZONE,
    distance JSONB,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_note_revision PRIMARY KEY (id),
    CONSTRAINT ck_note_revision_signed CHECK ((state = 'draft') = (signed_by IS NULL)),
    CONSTRAINT ck_note_revision_maker_kind CHECK (maker_kind IN ('built-in', 'model', 'person')),
    CONSTRAINT ck_note_revision_state CHECK (state IN ('draft', 'final', 'amended')),
    CONSTRAINT ck_note_revision_parent CHECK ((number = 1) = (parent_id IS NULL)),
    CONSTRAINT fk_note_revision_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id),
    CONSTRAINT fk_note_revision_parent_id FOREIGN KEY(parent_id) REFERENCES note_revision (id),
    CONSTRAINT fk_note_revision_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_note_revision_session_id FOREIGN KEY(session_id) REFERENCES voice_session (id),
    CONSTRAINT fk_note_revision_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_note_revision_tenant_id_note_id_number UNIQUE (tenant_id, note_id, number)
);
CREATE INDEX ix_note_revision_tenant_id_patient_id_created_at ON note_revision (tenant_id, patient_id, created_at);
CREATE UNIQUE INDEX uq_note_revision_final ON note_revision (tenant_id, note_id) WHERE state = 'final';
CREATE FUNCTION note_revision_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'draft' OR NEW.content <> OLD.content OR NEW.content_sha256 <> OLD.content_sha256
     OR (NEW.note_id, NEW.number, NEW.patient_id, NEW.author, NEW.at) <> (OLD.note_id, OLD.number, OLD.patient_id, OLD.author, OLD.at)
  THEN RAISE EXCEPTION 'a version of a note is kept as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER note_revision_kept BEFORE UPDATE OR DELETE ON note_revision FOR EACH ROW EXECUTE FUNCTION note_revision_kept();
GRANT SELECT, INSERT, UPDATE, DELETE ON collab_thread TO :app_role;
ALTER TABLE collab_thread ENABLE ROW LEVEL SECURITY;
ALTER TABLE collab_thread FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON collab_thread USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_patient ON collab_thread AS RESTRICTIVE USING (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid) WITH CHECK (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON collab_message TO :app_role;
ALTER TABLE collab_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE collab_message FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON collab_message USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_patient ON collab_message AS RESTRICTIVE USING (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid) WITH CHECK (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON note_revision TO :app_role;
ALTER TABLE note_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE note_revision FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON note_revision USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_patient ON note_revision AS RESTRICTIVE USING (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid) WITH CHECK (nullif(current_setting('app.patient', true), '')::uuid IS NULL OR patient_id = nullif(current_setting('app.patient', true), '')::uuid);
