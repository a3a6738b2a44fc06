CREATE TABLE tenant (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    country TEXT NOT NULL,
    whatsapp_number TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_tenant PRIMARY KEY (id),
    CONSTRAINT uq_tenant_slug UNIQUE (slug),
    CONSTRAINT uq_tenant_whatsapp_number UNIQUE (whatsapp_number)
);
CREATE TABLE approval (
    call_hash TEXT NOT NULL,
    tool TEXT NOT NULL,
    args BYTEA NOT NULL,
    asked_by TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_by TEXT,
    reason TEXT,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_approval PRIMARY KEY (id),
    CONSTRAINT ck_approval_state CHECK (state IN ('asked', 'approved', 'refused', 'used')),
    CONSTRAINT fk_approval_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_approval_tenant_id_call_hash ON approval (tenant_id, call_hash);
CREATE TABLE break_glass (
    session_id UUID NOT NULL,
    principal TEXT NOT NULL,
    reason TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_break_glass PRIMARY KEY (id),
    CONSTRAINT fk_break_glass_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_break_glass_tenant_id_opened_at ON break_glass (tenant_id, opened_at);
CREATE INDEX ix_break_glass_tenant_id_session_id_principal ON break_glass (tenant_id, session_id, principal);
CREATE TABLE delivery_report (
    provider_id TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_delivery_report PRIMARY KEY (id),
    CONSTRAINT fk_delivery_report_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_delivery_report_tenant_id_provider_id_status UNIQUE (tenant_id, provider_id, status)
);
CREATE TABLE event_log (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    type TEXT NOT NULL,
    entity_id UUID NOT NULL,
    payload JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_event_log PRIMARY KEY (id),
    CONSTRAINT fk_event_log_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_event_log_seq UNIQUE (seq)
);
CREATE INDEX ix_event_log_tenant_id_entity_id_seq ON event_log (tenant_id, entity_id, seq);
CREATE INDEX ix_event_log_tenant_id_type_seq ON event_log (tenant_id, type, seq);
CREATE TABLE idempotency_key (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    tool TEXT NOT NULL,
    args_hash TEXT NOT NULL,
    result BYTEA,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_idempotency_key PRIMARY KEY (id),
    CONSTRAINT fk_idempotency_key_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_idempotency_key_tenant_id_principal_key UNIQUE (tenant_id, principal, key)
);
CREATE TABLE llm_response (
    session_id UUID NOT NULL,
    message_id UUID NOT NULL,
    answer BYTEA NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_llm_response PRIMARY KEY (id),
    CONSTRAINT fk_llm_response_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_llm_response_tenant_id_message_id UNIQUE (tenant_id, message_id)
);
CREATE TABLE llm_session (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    agent TEXT NOT NULL,
    channel TEXT NOT NULL,
    principal TEXT NOT NULL,
    patient_id UUID,
    conversation_id UUID,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    head_seq INTEGER DEFAULT '0' NOT NULL,
    head_hash BYTEA NOT NULL,
    head_xid BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_llm_session PRIMARY KEY (id),
    CONSTRAINT fk_llm_session_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_llm_session_head_xid ON llm_session USING brin (head_xid) WITH (pages_per_range = 16);
CREATE INDEX ix_llm_session_tenant_id_conversation_id ON llm_session (tenant_id, conversation_id);
CREATE INDEX ix_llm_session_tenant_id_patient_id ON llm_session (tenant_id, patient_id);
CREATE INDEX ix_llm_session_tenant_id_started_at ON llm_session (tenant_id, started_at);
CREATE TABLE location (
    name TEXT NOT NULL,
    aliases JSONB NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    zone TEXT NOT NULL,
    phone TEXT NOT NULL,
    hours TEXT NOT NULL,
    parking TEXT NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_location PRIMARY KEY (id),
    CONSTRAINT fk_location_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_location_tenant_id_name UNIQUE (tenant_id, name)
);
CREATE TABLE message_template (
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    content_sid TEXT NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_message_template PRIMARY KEY (id),
    CONSTRAINT fk_message_template_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_message_template_tenant_id_name_language_channel UNIQUE (tenant_id, name, language, channel)
);
CREATE TABLE patient (
    mrn TEXT NOT NULL,
    given TEXT NOT NULL,
    family TEXT NOT NULL,
    birth_date DATE NOT NULL,
    sex TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    address TEXT,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_patient PRIMARY KEY (id),
    CONSTRAINT ck_patient_channel CHECK (channel IN ('whatsapp', 'phone', 'sms', 'email')),
    CONSTRAINT ck_patient_sex CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    CONSTRAINT fk_patient_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_patient_tenant_id_mrn UNIQUE (tenant_id, mrn)
);
CREATE INDEX ix_patient_tenant_id_family ON patient (tenant_id, family);
CREATE INDEX ix_patient_tenant_id_phone ON patient (tenant_id, phone);
CREATE TABLE patient_access (
    tenant_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    session_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    CONSTRAINT pk_patient_access PRIMARY KEY (tenant_id, patient_id, session_id, seq),
    CONSTRAINT fk_patient_access_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE TABLE policy (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    in_force BOOLEAN NOT NULL,
    added_by TEXT NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_policy PRIMARY KEY (id),
    CONSTRAINT fk_policy_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_policy_tenant_id_name_version UNIQUE (tenant_id, name, version)
);
CREATE UNIQUE INDEX uq_policy_in_force ON policy (tenant_id) WHERE in_force;
CREATE TABLE policy_violation (
    rule TEXT NOT NULL,
    "check" TEXT NOT NULL,
    policy TEXT NOT NULL,
    severity TEXT NOT NULL,
    action TEXT NOT NULL,
    stage TEXT NOT NULL,
    session_id UUID NOT NULL,
    patient_id UUID,
    evidence TEXT NOT NULL,
    excerpt BYTEA,
    detected_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    resolved_by TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolution TEXT,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_policy_violation PRIMARY KEY (id),
    CONSTRAINT ck_policy_violation_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_policy_violation_state CHECK (state IN ('open', 'acknowledged', 'resolved')),
    CONSTRAINT fk_policy_violation_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_policy_violation_tenant_id_patient_id ON policy_violation (tenant_id, patient_id);
CREATE INDEX ix_policy_violation_tenant_id_session_id ON policy_violation (tenant_id, session_id);
CREATE INDEX ix_policy_violation_tenant_id_state_detected_at ON policy_violation (tenant_id, state, detected_at);
CREATE TABLE practitioner (
    name TEXT NOT NULL,
    specialty_code TEXT NOT NULL,
    languages JSONB NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_practitioner PRIMARY KEY (id),
    CONSTRAINT fk_practitioner_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_practitioner_tenant_id_specialty_code ON practitioner (tenant_id, specialty_code);
CREATE TABLE reacted (
    event_id UUID NOT NULL,
    reaction TEXT NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_reacted PRIMARY KEY (id),
    CONSTRAINT fk_reacted_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_reacted_tenant_id_event_id_reaction UNIQUE (tenant_id, event_id, reaction)
);
CREATE TABLE retention_rule (
    data_class TEXT NOT NULL,
    days INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_retention_rule PRIMARY KEY (id),
    CONSTRAINT ck_retention_rule_days CHECK (days >= 1),
    CONSTRAINT fk_retention_rule_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_retention_rule_tenant_id_data_class UNIQUE (tenant_id, data_class)
);
CREATE TABLE seal (
    tenant_id UUID NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    previous BYTEA NOT NULL,
    horizon BIGINT NOT NULL,
    key TEXT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT pk_seal PRIMARY KEY (tenant_id, number),
    CONSTRAINT fk_seal_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_seal_tenant_id_at ON seal (tenant_id, at);
CREATE TABLE seal_leaf (
    tenant_id UUID NOT NULL,
    position BIGINT NOT NULL,
    session_id UUID NOT NULL,
    after_seq INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BYTEA NOT NULL,
    nodes BYTEA NOT NULL,
    CONSTRAINT pk_seal_leaf PRIMARY KEY (tenant_id, position),
    CONSTRAINT fk_seal_leaf_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_seal_leaf_session ON seal_leaf (tenant_id, session_id, head_seq);
CREATE TABLE specialty (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_specialty PRIMARY KEY (id),
    CONSTRAINT fk_specialty_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_specialty_tenant_id_code UNIQUE (tenant_id, code)
);
CREATE TABLE vault_key (
    owner_id UUID NOT NULL,
    owner_kind TEXT NOT NULL,
    current BOOLEAN NOT NULL,
    master TEXT,
    wrapped BYTEA,
    retired_at TIMESTAMP WITH TIME ZONE,
    destroyed_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_vault_key PRIMARY KEY (id),
    CONSTRAINT fk_vault_key_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_vault_key_tenant_id_master ON vault_key (tenant_id, master);
CREATE UNIQUE INDEX uq_vault_key_owner ON vault_key (tenant_id, owner_id) WHERE current;
CREATE TABLE webhook_endpoint (
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    events JSONB NOT NULL,
    minimum_severity TEXT NOT NULL,
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until TIMESTAMP WITH TIME ZONE,
    state TEXT NOT NULL,
    stopped_because TEXT,
    failures INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_endpoint PRIMARY KEY (id),
    CONSTRAINT ck_webhook_endpoint_minimum_severity CHECK (minimum_severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_webhook_endpoint_state CHECK (state IN ('active', 'paused', 'disabled')),
    CONSTRAINT fk_webhook_endpoint_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_webhook_endpoint_tenant_id_state ON webhook_endpoint (tenant_id, state);
CREATE TABLE api_key (
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    scopes JSONB,
    patient_id UUID,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT fk_api_key_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_api_key_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_api_key_tenant_id_key_hash UNIQUE (tenant_id, key_hash)
);
CREATE TABLE audit_entry (
    session_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    sealed BYTEA,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (session_id, seq),
    CONSTRAINT ck_audit_entry_kind CHECK (kind ~ '^[a-z_]+$'),
    CONSTRAINT fk_audit_entry_session_id FOREIGN KEY(session_id) REFERENCES llm_session (id),
    CONSTRAINT fk_audit_entry_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_audit_entry_tenant_id_kind ON audit_entry (tenant_id, kind);
CREATE TABLE consent (
    patient_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    scope TEXT,
    given_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    evidence JSONB NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consent PRIMARY KEY (id),
    CONSTRAINT ck_consent_purpose CHECK (purpose IN ('care', 'messages', 'outreach', 'recording', 'research')),
    CONSTRAINT fk_consent_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_consent_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_consent_live ON consent (tenant_id, patient_id, purpose, channel) WHERE withdrawn_at IS NULL;
CREATE TABLE conversation (
    channel TEXT NOT NULL,
    address BYTEA NOT NULL,
    address_key BYTEA NOT NULL,
    patient_id UUID,
    state TEXT NOT NULL,
    assigned_to TEXT,
    agent TEXT NOT NULL,
    language TEXT NOT NULL,
    last_inbound_at TIMESTAMP WITH TIME ZONE,
    flow BYTEA,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_conversation PRIMARY KEY (id),
    CONSTRAINT ck_conversation_channel CHECK (channel IN ('whatsapp', 'phone', 'console')),
    CONSTRAINT ck_conversation_state CHECK (state IN ('open', 'handed_over', 'closed')),
    CONSTRAINT fk_conversation_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_conversation_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_conversation_tenant_id_patient_id ON conversation (tenant_id, patient_id);
CREATE UNIQUE INDEX uq_conversation_live ON conversation (tenant_id, channel, address_key) WHERE state <> 'closed';
CREATE TABLE patient_identifier (
    patient_id UUID NOT NULL,
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_patient_identifier PRIMARY KEY (id),
    CONSTRAINT fk_patient_identifier_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_patient_identifier_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_patient_identifier_tenant_id_system_value UNIQUE (tenant_id, system, value)
);
CREATE INDEX ix_patient_identifier_tenant_id_patient_id ON patient_identifier (tenant_id, patient_id);
CREATE TABLE patient_relation (
    patient_id UUID NOT NULL,
    related_id UUID NOT NULL,
    relation TEXT NOT NULL,
    may_act BOOLEAN NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_patient_relation PRIMARY KEY (id),
    CONSTRAINT fk_patient_relation_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_patient_relation_related_id FOREIGN KEY(related_id) REFERENCES patient (id),
    CONSTRAINT fk_patient_relation_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_patient_relation_tenant_id_patient_id_related_id UNIQUE (tenant_id, patient_id, related_id)
);
CREATE TABLE provider_schedule (
    practitioner_id UUID NOT NULL,
    location_id UUID NOT NULL,
    specialty_code TEXT NOT NULL,
    weekdays JSONB NOT NULL,
    local_start TIME WITHOUT TIME ZONE NOT NULL,
    local_end TIME WITHOUT TIME ZONE NOT NULL,
    slot_minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    exceptions JSONB NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_provider_schedule PRIMARY KEY (id),
    CONSTRAINT ck_provider_schedule_state CHECK (state IN ('active', 'inactive')),
    CONSTRAINT ck_provider_schedule_capacity CHECK (capacity BETWEEN 1 AND 500),
    CONSTRAINT ck_provider_schedule_hours CHECK (local_start < local_end),
    CONSTRAINT ck_provider_schedule_slot_minutes CHECK (slot_minutes BETWEEN 5 AND 480),
    CONSTRAINT ck_provider_schedule_validity CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT fk_provider_schedule_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_provider_schedule_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_provider_schedule_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_provider_schedule_tenant_id_practitioner_id ON provider_schedule (tenant_id, practitioner_id);
CREATE TABLE webhook_delivery (
    endpoint_id UUID NOT NULL,
    event_id UUID NOT NULL,
    event_type TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (id),
    CONSTRAINT ck_webhook_delivery_state CHECK (state IN ('pending', 'delivered', 'failed')),
    CONSTRAINT fk_webhook_delivery_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoint (id),
    CONSTRAINT fk_webhook_delivery_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_webhook_delivery_tenant_id_endpoint_id_event_id UNIQUE (tenant_id, endpoint_id, event_id)
);
CREATE INDEX ix_webhook_delivery_queue ON webhook_delivery (tenant_id, endpoint_id, number) WHERE state = 'pending';
CREATE INDEX ix_webhook_delivery_tenant_id_endpoint_id_state ON webhook_delivery (tenant_id, endpoint_id, state);
CREATE TABLE message (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    conversation_id UUID NOT NULL,
    direction TEXT NOT NULL,
    content BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    provider_id TEXT,
    in_reply_to UUID,
    author TEXT NOT NULL,
    purpose TEXT,
    attempts INTEGER DEFAULT '0' NOT NULL,
    error TEXT,
    processed_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT ck_message_direction CHECK (direction IN ('in', 'out')),
    CONSTRAINT ck_message_state CHECK (state IN ('received', 'processed', 'failed', 'queued', 'sending', 'sent', 'delivered', 'read', 'held', 'cancelled')),
    CONSTRAINT fk_message_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id),
    CONSTRAINT fk_message_in_reply_to FOREIGN KEY(in_reply_to) REFERENCES message (id),
    CONSTRAINT fk_message_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_message_seq UNIQUE (seq),
    CONSTRAINT uq_message_tenant_id_in_reply_to UNIQUE (tenant_id, in_reply_to),
    CONSTRAINT uq_message_tenant_id_provider_id UNIQUE (tenant_id, provider_id)
);
CREATE INDEX ix_message_inbox ON message (tenant_id, conversation_id, seq) WHERE state = 'received';
CREATE INDEX ix_message_tenant_id_conversation_id_seq ON message (tenant_id, conversation_id, seq);
CREATE TABLE ticket (
    category TEXT NOT NULL,
    priority TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    assignee TEXT,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    patient_id UUID,
    conversation_id UUID,
    resolved_at TIMESTAMP WITH TIME ZONE,
    breached_at TIMESTAMP WITH TIME ZONE,
    once TEXT,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ticket PRIMARY KEY (id),
    CONSTRAINT ck_ticket_priority CHECK (priority IN ('low', 'normal', 'high', 'critical')),
    CONSTRAINT ck_ticket_state CHECK (state IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT fk_ticket_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id),
    CONSTRAINT fk_ticket_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_ticket_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_ticket_tenant_id_once UNIQUE (tenant_id, once)
);
CREATE INDEX ix_ticket_tenant_id_patient_id ON ticket (tenant_id, patient_id);
CREATE INDEX ix_ticket_tenant_id_state_due_at ON ticket (tenant_id, state, due_at);
CREATE TABLE time_slot (
    schedule_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    location_id UUID NOT NULL,
    specialty_code TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    local_date DATE NOT NULL,
    local_time TIME WITHOUT TIME ZONE NOT NULL,
    capacity INTEGER NOT NULL,
    taken INTEGER DEFAULT '0' NOT NULL,
    blocked BOOLEAN DEFAULT false NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_time_slot PRIMARY KEY (id),
    CONSTRAINT ck_time_slot_interval CHECK (starts_at < ends_at),
    CONSTRAINT ck_time_slot_seats CHECK (taken BETWEEN 0 AND capacity),
    CONSTRAINT fk_time_slot_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_time_slot_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_time_slot_schedule_id FOREIGN KEY(schedule_id) REFERENCES provider_schedule (id),
    CONSTRAINT fk_time_slot_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_time_slot_tenant_id_practitioner_id_starts_at UNIQUE (tenant_id, practitioner_id, starts_at)
);
CREATE INDEX ix_time_slot_tenant_id_schedule_id_starts_at ON time_slot (tenant_id, schedule_id, starts_at);
CREATE INDEX ix_time_slot_tenant_id_specialty_code_starts_at ON time_slot (tenant_id, specialty_code, starts_at);
CREATE TABLE appointment (
    patient_id UUID NOT NULL,
    slot_id UUID NOT NULL,
    practitioner_id UUID NOT NULL,
    location_id UUID NOT NULL,
    specialty_code TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    local_date DATE NOT NULL,
    state TEXT NOT NULL,
    visit_type TEXT NOT NULL,
    reason TEXT,
    source TEXT NOT NULL,
    cancel_reason TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    same_day_allowed BOOLEAN NOT NULL,
    reminded_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_appointment PRIMARY KEY (id),
    CONSTRAINT ck_appointment_state CHECK (state IN ('booked', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show')),
    CONSTRAINT ck_appointment_visit_type CHECK (visit_type IN ('new', 'follow_up', 'tele')),
    CONSTRAINT fk_appointment_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_appointment_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_appointment_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_appointment_slot_id FOREIGN KEY(slot_id) REFERENCES time_slot (id),
    CONSTRAINT fk_appointment_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_appointment_tenant_id_patient_id_starts_at ON appointment (tenant_id, patient_id, starts_at);
CREATE INDEX ix_appointment_tenant_id_practitioner_id_starts_at ON appointment (tenant_id, practitioner_id, starts_at);
CREATE INDEX ix_appointment_tenant_id_slot_id ON appointment (tenant_id, slot_id);
CREATE INDEX ix_appointment_tenant_id_starts_at ON appointment (tenant_id, starts_at);
CREATE UNIQUE INDEX uq_appointment_one_a_day ON appointment (tenant_id, patient_id, practitioner_id, local_date) WHERE state IN ('booked', 'confirmed', 'checked_in') AND NOT same_day_allowed;
CREATE TABLE communication (
    patient_id UUID NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL,
    purpose TEXT NOT NULL,
    body BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT,
    message_id UUID,
    once TEXT,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_communication PRIMARY KEY (id),
    CONSTRAINT ck_communication_outcome CHECK (outcome IN ('queued', 'sent', 'delivered', 'read', 'failed', 'refused')),
    CONSTRAINT fk_communication_message_id FOREIGN KEY(message_id) REFERENCES message (id),
    CONSTRAINT fk_communication_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_communication_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_communication_tenant_id_once UNIQUE (tenant_id, once)
);
CREATE INDEX ix_communication_tenant_id_message_id ON communication (tenant_id, message_id);
CREATE INDEX ix_communication_tenant_id_patient_id_at ON communication (tenant_id, patient_id, at);
CREATE TABLE slot_hold (
    slot_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_slot_hold PRIMARY KEY (id),
    CONSTRAINT fk_slot_hold_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_slot_hold_slot_id FOREIGN KEY(slot_id) REFERENCES time_slot (id),
    CONSTRAINT fk_slot_hold_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT uq_slot_hold_tenant_id_slot_id_patient_id UNIQUE (tenant_id, slot_id, patient_id)
);
CREATE INDEX ix_slot_hold_tenant_id_expires_at ON slot_hold (tenant_id, expires_at);
CREATE TABLE ticket_comment (
    ticket_id UUID NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ticket_comment PRIMARY KEY (id),
    CONSTRAINT fk_ticket_comment_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
    CONSTRAINT fk_ticket_comment_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id)
);
CREATE INDEX ix_ticket_comment_tenant_id_ticket_id ON ticket_comment (tenant_id, ticket_id);
CREATE TABLE waitlist_entry (
    patient_id UUID NOT NULL,
    specialty_code TEXT NOT NULL,
    practitioner_id UUID,
    date_from DATE NOT NULL,
    date_to DATE NOT NULL,
    state TEXT NOT NULL,
    offered_slot_id UUID,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_waitlist_entry PRIMARY KEY (id),
    CONSTRAINT ck_waitlist_entry_state CHECK (state IN ('waiting', 'offered', 'booked', 'left')),
    CONSTRAINT ck_waitlist_entry_dates CHECK (date_from <= date_to),
    CONSTRAINT fk_waitlist_entry_offered_slot_id FOREIGN KEY(offered_slot_id) REFERENCES time_slot (id),
    CONSTRAINT fk_waitlist_entry_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_waitlist_entry_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_waitlist_entry_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_waitlist_entry_tenant_id_patient_id ON waitlist_entry (tenant_id, patient_id);
CREATE INDEX ix_waitlist_entry_tenant_id_specialty_code_state ON waitlist_entry (tenant_id, specialty_code, state);
CREATE UNIQUE INDEX uq_waitlist_waiting ON waitlist_entry (tenant_id, patient_id, specialty_code) WHERE state IN ('waiting', 'offered');
CREATE TABLE encounter (
    patient_id UUID NOT NULL,
    appointment_id UUID,
    practitioner_id UUID,
    location_id UUID,
    state TEXT NOT NULL,
    class_code TEXT NOT NULL,
    reason TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_encounter PRIMARY KEY (id),
    CONSTRAINT ck_encounter_class_code CHECK (class_code IN ('AMB', 'EMER', 'IMP', 'VR', 'HH')),
    CONSTRAINT ck_encounter_state CHECK (state IN ('planned', 'in_progress', 'completed', 'cancelled')),
    CONSTRAINT ck_encounter_period CHECK (ended_at IS NULL OR started_at <= ended_at),
    CONSTRAINT fk_encounter_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_encounter_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_encounter_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_encounter_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT fk_encounter_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_encounter_tenant_id_patient_id_created_at ON encounter (tenant_id, patient_id, created_at);
CREATE UNIQUE INDEX uq_encounter_appointment ON encounter (tenant_id, appointment_id) WHERE appointment_id IS NOT NULL AND state <> 'cancelled';
-- The only way to write an entry or an event. Takes the session's row lock until the commit: one writer a chain.
CREATE FUNCTION record_append(p_session uuid, p_opening jsonb, p_kinds text[], p_bodies text[], p_sealed bytea[],
                              p_events jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_seq bigint;
    v_hash bytea;
    v_tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    v_ended jsonb;
BEGIN
    INSERT INTO event_log (id, tenant_id, type, entity_id, payload, at)
    SELECT e.id, v_tenant, e.type, e.entity_id, e.payload, e.at
      FROM ROWS FROM (jsonb_to_recordset(p_events)
                      AS (id uuid, type text, entity_id uuid, payload jsonb, at timestamptz))
           WITH ORDINALITY AS e(id, type, entity_id, payload, at, n)
     ORDER BY e.n;
    IF cardinality(p_kinds) = 0 THEN
        RETURN 0;
    END IF;
    SELECT head_seq, head_hash INTO v_seq, v_hash FROM llm_session WHERE id = p_session FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO llm_session (id, tenant_id, agent, channel, principal, patient_id, conversation_id, started_at,
                                 head_seq, head_hash)
        VALUES (p_session, v_tenant, p_opening->>'agent', p_opening->>'channel', p_opening->>'principal',
                (p_opening->>'patient_id')::uuid, (p_opening->>'conversation_id')::uuid,
                (p_opening->>'started_at')::timestamptz, 0,
                sha256(convert_to(concat_ws('|', 'wardline', p_session, v_tenant,
                    octet_length(p_opening->>'agent') || ':' || (p_opening->>'agent'),
                    octet_length(p_opening->>'channel') || ':' || (p_opening->>'channel'),
                    octet_length(p_opening->>'principal') || ':' || (p_opening->>'principal'), coalesce(p_opening->>'patient_id', ''),
                    coalesce(p_opening->>'conversation_id', ''),
                    (extract(epoch FROM (p_opening->>'started_at')::timestamptz) * 1000000)::bigint), 'UTF8')))
        ON CONFLICT (id) DO NOTHING;
        SELECT head_seq, head_hash INTO STRICT v_seq, v_hash FROM llm_session WHERE id = p_session FOR UPDATE;
    END IF;
    FOR i IN 1 .. cardinality(p_kinds) LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || sha256(
            convert_to(v_seq || '|' || p_kinds[i] || '|' || coalesce(octet_length(p_sealed[i]), 0) || '|' || p_bodies[i],
                       'UTF8') || coalesce(p_sealed[i], ''::bytea)));
        INSERT INTO audit_entry (session_id, seq, tenant_id, kind, body, sealed, hash)
        VALUES (p_session, v_seq, v_tenant, p_kinds[i], p_bodies[i], p_sealed[i], v_hash);
        IF p_kinds[i] = 'tool_call' THEN
            INSERT INTO patient_access (tenant_id, patient_id, session_id, seq)
            SELECT v_tenant, (named #>> '{}')::uuid, p_session, v_seq
              FROM jsonb_array_elements(p_bodies[i]::jsonb -> 'patients') named
            ON CONFLICT DO NOTHING;
        ELSIF p_kinds[i] = 'session_ended' THEN
            v_ended := p_bodies[i]::jsonb;
        END IF;
    END LOOP;
    UPDATE llm_session SET head_seq = v_seq, head_hash = v_hash, head_xid = pg_current_xact_id()::text::bigint,
           ended_at = coalesce((v_ended->>'at')::timestamptz, ended_at),
           outcome = coalesce(v_ended->>'outcome', outcome)
     WHERE id = p_session;
    RETURN v_seq;
END $$;

-- Only record_purge removes entries, and the service's role may not set aside the triggers: it may delete nothing here.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION refuse_rewind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.head_seq < OLD.head_seq
       OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) THEN
        RAISE EXCEPTION 'a session on the record only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON patient_access FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON llm_response FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON llm_response
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON llm_session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON llm_session FOR EACH ROW EXECUTE FUNCTION refuse_rewind();

-- Was the session's last entry before a time?
CREATE FUNCTION session_is_past(p_session llm_session, p_before timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT p_session.started_at < p_before AND NOT EXISTS (
        SELECT 1 FROM audit_entry e WHERE e.session_id = p_session.id AND e.seq = p_session.head_seq
           AND coalesce((e.body::jsonb->>'at')::timestamptz, p_session.started_at) >= p_before)
$$;

-- Remove the tenant's sessions whose last entry is older than a time that is six years back at least
-- (45 CFR 164.316(b)(2)(i)). The caller writes what is returned on the record, in the same transaction.
CREATE FUNCTION record_purge(p_before timestamptz, p_most integer)
RETURNS TABLE (session_id uuid, head_seq integer, head_hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    v_ids uuid[];
BEGIN
    IF p_before > now() - interval '2192 days' THEN
        RAISE EXCEPTION 'the record is kept six years at least' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT array_agg(id) INTO v_ids FROM (
        SELECT s.id FROM llm_session s WHERE s.tenant_id = v_tenant AND session_is_past(s, p_before)
         ORDER BY s.started_at LIMIT p_most FOR UPDATE SKIP LOCKED) old;
    RETURN QUERY SELECT s.id, s.head_seq, s.head_hash FROM llm_session s WHERE s.id = ANY(v_ids) ORDER BY s.id;
    PERFORM set_config('app.purging', 'on', true);
    DELETE FROM llm_response r WHERE r.session_id = ANY(v_ids);
    DELETE FROM patient_access a WHERE a.session_id = ANY(v_ids);
    DELETE FROM audit_entry e WHERE e.session_id = ANY(v_ids);
    DELETE FROM llm_session s WHERE s.id = ANY(v_ids);
    PERFORM set_config('app.purging', '', true);
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON seal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON seal_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON seal_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Seats are counted here and nowhere else. A live appointment or a hold takes one; time_slot's check refuses one too many.
CREATE FUNCTION move_seat(p_slot uuid, p_seats integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE time_slot SET taken = taken + p_seats WHERE id = p_slot AND (p_seats < 0 OR NOT blocked);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'slot % is blocked or not this tenant''s', p_slot
            USING ERRCODE = 'check_violation', CONSTRAINT = 'slot_open';
    END IF;
END $$;

CREATE FUNCTION seat_is_live(p_state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT p_state IN ('booked', 'confirmed', 'checked_in', 'completed') $$;

CREATE FUNCTION count_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND seat_is_live(OLD.state)
       AND (TG_OP = 'DELETE' OR NOT seat_is_live(NEW.state) OR NEW.slot_id <> OLD.slot_id) THEN
        PERFORM move_seat(OLD.slot_id, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND seat_is_live(NEW.state)
       AND (TG_OP = 'INSERT' OR NOT seat_is_live(OLD.state) OR NEW.slot_id <> OLD.slot_id) THEN
        PERFORM move_seat(NEW.slot_id, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION count_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN PERFORM move_seat(OLD.slot_id, -1); END IF;
    IF TG_OP = 'INSERT' THEN PERFORM move_seat(NEW.slot_id, 1); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a hold does not move' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER seat AFTER INSERT OR DELETE OR UPDATE OF state, slot_id ON appointment
    FOR EACH ROW EXECUTE FUNCTION count_appointment();
CREATE TRIGGER seat AFTER INSERT OR DELETE ON slot_hold FOR EACH ROW EXECUTE FUNCTION count_hold();
CREATE TRIGGER no_move BEFORE UPDATE OF slot_id ON slot_hold FOR EACH ROW EXECUTE FUNCTION refuse_move();
