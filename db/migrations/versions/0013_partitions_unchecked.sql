-- What is there becomes the first partition, up to the month after the next: two months, so that no row of a clock that is
-- ahead, nor a month's end while the steps wait for their locks, meets a check that would refuse it. Proven here, so that
-- attaching does not look at a single row. Begins anew where an earlier try was broken off.
ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS until;
ALTER TABLE event_log DROP CONSTRAINT IF EXISTS until;
ALTER TABLE message DROP CONSTRAINT IF EXISTS until;
ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS fk_audit_entry_session_id_month;
DROP INDEX IF EXISTS uq_llm_session_id_month, pk_audit_entry_first, ix_message_first_provider_id, ix_message_first_in_reply_to;
-- The least id of a month: ids are UUIDv7, which begin with the time in milliseconds.
CREATE OR REPLACE FUNCTION month_id(p_month date) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT (lpad(to_hex((extract(epoch FROM p_month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
DO $$
DECLARE
    v_until date := date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months';
BEGIN
    EXECUTE format('ALTER TABLE audit_entry ADD CONSTRAINT until CHECK (month < %L) NOT VALID', v_until);
    EXECUTE format('ALTER TABLE event_log ADD CONSTRAINT until CHECK (id < %L) NOT VALID', month_id(v_until));
    EXECUTE format('ALTER TABLE message ADD CONSTRAINT until CHECK (id < %L) NOT VALID', month_id(v_until));
END $$;
