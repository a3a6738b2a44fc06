-- What makes a message one of its kind, beside it: an incoming message by its carrier's id, an answer by what it answers. Tables
-- of their own, since a table in partitions by month cannot hold what is unique over all months. Kept by the trigger alone.
CREATE TABLE provider_message (
    tenant_id uuid NOT NULL,
    provider_id text NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT pk_provider_message PRIMARY KEY (tenant_id, provider_id)
);
CREATE TABLE message_answer (
    tenant_id uuid NOT NULL,
    in_reply_to uuid NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT pk_message_answer PRIMARY KEY (in_reply_to),
    CONSTRAINT fk_message_answer_in_reply_to FOREIGN KEY (in_reply_to) REFERENCES message (id)
);
GRANT SELECT ON provider_message, message_answer TO :app_role;
ALTER TABLE provider_message ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON provider_message USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
ALTER TABLE message_answer ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message_answer USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);

-- Runs as the owner, whom these two tables' policies do not bind: the row's tenant was checked on the message itself. Waits, as
-- a unique index does, for a transaction that wrote the same key; an incoming message that is there already is passed over, as
-- ON CONFLICT DO NOTHING would (which sees no trigger's refusal); anything else is refused.
CREATE FUNCTION message_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF OLD.provider_id IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.provider_id IS DISTINCT FROM OLD.provider_id) THEN
            DELETE FROM provider_message k
             WHERE k.tenant_id = OLD.tenant_id AND k.provider_id = OLD.provider_id AND k.message_id = OLD.id;
        END IF;
        IF OLD.in_reply_to IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.in_reply_to IS DISTINCT FROM OLD.in_reply_to) THEN
            DELETE FROM message_answer k WHERE k.in_reply_to = OLD.in_reply_to AND k.message_id = OLD.id;
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
    END IF;
    IF NEW.provider_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.provider_id IS DISTINCT FROM OLD.provider_id) THEN
        INSERT INTO provider_message (tenant_id, provider_id, message_id) VALUES (NEW.tenant_id, NEW.provider_id, NEW.id)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            IF TG_OP = 'INSERT' AND NEW.direction = 'in' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'another message has this provider id'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'pk_provider_message';
        END IF;
    END IF;
    IF NEW.in_reply_to IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.in_reply_to IS DISTINCT FROM OLD.in_reply_to) THEN
        INSERT INTO message_answer (tenant_id, in_reply_to, message_id) VALUES (NEW.tenant_id, NEW.in_reply_to, NEW.id)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the message is answered already'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'pk_message_answer';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_once BEFORE INSERT OR DELETE OR UPDATE OF provider_id, in_reply_to ON message
    FOR EACH ROW EXECUTE FUNCTION message_once();
