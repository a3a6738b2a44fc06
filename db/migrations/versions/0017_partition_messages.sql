-- Messages in partitions by month, by their ids. What is unique over all months is kept beside them (`message_once`); that an
-- answer's question exists, by `message_answer`.
LOCK TABLE message, message_answer, communication, voice_session IN ACCESS EXCLUSIVE MODE;
ALTER TABLE communication DROP CONSTRAINT fk_communication_message_id;
ALTER TABLE voice_session DROP CONSTRAINT fk_voice_session_message_id;
ALTER TABLE message_answer DROP CONSTRAINT fk_message_answer_in_reply_to;
ALTER TABLE message RENAME TO message_first;
ALTER TABLE message_first DROP CONSTRAINT fk_message_in_reply_to;
ALTER TABLE message_first DROP CONSTRAINT uq_message_tenant_id_in_reply_to;
ALTER TABLE message_first DROP CONSTRAINT uq_message_tenant_id_provider_id;
ALTER TABLE message_first RENAME CONSTRAINT pk_message TO pk_message_first;
ALTER TABLE message_first RENAME CONSTRAINT uq_message_seq TO uq_message_first_seq;
ALTER INDEX ix_message_inbox RENAME TO ix_message_first_inbox;
ALTER INDEX ix_message_tenant_id_at RENAME TO ix_message_first_tenant_id_at;
ALTER INDEX ix_message_tenant_id_conversation_id_seq RENAME TO ix_message_first_tenant_id_conversation_id_seq;
ALTER INDEX ix_message_tenant_id_state_at RENAME TO ix_message_first_tenant_id_state_at;
DROP TRIGGER message_once ON message_first;
DROP POLICY tenant ON message_first;
ALTER TABLE message_first NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON message_first FROM :app_role;
ALTER SEQUENCE message_seq_seq RENAME TO message_first_seq_seq;
CREATE TABLE message (
    seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    conversation_id uuid NOT NULL,
    direction text NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    provider_id text,
    in_reply_to uuid,
    author text NOT NULL,
    purpose text,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    processed_at timestamptz,
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    urgent boolean DEFAULT false NOT NULL,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT ck_message_direction CHECK (direction IN ('in', 'out')),
    CONSTRAINT ck_message_state CHECK (state IN ('hearing', 'received', 'processed', 'failed', 'queued', 'sending', 'sent', 'delivered', 'read', 'held', 'cancelled')),
    CONSTRAINT fk_message_conversation_id FOREIGN KEY (conversation_id) REFERENCES conversation (id),
    CONSTRAINT fk_message_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id)
) PARTITION BY RANGE (id);
SELECT setval('message_seq_seq', last_value, is_called) FROM message_first_seq_seq;
ALTER TABLE message_first ALTER seq DROP IDENTITY;
CREATE INDEX ix_message_inbox ON message (tenant_id, conversation_id, seq) WHERE state IN ('hearing', 'received');
CREATE INDEX ix_message_tenant_id_at ON message (tenant_id, at);
CREATE INDEX ix_message_tenant_id_conversation_id_seq ON message (tenant_id, conversation_id, seq);
CREATE INDEX ix_message_tenant_id_state_at ON message (tenant_id, state, at);
CREATE INDEX ix_message_provider_id ON message (tenant_id, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX ix_message_in_reply_to ON message (in_reply_to) WHERE in_reply_to IS NOT NULL;
CREATE TRIGGER message_once BEFORE INSERT OR DELETE OR UPDATE OF provider_id, in_reply_to ON message
    FOR EACH ROW EXECUTE FUNCTION message_once();
ALTER TABLE message ENABLE ROW LEVEL SECURITY;
ALTER TABLE message FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON message TO :app_role;
SELECT partition_attach_first('message');
DROP FUNCTION partition_attach_first(text);
ALTER TABLE communication ADD CONSTRAINT fk_communication_message_id FOREIGN KEY (message_id) REFERENCES message (id) NOT VALID;
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_message_id FOREIGN KEY (message_id) REFERENCES message (id) NOT VALID;
ALTER TABLE message_answer ADD CONSTRAINT fk_message_answer_in_reply_to FOREIGN KEY (in_reply_to) REFERENCES message (id) NOT VALID;
