-- The month in which a session began, on the session and on its entries, which will lie in partitions by it. It is a session's
-- for good, so that an entry's place is known from its session, and session and number stay unique. What is there already has
-- the year 1, which says "before there were months": no row is rewritten.
ALTER TABLE llm_session ADD COLUMN month date NOT NULL DEFAULT '0001-01-01';
ALTER TABLE audit_entry ADD COLUMN month date NOT NULL DEFAULT '0001-01-01';
CREATE OR REPLACE FUNCTION record_append(p_session uuid, p_opening jsonb, p_kinds text[], p_bodies text[], p_sealed bytea[],
                              p_events jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_seq bigint;
    v_hash bytea;
    v_tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    v_ended jsonb;
    v_month date;
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
    SELECT head_seq, head_hash, month INTO v_seq, v_hash, v_month FROM llm_session WHERE id = p_session FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO llm_session (id, tenant_id, agent, channel, principal, patient_id, conversation_id, started_at,
                                 month, head_seq, head_hash)
        VALUES (p_session, v_tenant, p_opening->>'agent', p_opening->>'channel', p_opening->>'principal',
                (p_opening->>'patient_id')::uuid, (p_opening->>'conversation_id')::uuid,
                (p_opening->>'started_at')::timestamptz,
                date_trunc('month', (p_opening->>'started_at')::timestamptz AT TIME ZONE 'UTC')::date, 0,
                sha256(convert_to(concat_ws('|', 'wardline', p_session, v_tenant,
                    octet_length(p_opening->>'agent') || ':' || (p_opening->>'agent'),
                    octet_length(p_opening->>'channel') || ':' || (p_opening->>'channel'),
                    octet_length(p_opening->>'principal') || ':' || (p_opening->>'principal'), coalesce(p_opening->>'patient_id', ''),
                    coalesce(p_opening->>'conversation_id', ''),
                    (extract(epoch FROM (p_opening->>'started_at')::timestamptz) * 1000000)::bigint), 'UTF8')))
        ON CONFLICT DO NOTHING; -- on either of its unique indexes
        SELECT head_seq, head_hash, month INTO STRICT v_seq, v_hash, v_month FROM llm_session WHERE id = p_session FOR UPDATE;
    END IF;
    FOR i IN 1 .. cardinality(p_kinds) LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || sha256(
            convert_to(v_seq || '|' || p_kinds[i] || '|' || coalesce(octet_length(p_sealed[i]), 0) || '|' || p_bodies[i],
                       'UTF8') || coalesce(p_sealed[i], ''::bytea)));
        INSERT INTO audit_entry (session_id, seq, tenant_id, kind, body, sealed, hash, month)
        VALUES (p_session, v_seq, v_tenant, p_kinds[i], p_bodies[i], p_sealed[i], v_hash, v_month);
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

CREATE OR REPLACE FUNCTION refuse_rewind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.month <> OLD.month OR NEW.head_seq < OLD.head_seq
       OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) THEN
        RAISE EXCEPTION 'a session on the record only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION session_is_past(p_session llm_session, p_before timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT p_session.started_at < p_before AND NOT EXISTS (
        SELECT 1 FROM audit_entry e WHERE e.session_id = p_session.id AND e.month = p_session.month AND e.seq = p_session.head_seq
           AND coalesce((e.body::jsonb->>'at')::timestamptz, p_session.started_at) >= p_before)
$$;

CREATE OR REPLACE FUNCTION record_purge(p_before timestamptz, p_most integer)
RETURNS TABLE (session_id uuid, head_seq integer, head_hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    v_ids uuid[];
    v_months date[];
BEGIN
    IF p_before > now() - interval '2192 days' THEN
        RAISE EXCEPTION 'the record is kept six years at least' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT array_agg(id), array_agg(DISTINCT month) INTO v_ids, v_months FROM (
        SELECT s.id, s.month FROM llm_session s WHERE s.tenant_id = v_tenant AND session_is_past(s, p_before)
         ORDER BY s.started_at LIMIT p_most FOR UPDATE SKIP LOCKED) old;
    RETURN QUERY SELECT s.id, s.head_seq, s.head_hash FROM llm_session s WHERE s.id = ANY(v_ids) ORDER BY s.id;
    PERFORM set_config('app.purging', 'on', true);
    DELETE FROM llm_response r WHERE r.session_id = ANY(v_ids);
    DELETE FROM patient_access a WHERE a.session_id = ANY(v_ids);
    DELETE FROM audit_entry e WHERE e.session_id = ANY(v_ids) AND e.month = ANY(v_months);
    DELETE FROM llm_session s WHERE s.id = ANY(v_ids);
    PERFORM set_config('app.purging', '', true);
END $$;
