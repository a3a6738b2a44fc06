-- The only way to write an entry or an event. Takes the session's row lock until the commit: one writer a chain.
CREATE FUNCTION record_append(p_session uuid, p_opening jsonb, p_kinds text[], p_bodies text[], p_events jsonb)
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
                sha256(convert_to('wardline:' || p_session::text, 'UTF8')))
        ON CONFLICT (id) DO NOTHING;
        SELECT head_seq, head_hash INTO STRICT v_seq, v_hash FROM llm_session WHERE id = p_session FOR UPDATE;
    END IF;
    FOR i IN 1 .. cardinality(p_kinds) LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || convert_to(v_seq || '|' || p_kinds[i] || '|' || p_bodies[i], 'UTF8'));
        INSERT INTO audit_entry (session_id, seq, tenant_id, kind, body, hash)
        VALUES (p_session, v_seq, v_tenant, p_kinds[i], p_bodies[i], v_hash);
        IF p_kinds[i] = 'session_ended' THEN
            v_ended := p_bodies[i]::jsonb;
        END IF;
    END LOOP;
    UPDATE llm_session SET head_seq = v_seq, head_hash = v_hash,
           ended_at = coalesce((v_ended->>'at')::timestamptz, ended_at),
           outcome = coalesce(v_ended->>'outcome', outcome)
     WHERE id = p_session;
    RETURN v_seq;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION refuse_rewind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.head_seq < OLD.head_seq
       OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) THEN
        RAISE EXCEPTION 'a session on the record only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON llm_response FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON llm_response
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON llm_session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON llm_session FOR EACH ROW EXECUTE FUNCTION refuse_rewind();
