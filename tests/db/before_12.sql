CREATE TYPE procrastinate_job_event_type AS ENUM ('deferred', 'started', 'deferred_for_retry', 'failed', 'succeeded', 'cancelled', 'abort_requested', 'aborted', 'scheduled', 'retried');
CREATE TYPE procrastinate_job_status AS ENUM ('todo', 'doing', 'succeeded', 'failed', 'cancelled', 'aborting', 'aborted');
CREATE TYPE procrastinate_job_to_defer_v1 AS (queue_name character varying, task_name character varying, priority integer, lock text, queueing_lock text, args jsonb, scheduled_at timestamp with time zone);
CREATE OR REPLACE FUNCTION public.count_appointment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$;
CREATE OR REPLACE FUNCTION public.count_hold()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' THEN PERFORM move_seat(OLD.slot_id, -1); END IF;
    IF TG_OP = 'INSERT' THEN PERFORM move_seat(NEW.slot_id, 1); END IF;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.events_purge(p_before timestamp with time zone, p_most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
END $function$;
CREATE OR REPLACE FUNCTION public.move_seat(p_slot uuid, p_seats integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
BEGIN
    UPDATE time_slot SET taken = taken + p_seats, overlap_allowed = overlap_allowed AND (p_seats > 0 OR taken + p_seats > 0)
     WHERE id = p_slot AND (p_seats < 0 OR NOT blocked);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'slot % is blocked or not this tenant''s', p_slot
            USING ERRCODE = 'check_violation', CONSTRAINT = 'slot_open';
    END IF;
END $function$;
CREATE OR REPLACE FUNCTION public.note_revision_kept()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'draft' OR NEW.content <> OLD.content OR NEW.content_sha256 <> OLD.content_sha256
     OR (NEW.note_id, NEW.number, NEW.patient_id, NEW.author, NEW.at) <> (OLD.note_id, OLD.number, OLD.patient_id, OLD.author, OLD.at)
  THEN RAISE EXCEPTION 'a version of a note is kept as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $function$;
CREATE OR REPLACE FUNCTION public.one_place_patient()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state IN ('booked', 'confirmed', 'checked_in') AND OLD.starts_at = NEW.starts_at
       AND OLD.ends_at = NEW.ends_at AND OLD.patient_id = NEW.patient_id THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.patient_id::text, 3));
    IF EXISTS (SELECT 1 FROM appointment o WHERE o.tenant_id = NEW.tenant_id AND o.patient_id = NEW.patient_id
               AND o.id <> NEW.id AND o.state IN ('booked', 'confirmed', 'checked_in')
               AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
               AND o.starts_at > NEW.starts_at - interval '480 minutes') THEN
        RAISE EXCEPTION 'the patient has an overlapping appointment'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_appointment_patient';
    END IF;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.one_place_practitioner()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.practitioner_id::text, 2));
    IF EXISTS (SELECT 1 FROM time_slot o WHERE o.tenant_id = NEW.tenant_id AND o.practitioner_id = NEW.practitioner_id
               AND o.id <> NEW.id AND o.taken > 0 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
               AND o.starts_at > NEW.starts_at - interval '480 minutes') THEN
        RAISE EXCEPTION 'the practitioner is in an overlapping slot'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_time_slot_practitioner';
    END IF;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_defer_jobs_v1(jobs procrastinate_job_to_defer_v1[])
 RETURNS bigint[]
 LANGUAGE plpgsql
AS $function$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status procrastinate_job_status, delete_job boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_notify_queue_abort_job_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_notify_queue_job_inserted_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision)
 RETURNS TABLE(worker_id bigint)
 LANGUAGE plpgsql
AS $function$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_register_worker_v1()
 RETURNS TABLE(worker_id bigint)
 LANGUAGE plpgsql
AS $function$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

	RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_trigger_function_status_events_update_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_unlink_periodic_defers_v1()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$function$;
CREATE OR REPLACE FUNCTION public.record_append(p_session uuid, p_opening jsonb, p_kinds text[], p_bodies text[], p_sealed bytea[], p_events jsonb)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
END $function$;
CREATE OR REPLACE FUNCTION public.record_purge(p_before timestamp with time zone, p_most integer)
 RETURNS TABLE(session_id uuid, head_seq integer, head_hash bytea)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
END $function$;
CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $function$;
CREATE OR REPLACE FUNCTION public.refuse_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'a hold does not move' USING ERRCODE = 'integrity_constraint_violation';
END $function$;
CREATE OR REPLACE FUNCTION public.refuse_rewind()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.head_seq < OLD.head_seq
       OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash) THEN
        RAISE EXCEPTION 'a session on the record only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $function$;
CREATE OR REPLACE FUNCTION public.searchable(given text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  SELECT btrim(regexp_replace(regexp_replace(
    replace(replace(replace(translate(lower(normalize(replace(given, '´', ''), NFKD)), 'øØłŁđĐıðÐ', 'oollddidd'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    '[\u0300-\u036f''`\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\uff07\u200c\u200d]', '', 'g'), '\s+', ' ', 'g'))
$function$;
CREATE OR REPLACE FUNCTION public.searchable(given text, family text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  SELECT searchable(given || ' ' || family)
$function$;
CREATE OR REPLACE FUNCTION public.seat_is_live(p_state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$ SELECT p_state IN ('booked', 'confirmed', 'checked_in', 'completed') $function$;
CREATE SEQUENCE procrastinate_events_id_seq AS bigint INCREMENT 1 START 1;
CREATE SEQUENCE procrastinate_jobs_id_seq AS bigint INCREMENT 1 START 1;
CREATE SEQUENCE procrastinate_periodic_defers_id_seq AS bigint INCREMENT 1 START 1;
CREATE TABLE alembic_version (version_num character varying(32) NOT NULL);
CREATE TABLE api_key (name text NOT NULL, key_hash text NOT NULL, role text NOT NULL, scopes jsonb, patient_id uuid, expires_at timestamp with time zone, revoked_at timestamp with time zone, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, practitioner_id uuid);
CREATE TABLE appointment (patient_id uuid NOT NULL, slot_id uuid NOT NULL, practitioner_id uuid NOT NULL, location_id uuid NOT NULL, specialty_code text NOT NULL, starts_at timestamp with time zone NOT NULL, ends_at timestamp with time zone NOT NULL, local_date date NOT NULL, state text NOT NULL, visit_type text NOT NULL, reason text, source text NOT NULL, cancel_reason text, confirmed_at timestamp with time zone, same_day_allowed boolean NOT NULL, reminded_at timestamp with time zone, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, overlap_reason text, by_hospital boolean DEFAULT false NOT NULL, state_reason text);
CREATE TABLE approval (call_hash text NOT NULL, tool text NOT NULL, args bytea NOT NULL, asked_by text NOT NULL, state text NOT NULL, decided_by text, reason text, expires_at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE audit_entry (session_id uuid NOT NULL, seq integer NOT NULL, tenant_id uuid NOT NULL, kind text NOT NULL, body text NOT NULL, sealed bytea, hash bytea NOT NULL);
CREATE TABLE break_glass (session_id uuid NOT NULL, principal text NOT NULL, reason text NOT NULL, opened_at timestamp with time zone NOT NULL, expires_at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE collab_message (thread_id uuid NOT NULL, patient_id uuid NOT NULL, author text NOT NULL, kind text NOT NULL, at timestamp with time zone NOT NULL, mentions jsonb NOT NULL, content bytea NOT NULL, answers uuid, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE collab_thread (patient_id uuid NOT NULL, encounter_id uuid, state text NOT NULL, opened_by text NOT NULL, title bytea NOT NULL, last_at timestamp with time zone NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE communication (patient_id uuid NOT NULL, channel text NOT NULL, direction text NOT NULL, purpose text NOT NULL, body bytea NOT NULL, at timestamp with time zone NOT NULL, outcome text NOT NULL, error text, message_id uuid, once text, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE consent (patient_id uuid NOT NULL, purpose text NOT NULL, channel text NOT NULL, scope text, given_at timestamp with time zone NOT NULL, withdrawn_at timestamp with time zone, evidence jsonb NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE conversation (channel text NOT NULL, address bytea NOT NULL, address_key bytea NOT NULL, patient_id uuid, state text NOT NULL, assigned_to text, agent text NOT NULL, language text NOT NULL, last_inbound_at timestamp with time zone, flow bytea, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE dead_job (job_id bigint NOT NULL, task text NOT NULL, args jsonb NOT NULL, lock text, attempts integer NOT NULL, error text NOT NULL, at timestamp with time zone NOT NULL, state text NOT NULL, decided_by text, reason text, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE delivery_report (provider_id text NOT NULL, status text NOT NULL, error_code text, at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE encounter (patient_id uuid NOT NULL, appointment_id uuid, practitioner_id uuid, location_id uuid, state text NOT NULL, class_code text NOT NULL, reason text, started_at timestamp with time zone, ended_at timestamp with time zone, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE event_log (seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL, type text NOT NULL, entity_id uuid NOT NULL, payload jsonb NOT NULL, at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE holiday (name text NOT NULL, valid_from date NOT NULL, valid_to date NOT NULL, location_id uuid, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE idempotency_key (principal text NOT NULL, key text NOT NULL, tool text NOT NULL, args_hash text NOT NULL, result bytea, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, running_until timestamp with time zone);
CREATE TABLE key_check (kind text NOT NULL, name text NOT NULL, key_id uuid NOT NULL, probe bytea NOT NULL);
CREATE TABLE llm_response (session_id uuid NOT NULL, message_id uuid NOT NULL, answer bytea NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE llm_session (id uuid NOT NULL, tenant_id uuid NOT NULL, agent text NOT NULL, channel text NOT NULL, principal text NOT NULL, patient_id uuid, conversation_id uuid, started_at timestamp with time zone NOT NULL, ended_at timestamp with time zone, outcome text, head_seq integer DEFAULT 0 NOT NULL, head_hash bytea NOT NULL, head_xid bigint DEFAULT '0'::bigint NOT NULL);
CREATE TABLE location (name text NOT NULL, aliases jsonb NOT NULL, address text NOT NULL, city text NOT NULL, zone text NOT NULL, phone text NOT NULL, hours text NOT NULL, parking text NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE message (seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL, conversation_id uuid NOT NULL, direction text NOT NULL, content bytea NOT NULL, at timestamp with time zone NOT NULL, state text NOT NULL, provider_id text, in_reply_to uuid, author text NOT NULL, purpose text, attempts integer DEFAULT 0 NOT NULL, error text, processed_at timestamp with time zone, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, urgent boolean DEFAULT false NOT NULL);
CREATE TABLE message_template (name text NOT NULL, language text NOT NULL, channel text NOT NULL, content_sid text NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE note_revision (note_id uuid NOT NULL, number integer NOT NULL, parent_id uuid, state text NOT NULL, patient_id uuid NOT NULL, encounter_id uuid, session_id uuid, author text NOT NULL, at timestamp with time zone NOT NULL, template text NOT NULL, maker_kind text NOT NULL, maker jsonb NOT NULL, content bytea NOT NULL, content_sha256 text NOT NULL, reason bytea, signed_by text, signed_at timestamp with time zone, distance jsonb, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE patient (mrn text NOT NULL, given text NOT NULL, family text NOT NULL, birth_date date NOT NULL, sex text NOT NULL, phone text, email text, address text, language text NOT NULL, channel text NOT NULL, deleted_at timestamp with time zone, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, searched text GENERATED ALWAYS AS (searchable(given, family)) STORED NOT NULL);
CREATE TABLE patient_access (tenant_id uuid NOT NULL, patient_id uuid NOT NULL, session_id uuid NOT NULL, seq integer NOT NULL);
CREATE TABLE patient_identifier (patient_id uuid NOT NULL, system text NOT NULL, value text NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE patient_relation (patient_id uuid NOT NULL, related_id uuid NOT NULL, relation text NOT NULL, may_act boolean NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE policy (name text NOT NULL, version text NOT NULL, document text NOT NULL, in_force boolean NOT NULL, added_by text NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE policy_violation (rule text NOT NULL, "check" text NOT NULL, policy text NOT NULL, severity text NOT NULL, action text NOT NULL, stage text NOT NULL, session_id uuid NOT NULL, patient_id uuid, evidence text NOT NULL, excerpt bytea, detected_at timestamp with time zone NOT NULL, state text NOT NULL, acknowledged_by text, acknowledged_at timestamp with time zone, resolved_by text, resolved_at timestamp with time zone, resolution text, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE practitioner (name text NOT NULL, specialty_code text NOT NULL, languages jsonb NOT NULL, active boolean NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, searched text GENERATED ALWAYS AS (searchable(name)) STORED NOT NULL);
CREATE TABLE procrastinate_events (id bigint DEFAULT nextval('procrastinate_events_id_seq'::regclass) NOT NULL, job_id bigint NOT NULL, type procrastinate_job_event_type, at timestamp with time zone DEFAULT now());
CREATE TABLE procrastinate_jobs (id bigint DEFAULT nextval('procrastinate_jobs_id_seq'::regclass) NOT NULL, queue_name character varying(128) NOT NULL, task_name character varying(128) NOT NULL, priority integer DEFAULT 0 NOT NULL, lock text, queueing_lock text, args jsonb DEFAULT '{}'::jsonb NOT NULL, status procrastinate_job_status DEFAULT 'todo'::procrastinate_job_status NOT NULL, scheduled_at timestamp with time zone, attempts integer DEFAULT 0 NOT NULL, abort_requested boolean DEFAULT false NOT NULL, worker_id bigint);
CREATE TABLE procrastinate_periodic_defers (id bigint DEFAULT nextval('procrastinate_periodic_defers_id_seq'::regclass) NOT NULL, task_name character varying(128) NOT NULL, defer_timestamp bigint, job_id bigint, periodic_id character varying(128) DEFAULT ''::character varying NOT NULL);
CREATE TABLE procrastinate_workers (id bigint GENERATED ALWAYS AS IDENTITY NOT NULL, last_heartbeat timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE provider_schedule (practitioner_id uuid NOT NULL, location_id uuid NOT NULL, specialty_code text NOT NULL, weekdays jsonb NOT NULL, local_start time without time zone NOT NULL, local_end time without time zone NOT NULL, slot_minutes integer NOT NULL, capacity integer NOT NULL, valid_from date NOT NULL, valid_to date, exceptions jsonb NOT NULL, state text NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, works_holidays boolean DEFAULT false NOT NULL);
CREATE TABLE reacted (event_id uuid NOT NULL, reaction text NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE retention_rule (data_class text NOT NULL, days integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE seal (tenant_id uuid NOT NULL, number integer NOT NULL, at timestamp with time zone NOT NULL, size bigint NOT NULL, root bytea NOT NULL, previous bytea NOT NULL, horizon bigint NOT NULL, key text NOT NULL, signature bytea NOT NULL);
CREATE TABLE seal_leaf (tenant_id uuid NOT NULL, "position" bigint NOT NULL, session_id uuid NOT NULL, after_seq integer NOT NULL, head_seq integer NOT NULL, head_hash bytea NOT NULL, nodes bytea NOT NULL);
CREATE TABLE slot_hold (slot_id uuid NOT NULL, patient_id uuid NOT NULL, expires_at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE specialty (code text NOT NULL, name text NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE tenant (id uuid NOT NULL, slug text NOT NULL, name text NOT NULL, zone text NOT NULL, country text NOT NULL, whatsapp_number text, created_at timestamp with time zone DEFAULT now() NOT NULL, voice_number text, transfer_number text);
CREATE TABLE ticket (category text NOT NULL, priority text NOT NULL, subject text NOT NULL, state text NOT NULL, assignee text, due_at timestamp with time zone NOT NULL, patient_id uuid, conversation_id uuid, resolved_at timestamp with time zone, breached_at timestamp with time zone, once text, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE ticket_comment (ticket_id uuid NOT NULL, author text NOT NULL, body text NOT NULL, at timestamp with time zone NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE time_slot (schedule_id uuid NOT NULL, practitioner_id uuid NOT NULL, location_id uuid NOT NULL, specialty_code text NOT NULL, starts_at timestamp with time zone NOT NULL, ends_at timestamp with time zone NOT NULL, local_date date NOT NULL, local_time time without time zone NOT NULL, capacity integer NOT NULL, taken integer DEFAULT 0 NOT NULL, blocked boolean DEFAULT false NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, overlap_allowed boolean DEFAULT false NOT NULL, closed_by text, closed_reason text);
CREATE TABLE vault_key (owner_id uuid NOT NULL, owner_kind text NOT NULL, current boolean NOT NULL, master text, wrapped bytea, retired_at timestamp with time zone, destroyed_at timestamp with time zone, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE voice_part (session_id uuid NOT NULL, leg text NOT NULL, start bigint NOT NULL, size bigint NOT NULL, blob text NOT NULL, key_id uuid NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE voice_print (practitioner_id uuid NOT NULL, role text NOT NULL, vector bytea NOT NULL, seconds double precision NOT NULL, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE voice_segment (session_id uuid NOT NULL, patient_id uuid, number integer NOT NULL, channel integer, start_s double precision NOT NULL, end_s double precision NOT NULL, speaker text, speaker_confidence double precision, role text NOT NULL, role_confidence double precision, fixed boolean DEFAULT false NOT NULL, content bytea NOT NULL, confidence double precision NOT NULL, language text NOT NULL, engine text NOT NULL, flags jsonb NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE voice_session (kind text NOT NULL, state text NOT NULL, opened_by text NOT NULL, started_at timestamp with time zone NOT NULL, ended_at timestamp with time zone, patient_id uuid, encounter_id uuid, practitioner_id uuid, conversation_id uuid, message_id uuid, call_sid text, consent text NOT NULL, consent_at timestamp with time zone, consent_how text, language text, heard_language text, speakers integer, received_bytes bigint NOT NULL, complete boolean NOT NULL, codec text, channels integer, duration_s double precision, truncated boolean NOT NULL, audio_deleted_at timestamp with time zone, taken_samples bigint NOT NULL, engine jsonb, dropped jsonb NOT NULL, attempts integer NOT NULL, hints bytea, names bytea, error text, error_detail text, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE waitlist_entry (patient_id uuid NOT NULL, specialty_code text NOT NULL, practitioner_id uuid, date_from date NOT NULL, date_to date NOT NULL, state text NOT NULL, offered_slot_id uuid, version integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE webhook_delivery (endpoint_id uuid NOT NULL, event_id uuid NOT NULL, event_type text NOT NULL, number bigint NOT NULL, state text NOT NULL, attempts integer NOT NULL, last_status integer, last_error text, next_at timestamp with time zone NOT NULL, delivered_at timestamp with time zone, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE webhook_endpoint (url text NOT NULL, description text NOT NULL, events jsonb NOT NULL, minimum_severity text NOT NULL, secret bytea NOT NULL, previous_secret bytea, previous_until timestamp with time zone, state text NOT NULL, stopped_because text, failures integer NOT NULL, id uuid NOT NULL, tenant_id uuid NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL);
ALTER SEQUENCE procrastinate_events_id_seq OWNED BY procrastinate_events.id;
ALTER SEQUENCE procrastinate_jobs_id_seq OWNED BY procrastinate_jobs.id;
ALTER SEQUENCE procrastinate_periodic_defers_id_seq OWNED BY procrastinate_periodic_defers.id;
ALTER TABLE alembic_version ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE api_key ADD CONSTRAINT pk_api_key PRIMARY KEY (id);
ALTER TABLE appointment ADD CONSTRAINT pk_appointment PRIMARY KEY (id);
ALTER TABLE approval ADD CONSTRAINT pk_approval PRIMARY KEY (id);
ALTER TABLE audit_entry ADD CONSTRAINT pk_audit_entry PRIMARY KEY (session_id, seq);
ALTER TABLE break_glass ADD CONSTRAINT pk_break_glass PRIMARY KEY (id);
ALTER TABLE collab_message ADD CONSTRAINT pk_collab_message PRIMARY KEY (id);
ALTER TABLE collab_thread ADD CONSTRAINT pk_collab_thread PRIMARY KEY (id);
ALTER TABLE communication ADD CONSTRAINT pk_communication PRIMARY KEY (id);
ALTER TABLE consent ADD CONSTRAINT pk_consent PRIMARY KEY (id);
ALTER TABLE conversation ADD CONSTRAINT pk_conversation PRIMARY KEY (id);
ALTER TABLE dead_job ADD CONSTRAINT pk_dead_job PRIMARY KEY (id);
ALTER TABLE delivery_report ADD CONSTRAINT pk_delivery_report PRIMARY KEY (id);
ALTER TABLE encounter ADD CONSTRAINT pk_encounter PRIMARY KEY (id);
ALTER TABLE event_log ADD CONSTRAINT pk_event_log PRIMARY KEY (id);
ALTER TABLE holiday ADD CONSTRAINT pk_holiday PRIMARY KEY (id);
ALTER TABLE idempotency_key ADD CONSTRAINT pk_idempotency_key PRIMARY KEY (id);
ALTER TABLE key_check ADD CONSTRAINT pk_key_check PRIMARY KEY (kind, name);
ALTER TABLE llm_response ADD CONSTRAINT pk_llm_response PRIMARY KEY (id);
ALTER TABLE llm_session ADD CONSTRAINT pk_llm_session PRIMARY KEY (id);
ALTER TABLE location ADD CONSTRAINT pk_location PRIMARY KEY (id);
ALTER TABLE message_template ADD CONSTRAINT pk_message_template PRIMARY KEY (id);
ALTER TABLE message ADD CONSTRAINT pk_message PRIMARY KEY (id);
ALTER TABLE note_revision ADD CONSTRAINT pk_note_revision PRIMARY KEY (id);
ALTER TABLE patient_access ADD CONSTRAINT pk_patient_access PRIMARY KEY (tenant_id, patient_id, session_id, seq);
ALTER TABLE patient_identifier ADD CONSTRAINT pk_patient_identifier PRIMARY KEY (id);
ALTER TABLE patient_relation ADD CONSTRAINT pk_patient_relation PRIMARY KEY (id);
ALTER TABLE patient ADD CONSTRAINT pk_patient PRIMARY KEY (id);
ALTER TABLE policy_violation ADD CONSTRAINT pk_policy_violation PRIMARY KEY (id);
ALTER TABLE policy ADD CONSTRAINT pk_policy PRIMARY KEY (id);
ALTER TABLE practitioner ADD CONSTRAINT pk_practitioner PRIMARY KEY (id);
ALTER TABLE procrastinate_events ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);
ALTER TABLE procrastinate_jobs ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);
ALTER TABLE procrastinate_periodic_defers ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);
ALTER TABLE procrastinate_workers ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);
ALTER TABLE provider_schedule ADD CONSTRAINT pk_provider_schedule PRIMARY KEY (id);
ALTER TABLE reacted ADD CONSTRAINT pk_reacted PRIMARY KEY (id);
ALTER TABLE retention_rule ADD CONSTRAINT pk_retention_rule PRIMARY KEY (id);
ALTER TABLE seal_leaf ADD CONSTRAINT pk_seal_leaf PRIMARY KEY (tenant_id, "position");
ALTER TABLE seal ADD CONSTRAINT pk_seal PRIMARY KEY (tenant_id, number);
ALTER TABLE slot_hold ADD CONSTRAINT pk_slot_hold PRIMARY KEY (id);
ALTER TABLE specialty ADD CONSTRAINT pk_specialty PRIMARY KEY (id);
ALTER TABLE tenant ADD CONSTRAINT pk_tenant PRIMARY KEY (id);
ALTER TABLE ticket_comment ADD CONSTRAINT pk_ticket_comment PRIMARY KEY (id);
ALTER TABLE ticket ADD CONSTRAINT pk_ticket PRIMARY KEY (id);
ALTER TABLE time_slot ADD CONSTRAINT pk_time_slot PRIMARY KEY (id);
ALTER TABLE vault_key ADD CONSTRAINT pk_vault_key PRIMARY KEY (id);
ALTER TABLE voice_part ADD CONSTRAINT pk_voice_part PRIMARY KEY (id);
ALTER TABLE voice_print ADD CONSTRAINT pk_voice_print PRIMARY KEY (id);
ALTER TABLE voice_segment ADD CONSTRAINT pk_voice_segment PRIMARY KEY (id);
ALTER TABLE voice_session ADD CONSTRAINT pk_voice_session PRIMARY KEY (id);
ALTER TABLE waitlist_entry ADD CONSTRAINT pk_waitlist_entry PRIMARY KEY (id);
ALTER TABLE webhook_delivery ADD CONSTRAINT pk_webhook_delivery PRIMARY KEY (id);
ALTER TABLE webhook_endpoint ADD CONSTRAINT pk_webhook_endpoint PRIMARY KEY (id);
ALTER TABLE api_key ADD CONSTRAINT uq_api_key_tenant_id_key_hash UNIQUE (tenant_id, key_hash);
ALTER TABLE collab_message ADD CONSTRAINT uq_collab_message_tenant_id_answers UNIQUE (tenant_id, answers);
ALTER TABLE communication ADD CONSTRAINT uq_communication_tenant_id_once UNIQUE (tenant_id, once);
ALTER TABLE dead_job ADD CONSTRAINT uq_dead_job_tenant_id_job_id UNIQUE (tenant_id, job_id);
ALTER TABLE delivery_report ADD CONSTRAINT uq_delivery_report_tenant_id_provider_id_status UNIQUE (tenant_id, provider_id, status);
ALTER TABLE event_log ADD CONSTRAINT uq_event_log_seq UNIQUE (seq);
ALTER TABLE idempotency_key ADD CONSTRAINT uq_idempotency_key_tenant_id_principal_key UNIQUE (tenant_id, principal, key);
ALTER TABLE llm_response ADD CONSTRAINT uq_llm_response_tenant_id_message_id UNIQUE (tenant_id, message_id);
ALTER TABLE location ADD CONSTRAINT uq_location_tenant_id_name UNIQUE (tenant_id, name);
ALTER TABLE message_template ADD CONSTRAINT uq_message_template_tenant_id_name_language_channel UNIQUE (tenant_id, name, language, channel);
ALTER TABLE message ADD CONSTRAINT uq_message_seq UNIQUE (seq);
ALTER TABLE message ADD CONSTRAINT uq_message_tenant_id_in_reply_to UNIQUE (tenant_id, in_reply_to);
ALTER TABLE message ADD CONSTRAINT uq_message_tenant_id_provider_id UNIQUE (tenant_id, provider_id);
ALTER TABLE note_revision ADD CONSTRAINT uq_note_revision_tenant_id_note_id_number UNIQUE (tenant_id, note_id, number);
ALTER TABLE patient_identifier ADD CONSTRAINT uq_patient_identifier_tenant_id_system_value UNIQUE (tenant_id, system, value);
ALTER TABLE patient_relation ADD CONSTRAINT uq_patient_relation_tenant_id_patient_id_related_id UNIQUE (tenant_id, patient_id, related_id);
ALTER TABLE patient ADD CONSTRAINT uq_patient_tenant_id_mrn UNIQUE (tenant_id, mrn);
ALTER TABLE policy ADD CONSTRAINT uq_policy_tenant_id_name_version UNIQUE (tenant_id, name, version);
ALTER TABLE procrastinate_periodic_defers ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);
ALTER TABLE reacted ADD CONSTRAINT uq_reacted_tenant_id_event_id_reaction UNIQUE (tenant_id, event_id, reaction);
ALTER TABLE retention_rule ADD CONSTRAINT uq_retention_rule_tenant_id_data_class UNIQUE (tenant_id, data_class);
ALTER TABLE slot_hold ADD CONSTRAINT uq_slot_hold_tenant_id_slot_id_patient_id UNIQUE (tenant_id, slot_id, patient_id);
ALTER TABLE specialty ADD CONSTRAINT uq_specialty_tenant_id_code UNIQUE (tenant_id, code);
ALTER TABLE tenant ADD CONSTRAINT uq_tenant_slug UNIQUE (slug);
ALTER TABLE tenant ADD CONSTRAINT uq_tenant_voice_number UNIQUE (voice_number);
ALTER TABLE tenant ADD CONSTRAINT uq_tenant_whatsapp_number UNIQUE (whatsapp_number);
ALTER TABLE ticket ADD CONSTRAINT uq_ticket_tenant_id_once UNIQUE (tenant_id, once);
ALTER TABLE time_slot ADD CONSTRAINT uq_time_slot_tenant_id_practitioner_id_starts_at UNIQUE (tenant_id, practitioner_id, starts_at);
ALTER TABLE voice_part ADD CONSTRAINT uq_voice_part_tenant_id_session_id_leg_start UNIQUE (tenant_id, session_id, leg, start);
ALTER TABLE voice_print ADD CONSTRAINT uq_voice_print_tenant_id_practitioner_id UNIQUE (tenant_id, practitioner_id);
ALTER TABLE voice_segment ADD CONSTRAINT uq_voice_segment_tenant_id_session_id_number UNIQUE (tenant_id, session_id, number);
ALTER TABLE voice_session ADD CONSTRAINT uq_voice_session_tenant_id_call_sid UNIQUE (tenant_id, call_sid);
ALTER TABLE voice_session ADD CONSTRAINT uq_voice_session_tenant_id_message_id UNIQUE (tenant_id, message_id);
ALTER TABLE webhook_delivery ADD CONSTRAINT uq_webhook_delivery_tenant_id_endpoint_id_event_id UNIQUE (tenant_id, endpoint_id, event_id);
ALTER TABLE appointment ADD CONSTRAINT ck_appointment_state CHECK ((state = ANY (ARRAY['booked'::text, 'confirmed'::text, 'checked_in'::text, 'completed'::text, 'cancelled'::text, 'no_show'::text, 'left_without_being_seen'::text])));
ALTER TABLE appointment ADD CONSTRAINT ck_appointment_visit_type CHECK ((visit_type = ANY (ARRAY['new'::text, 'follow_up'::text, 'tele'::text])));
ALTER TABLE approval ADD CONSTRAINT ck_approval_state CHECK ((state = ANY (ARRAY['asked'::text, 'approved'::text, 'refused'::text, 'used'::text])));
ALTER TABLE audit_entry ADD CONSTRAINT ck_audit_entry_kind CHECK ((kind ~ '^[a-z_]+$'::text));
ALTER TABLE collab_message ADD CONSTRAINT ck_collab_message_kind CHECK ((kind = ANY (ARRAY['person'::text, 'agent'::text])));
ALTER TABLE collab_thread ADD CONSTRAINT ck_collab_thread_state CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])));
ALTER TABLE communication ADD CONSTRAINT ck_communication_outcome CHECK ((outcome = ANY (ARRAY['queued'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'failed'::text, 'refused'::text])));
ALTER TABLE consent ADD CONSTRAINT ck_consent_purpose CHECK ((purpose = ANY (ARRAY['care'::text, 'messages'::text, 'outreach'::text, 'recording'::text, 'research'::text])));
ALTER TABLE conversation ADD CONSTRAINT ck_conversation_channel CHECK ((channel = ANY (ARRAY['whatsapp'::text, 'phone'::text, 'console'::text])));
ALTER TABLE conversation ADD CONSTRAINT ck_conversation_state CHECK ((state = ANY (ARRAY['open'::text, 'handed_over'::text, 'closed'::text])));
ALTER TABLE dead_job ADD CONSTRAINT ck_dead_job_state CHECK ((state = ANY (ARRAY['dead'::text, 'retried'::text, 'dropped'::text])));
ALTER TABLE encounter ADD CONSTRAINT ck_encounter_class_code CHECK ((class_code = ANY (ARRAY['AMB'::text, 'EMER'::text, 'IMP'::text, 'VR'::text, 'HH'::text])));
ALTER TABLE encounter ADD CONSTRAINT ck_encounter_period CHECK (((ended_at IS NULL) OR (started_at <= ended_at)));
ALTER TABLE encounter ADD CONSTRAINT ck_encounter_state CHECK ((state = ANY (ARRAY['planned'::text, 'in_progress'::text, 'completed'::text, 'cancelled'::text])));
ALTER TABLE holiday ADD CONSTRAINT ck_holiday_days CHECK ((valid_from <= valid_to));
ALTER TABLE key_check ADD CONSTRAINT ck_key_check_kind CHECK ((kind = ANY (ARRAY['secret'::text, 'master'::text, 'seal'::text])));
ALTER TABLE message ADD CONSTRAINT ck_message_direction CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text])));
ALTER TABLE message ADD CONSTRAINT ck_message_state CHECK ((state = ANY (ARRAY['hearing'::text, 'received'::text, 'processed'::text, 'failed'::text, 'queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'held'::text, 'cancelled'::text])));
ALTER TABLE note_revision ADD CONSTRAINT ck_note_revision_maker_kind CHECK ((maker_kind = ANY (ARRAY['built-in'::text, 'model'::text, 'person'::text])));
ALTER TABLE note_revision ADD CONSTRAINT ck_note_revision_parent CHECK (((number = 1) = (parent_id IS NULL)));
ALTER TABLE note_revision ADD CONSTRAINT ck_note_revision_signed CHECK (((state = 'draft'::text) = (signed_by IS NULL)));
ALTER TABLE note_revision ADD CONSTRAINT ck_note_revision_state CHECK ((state = ANY (ARRAY['draft'::text, 'final'::text, 'amended'::text])));
ALTER TABLE patient ADD CONSTRAINT ck_patient_channel CHECK ((channel = ANY (ARRAY['whatsapp'::text, 'phone'::text, 'sms'::text, 'email'::text])));
ALTER TABLE patient ADD CONSTRAINT ck_patient_sex CHECK ((sex = ANY (ARRAY['female'::text, 'male'::text, 'other'::text, 'unknown'::text])));
ALTER TABLE policy_violation ADD CONSTRAINT ck_policy_violation_severity CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])));
ALTER TABLE policy_violation ADD CONSTRAINT ck_policy_violation_state CHECK ((state = ANY (ARRAY['open'::text, 'acknowledged'::text, 'resolved'::text])));
ALTER TABLE procrastinate_jobs ADD CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::procrastinate_job_status) AND (abort_requested = true))));
ALTER TABLE provider_schedule ADD CONSTRAINT ck_provider_schedule_capacity CHECK (((capacity >= 1) AND (capacity <= 500)));
ALTER TABLE provider_schedule ADD CONSTRAINT ck_provider_schedule_hours CHECK ((local_start < local_end));
ALTER TABLE provider_schedule ADD CONSTRAINT ck_provider_schedule_slot_minutes CHECK (((slot_minutes >= 5) AND (slot_minutes <= 480)));
ALTER TABLE provider_schedule ADD CONSTRAINT ck_provider_schedule_state CHECK ((state = ANY (ARRAY['active'::text, 'inactive'::text])));
ALTER TABLE provider_schedule ADD CONSTRAINT ck_provider_schedule_validity CHECK (((valid_to IS NULL) OR (valid_from <= valid_to)));
ALTER TABLE retention_rule ADD CONSTRAINT ck_retention_rule_days CHECK ((days >= 1));
ALTER TABLE ticket ADD CONSTRAINT ck_ticket_priority CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'critical'::text])));
ALTER TABLE ticket ADD CONSTRAINT ck_ticket_state CHECK ((state = ANY (ARRAY['open'::text, 'in_progress'::text, 'resolved'::text, 'closed'::text])));
ALTER TABLE time_slot ADD CONSTRAINT ck_time_slot_interval CHECK ((starts_at < ends_at));
ALTER TABLE time_slot ADD CONSTRAINT ck_time_slot_seats CHECK (((taken >= 0) AND (taken <= capacity)));
ALTER TABLE voice_segment ADD CONSTRAINT ck_voice_segment_role CHECK ((role = ANY (ARRAY['doctor'::text, 'patient'::text, 'nurse'::text, 'other'::text, 'assistant'::text, 'unknown'::text])));
ALTER TABLE voice_segment ADD CONSTRAINT ck_voice_segment_times CHECK (((start_s >= (0)::double precision) AND (end_s >= start_s)));
ALTER TABLE voice_session ADD CONSTRAINT ck_voice_session_consent CHECK ((consent = ANY (ARRAY['not_needed'::text, 'unknown'::text, 'granted'::text, 'refused'::text, 'withdrawn'::text])));
ALTER TABLE voice_session ADD CONSTRAINT ck_voice_session_kind CHECK ((kind = ANY (ARRAY['dictation'::text, 'visit'::text, 'call'::text, 'voice_note'::text])));
ALTER TABLE voice_session ADD CONSTRAINT ck_voice_session_state CHECK ((state = ANY (ARRAY['open'::text, 'transcribing'::text, 'final'::text, 'failed'::text, 'deleted'::text])));
ALTER TABLE waitlist_entry ADD CONSTRAINT ck_waitlist_entry_dates CHECK ((date_from <= date_to));
ALTER TABLE waitlist_entry ADD CONSTRAINT ck_waitlist_entry_state CHECK ((state = ANY (ARRAY['waiting'::text, 'offered'::text, 'booked'::text, 'left'::text])));
ALTER TABLE webhook_delivery ADD CONSTRAINT ck_webhook_delivery_state CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])));
ALTER TABLE webhook_endpoint ADD CONSTRAINT ck_webhook_endpoint_minimum_severity CHECK ((minimum_severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])));
ALTER TABLE webhook_endpoint ADD CONSTRAINT ck_webhook_endpoint_state CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'disabled'::text])));
ALTER TABLE appointment ADD CONSTRAINT ex_appointment_patient EXCLUDE USING gist (int8range(hashtextextended((patient_id)::text, (0)::bigint), hashtextextended((patient_id)::text, (0)::bigint), '[]'::text) WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (((state = ANY (ARRAY['booked'::text, 'confirmed'::text, 'checked_in'::text])) AND (overlap_reason IS NULL)));
ALTER TABLE time_slot ADD CONSTRAINT ex_time_slot_practitioner EXCLUDE USING gist (int8range(hashtextextended((practitioner_id)::text, (0)::bigint), hashtextextended((practitioner_id)::text, (0)::bigint), '[]'::text) WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (((taken > 0) AND (NOT overlap_allowed)));
ALTER TABLE api_key ADD CONSTRAINT fk_api_key_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE api_key ADD CONSTRAINT fk_api_key_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE api_key ADD CONSTRAINT fk_api_key_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE appointment ADD CONSTRAINT fk_appointment_location_id FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE appointment ADD CONSTRAINT fk_appointment_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE appointment ADD CONSTRAINT fk_appointment_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE appointment ADD CONSTRAINT fk_appointment_slot_id FOREIGN KEY (slot_id) REFERENCES time_slot(id);
ALTER TABLE appointment ADD CONSTRAINT fk_appointment_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE approval ADD CONSTRAINT fk_approval_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE audit_entry ADD CONSTRAINT fk_audit_entry_session_id FOREIGN KEY (session_id) REFERENCES llm_session(id);
ALTER TABLE audit_entry ADD CONSTRAINT fk_audit_entry_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE break_glass ADD CONSTRAINT fk_break_glass_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE collab_message ADD CONSTRAINT fk_collab_message_answers FOREIGN KEY (answers) REFERENCES collab_message(id);
ALTER TABLE collab_message ADD CONSTRAINT fk_collab_message_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE collab_message ADD CONSTRAINT fk_collab_message_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE collab_message ADD CONSTRAINT fk_collab_message_thread_id FOREIGN KEY (thread_id) REFERENCES collab_thread(id);
ALTER TABLE collab_thread ADD CONSTRAINT fk_collab_thread_encounter_id FOREIGN KEY (encounter_id) REFERENCES encounter(id);
ALTER TABLE collab_thread ADD CONSTRAINT fk_collab_thread_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE collab_thread ADD CONSTRAINT fk_collab_thread_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE communication ADD CONSTRAINT fk_communication_message_id FOREIGN KEY (message_id) REFERENCES message(id);
ALTER TABLE communication ADD CONSTRAINT fk_communication_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE communication ADD CONSTRAINT fk_communication_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE consent ADD CONSTRAINT fk_consent_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE consent ADD CONSTRAINT fk_consent_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE conversation ADD CONSTRAINT fk_conversation_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE conversation ADD CONSTRAINT fk_conversation_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE dead_job ADD CONSTRAINT fk_dead_job_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE delivery_report ADD CONSTRAINT fk_delivery_report_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE encounter ADD CONSTRAINT fk_encounter_appointment_id FOREIGN KEY (appointment_id) REFERENCES appointment(id);
ALTER TABLE encounter ADD CONSTRAINT fk_encounter_location_id FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE encounter ADD CONSTRAINT fk_encounter_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE encounter ADD CONSTRAINT fk_encounter_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE encounter ADD CONSTRAINT fk_encounter_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE event_log ADD CONSTRAINT fk_event_log_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE holiday ADD CONSTRAINT fk_holiday_location_id FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE holiday ADD CONSTRAINT fk_holiday_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE idempotency_key ADD CONSTRAINT fk_idempotency_key_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE llm_response ADD CONSTRAINT fk_llm_response_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE llm_session ADD CONSTRAINT fk_llm_session_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE location ADD CONSTRAINT fk_location_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE message_template ADD CONSTRAINT fk_message_template_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE message ADD CONSTRAINT fk_message_conversation_id FOREIGN KEY (conversation_id) REFERENCES conversation(id);
ALTER TABLE message ADD CONSTRAINT fk_message_in_reply_to FOREIGN KEY (in_reply_to) REFERENCES message(id);
ALTER TABLE message ADD CONSTRAINT fk_message_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE note_revision ADD CONSTRAINT fk_note_revision_encounter_id FOREIGN KEY (encounter_id) REFERENCES encounter(id);
ALTER TABLE note_revision ADD CONSTRAINT fk_note_revision_parent_id FOREIGN KEY (parent_id) REFERENCES note_revision(id);
ALTER TABLE note_revision ADD CONSTRAINT fk_note_revision_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE note_revision ADD CONSTRAINT fk_note_revision_session_id FOREIGN KEY (session_id) REFERENCES voice_session(id);
ALTER TABLE note_revision ADD CONSTRAINT fk_note_revision_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE patient_access ADD CONSTRAINT fk_patient_access_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE patient_identifier ADD CONSTRAINT fk_patient_identifier_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE patient_identifier ADD CONSTRAINT fk_patient_identifier_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE patient_relation ADD CONSTRAINT fk_patient_relation_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE patient_relation ADD CONSTRAINT fk_patient_relation_related_id FOREIGN KEY (related_id) REFERENCES patient(id);
ALTER TABLE patient_relation ADD CONSTRAINT fk_patient_relation_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE patient ADD CONSTRAINT fk_patient_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE policy_violation ADD CONSTRAINT fk_policy_violation_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE policy ADD CONSTRAINT fk_policy_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE practitioner ADD CONSTRAINT fk_practitioner_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE procrastinate_events ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES procrastinate_jobs(id) ON DELETE CASCADE;
ALTER TABLE procrastinate_jobs ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES procrastinate_workers(id) ON DELETE SET NULL;
ALTER TABLE procrastinate_periodic_defers ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES procrastinate_jobs(id);
ALTER TABLE provider_schedule ADD CONSTRAINT fk_provider_schedule_location_id FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE provider_schedule ADD CONSTRAINT fk_provider_schedule_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE provider_schedule ADD CONSTRAINT fk_provider_schedule_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE reacted ADD CONSTRAINT fk_reacted_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE retention_rule ADD CONSTRAINT fk_retention_rule_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE seal_leaf ADD CONSTRAINT fk_seal_leaf_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE seal ADD CONSTRAINT fk_seal_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE slot_hold ADD CONSTRAINT fk_slot_hold_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE slot_hold ADD CONSTRAINT fk_slot_hold_slot_id FOREIGN KEY (slot_id) REFERENCES time_slot(id);
ALTER TABLE slot_hold ADD CONSTRAINT fk_slot_hold_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE specialty ADD CONSTRAINT fk_specialty_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE ticket_comment ADD CONSTRAINT fk_ticket_comment_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE ticket_comment ADD CONSTRAINT fk_ticket_comment_ticket_id FOREIGN KEY (ticket_id) REFERENCES ticket(id);
ALTER TABLE ticket ADD CONSTRAINT fk_ticket_conversation_id FOREIGN KEY (conversation_id) REFERENCES conversation(id);
ALTER TABLE ticket ADD CONSTRAINT fk_ticket_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE ticket ADD CONSTRAINT fk_ticket_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE time_slot ADD CONSTRAINT fk_time_slot_location_id FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE time_slot ADD CONSTRAINT fk_time_slot_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE time_slot ADD CONSTRAINT fk_time_slot_schedule_id FOREIGN KEY (schedule_id) REFERENCES provider_schedule(id);
ALTER TABLE time_slot ADD CONSTRAINT fk_time_slot_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE vault_key ADD CONSTRAINT fk_vault_key_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE voice_part ADD CONSTRAINT fk_voice_part_session_id FOREIGN KEY (session_id) REFERENCES voice_session(id);
ALTER TABLE voice_part ADD CONSTRAINT fk_voice_part_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE voice_print ADD CONSTRAINT fk_voice_print_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE voice_print ADD CONSTRAINT fk_voice_print_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE voice_segment ADD CONSTRAINT fk_voice_segment_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE voice_segment ADD CONSTRAINT fk_voice_segment_session_id FOREIGN KEY (session_id) REFERENCES voice_session(id);
ALTER TABLE voice_segment ADD CONSTRAINT fk_voice_segment_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_conversation_id FOREIGN KEY (conversation_id) REFERENCES conversation(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_encounter_id FOREIGN KEY (encounter_id) REFERENCES encounter(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_message_id FOREIGN KEY (message_id) REFERENCES message(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE voice_session ADD CONSTRAINT fk_voice_session_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE waitlist_entry ADD CONSTRAINT fk_waitlist_entry_offered_slot_id FOREIGN KEY (offered_slot_id) REFERENCES time_slot(id);
ALTER TABLE waitlist_entry ADD CONSTRAINT fk_waitlist_entry_patient_id FOREIGN KEY (patient_id) REFERENCES patient(id);
ALTER TABLE waitlist_entry ADD CONSTRAINT fk_waitlist_entry_practitioner_id FOREIGN KEY (practitioner_id) REFERENCES practitioner(id);
ALTER TABLE waitlist_entry ADD CONSTRAINT fk_waitlist_entry_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE webhook_delivery ADD CONSTRAINT fk_webhook_delivery_endpoint_id FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoint(id);
ALTER TABLE webhook_delivery ADD CONSTRAINT fk_webhook_delivery_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
ALTER TABLE webhook_endpoint ADD CONSTRAINT fk_webhook_endpoint_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant(id);
CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::procrastinate_job_status));
CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);
CREATE INDEX ix_appointment_tenant_id_patient_id_starts_at ON public.appointment USING btree (tenant_id, patient_id, starts_at);
CREATE INDEX ix_appointment_tenant_id_practitioner_id_starts_at ON public.appointment USING btree (tenant_id, practitioner_id, starts_at);
CREATE INDEX ix_appointment_tenant_id_slot_id ON public.appointment USING btree (tenant_id, slot_id);
CREATE INDEX ix_appointment_tenant_id_starts_at ON public.appointment USING btree (tenant_id, starts_at);
CREATE INDEX ix_approval_tenant_id_call_hash ON public.approval USING btree (tenant_id, call_hash);
CREATE INDEX ix_audit_entry_tenant_id_kind ON public.audit_entry USING btree (tenant_id, kind);
CREATE INDEX ix_break_glass_tenant_id_opened_at ON public.break_glass USING btree (tenant_id, opened_at);
CREATE INDEX ix_break_glass_tenant_id_session_id_principal ON public.break_glass USING btree (tenant_id, session_id, principal);
CREATE INDEX ix_collab_message_mentions ON public.collab_message USING gin (mentions);
CREATE INDEX ix_collab_message_tenant_id_thread_id_at ON public.collab_message USING btree (tenant_id, thread_id, at);
CREATE INDEX ix_collab_thread_tenant_id_patient_id_created_at ON public.collab_thread USING btree (tenant_id, patient_id, created_at);
CREATE INDEX ix_communication_tenant_id_at ON public.communication USING btree (tenant_id, at);
CREATE INDEX ix_communication_tenant_id_message_id ON public.communication USING btree (tenant_id, message_id);
CREATE INDEX ix_communication_tenant_id_patient_id_at ON public.communication USING btree (tenant_id, patient_id, at);
CREATE INDEX ix_conversation_tenant_id_patient_id ON public.conversation USING btree (tenant_id, patient_id);
CREATE INDEX ix_conversation_tenant_id_state ON public.conversation USING btree (tenant_id, state);
CREATE INDEX ix_dead_job_tenant_id_state_id ON public.dead_job USING btree (tenant_id, state, id);
CREATE INDEX ix_encounter_tenant_id_patient_id_created_at ON public.encounter USING btree (tenant_id, patient_id, created_at);
CREATE INDEX ix_event_log_tenant_id_at ON public.event_log USING btree (tenant_id, at);
CREATE INDEX ix_event_log_tenant_id_entity_id_seq ON public.event_log USING btree (tenant_id, entity_id, seq);
CREATE INDEX ix_event_log_tenant_id_type_seq ON public.event_log USING btree (tenant_id, type, seq);
CREATE INDEX ix_holiday_tenant_id_valid_to ON public.holiday USING btree (tenant_id, valid_to);
CREATE INDEX ix_llm_session_head_xid ON public.llm_session USING brin (head_xid) WITH (pages_per_range='16');
CREATE INDEX ix_llm_session_tenant_id_conversation_id ON public.llm_session USING btree (tenant_id, conversation_id);
CREATE INDEX ix_llm_session_tenant_id_patient_id ON public.llm_session USING btree (tenant_id, patient_id);
CREATE INDEX ix_llm_session_tenant_id_started_at ON public.llm_session USING btree (tenant_id, started_at);
CREATE INDEX ix_message_inbox ON public.message USING btree (tenant_id, conversation_id, seq) WHERE (state = ANY (ARRAY['hearing'::text, 'received'::text]));
CREATE INDEX ix_message_tenant_id_at ON public.message USING btree (tenant_id, at);
CREATE INDEX ix_message_tenant_id_conversation_id_seq ON public.message USING btree (tenant_id, conversation_id, seq);
CREATE INDEX ix_message_tenant_id_state_at ON public.message USING btree (tenant_id, state, at);
CREATE INDEX ix_note_revision_tenant_id_patient_id_created_at ON public.note_revision USING btree (tenant_id, patient_id, created_at);
CREATE INDEX ix_patient_identifier_tenant_id_patient_id ON public.patient_identifier USING btree (tenant_id, patient_id);
CREATE INDEX ix_patient_tenant_id_family_given_id ON public.patient USING btree (tenant_id, family, given, id);
CREATE INDEX ix_patient_tenant_id_phone ON public.patient USING btree (tenant_id, phone);
CREATE INDEX ix_policy_violation_tenant_id_patient_id ON public.policy_violation USING btree (tenant_id, patient_id);
CREATE INDEX ix_policy_violation_tenant_id_session_id ON public.policy_violation USING btree (tenant_id, session_id);
CREATE INDEX ix_policy_violation_tenant_id_state_detected_at ON public.policy_violation USING btree (tenant_id, state, detected_at);
CREATE INDEX ix_practitioner_tenant_id_specialty_code ON public.practitioner USING btree (tenant_id, specialty_code);
CREATE INDEX ix_provider_schedule_tenant_id_practitioner_id ON public.provider_schedule USING btree (tenant_id, practitioner_id);
CREATE INDEX ix_reacted_tenant_id_created_at ON public.reacted USING btree (tenant_id, created_at);
CREATE INDEX ix_seal_tenant_id_at ON public.seal USING btree (tenant_id, at);
CREATE INDEX ix_slot_hold_tenant_id_expires_at ON public.slot_hold USING btree (tenant_id, expires_at);
CREATE INDEX ix_ticket_comment_tenant_id_ticket_id ON public.ticket_comment USING btree (tenant_id, ticket_id);
CREATE INDEX ix_ticket_tenant_id_patient_id ON public.ticket USING btree (tenant_id, patient_id);
CREATE INDEX ix_ticket_tenant_id_state_due_at ON public.ticket USING btree (tenant_id, state, due_at);
CREATE INDEX ix_time_slot_tenant_id_schedule_id_starts_at ON public.time_slot USING btree (tenant_id, schedule_id, starts_at);
CREATE INDEX ix_time_slot_tenant_id_specialty_code_starts_at ON public.time_slot USING btree (tenant_id, specialty_code, starts_at);
CREATE INDEX ix_time_slot_tenant_id_starts_at ON public.time_slot USING btree (tenant_id, starts_at);
CREATE INDEX ix_vault_key_tenant_id_master ON public.vault_key USING btree (tenant_id, master);
CREATE INDEX ix_voice_segment_time ON public.voice_segment USING btree (tenant_id, session_id, start_s);
CREATE INDEX ix_voice_session_tenant_id_conversation_id ON public.voice_session USING btree (tenant_id, conversation_id);
CREATE INDEX ix_voice_session_tenant_id_patient_id_started_at ON public.voice_session USING btree (tenant_id, patient_id, started_at);
CREATE INDEX ix_voice_session_tenant_id_state_started_at ON public.voice_session USING btree (tenant_id, state, started_at);
CREATE INDEX ix_waitlist_entry_tenant_id_patient_id ON public.waitlist_entry USING btree (tenant_id, patient_id);
CREATE INDEX ix_waitlist_entry_tenant_id_specialty_code_state ON public.waitlist_entry USING btree (tenant_id, specialty_code, state);
CREATE INDEX ix_webhook_delivery_queue ON public.webhook_delivery USING btree (tenant_id, endpoint_id, number) WHERE (state = 'pending'::text);
CREATE INDEX ix_webhook_delivery_tenant_id_endpoint_id_state ON public.webhook_delivery USING btree (tenant_id, endpoint_id, state);
CREATE INDEX ix_webhook_endpoint_tenant_id_state ON public.webhook_endpoint USING btree (tenant_id, state);
CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);
CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::procrastinate_job_status, 'doing'::procrastinate_job_status]));
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::procrastinate_job_status);
CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::procrastinate_job_status);
CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::procrastinate_job_status);
CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);
CREATE UNIQUE INDEX uq_appointment_one_a_day ON public.appointment USING btree (tenant_id, patient_id, practitioner_id, local_date) WHERE ((state = ANY (ARRAY['booked'::text, 'confirmed'::text, 'checked_in'::text])) AND (NOT same_day_allowed));
CREATE UNIQUE INDEX uq_consent_live ON public.consent USING btree (tenant_id, patient_id, purpose, channel) WHERE (withdrawn_at IS NULL);
CREATE UNIQUE INDEX uq_conversation_live ON public.conversation USING btree (tenant_id, channel, address_key) WHERE (state <> 'closed'::text);
CREATE UNIQUE INDEX uq_encounter_appointment ON public.encounter USING btree (tenant_id, appointment_id) WHERE ((appointment_id IS NOT NULL) AND (state <> 'cancelled'::text));
CREATE UNIQUE INDEX uq_note_revision_final ON public.note_revision USING btree (tenant_id, note_id) WHERE (state = 'final'::text);
CREATE UNIQUE INDEX uq_policy_in_force ON public.policy USING btree (tenant_id) WHERE in_force;
CREATE UNIQUE INDEX uq_seal_leaf_session ON public.seal_leaf USING btree (tenant_id, session_id, head_seq);
CREATE UNIQUE INDEX uq_vault_key_owner ON public.vault_key USING btree (tenant_id, owner_id) WHERE current;
CREATE UNIQUE INDEX uq_waitlist_waiting ON public.waitlist_entry USING btree (tenant_id, patient_id, specialty_code) WHERE (state = ANY (ARRAY['waiting'::text, 'offered'::text]));
CREATE OR REPLACE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint)
 RETURNS procrastinate_jobs
 LANGUAGE plpgsql
AS $function$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$function$;
CREATE OR REPLACE FUNCTION public.session_is_past(p_session llm_session, p_before timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT p_session.started_at < p_before AND NOT EXISTS (
        SELECT 1 FROM audit_entry e WHERE e.session_id = p_session.id AND e.seq = p_session.head_seq
           AND coalesce((e.body::jsonb->>'at')::timestamptz, p_session.started_at) >= p_before)
$function$;
CREATE TRIGGER one_place AFTER INSERT OR UPDATE OF state, starts_at, ends_at, patient_id ON public.appointment FOR EACH ROW WHEN (((new.state = ANY (ARRAY['booked'::text, 'confirmed'::text, 'checked_in'::text])) AND (new.overlap_reason IS NULL))) EXECUTE FUNCTION one_place_patient();
CREATE TRIGGER seat AFTER INSERT OR DELETE OR UPDATE OF state, slot_id ON public.appointment FOR EACH ROW EXECUTE FUNCTION count_appointment();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.event_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.llm_response FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.llm_response FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.llm_session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON public.llm_session FOR EACH ROW EXECUTE FUNCTION refuse_rewind();
CREATE TRIGGER note_revision_kept BEFORE DELETE OR UPDATE ON public.note_revision FOR EACH ROW EXECUTE FUNCTION note_revision_kept();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.patient_access FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::procrastinate_job_status))) EXECUTE FUNCTION procrastinate_notify_queue_abort_job_v1();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::procrastinate_job_status)) EXECUTE FUNCTION procrastinate_notify_queue_job_inserted_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION procrastinate_trigger_abort_requested_events_procedure_v1();
CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION procrastinate_unlink_periodic_defers_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::procrastinate_job_status))) EXECUTE FUNCTION procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::procrastinate_job_status)) EXECUTE FUNCTION procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION procrastinate_trigger_function_status_events_update_v1();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.seal_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.seal_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.seal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON public.seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_move BEFORE UPDATE OF slot_id ON public.slot_hold FOR EACH ROW EXECUTE FUNCTION refuse_move();
CREATE TRIGGER seat AFTER INSERT OR DELETE ON public.slot_hold FOR EACH ROW EXECUTE FUNCTION count_hold();
CREATE TRIGGER one_place AFTER UPDATE OF taken ON public.time_slot FOR EACH ROW WHEN (((old.taken = 0) AND (new.taken > 0) AND (NOT new.overlap_allowed))) EXECUTE FUNCTION one_place_practitioner();
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
ALTER TABLE appointment ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
ALTER TABLE approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE approval FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
ALTER TABLE collab_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE collab_message FORCE ROW LEVEL SECURITY;
ALTER TABLE collab_thread ENABLE ROW LEVEL SECURITY;
ALTER TABLE collab_thread FORCE ROW LEVEL SECURITY;
ALTER TABLE communication ENABLE ROW LEVEL SECURITY;
ALTER TABLE communication FORCE ROW LEVEL SECURITY;
ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent FORCE ROW LEVEL SECURITY;
ALTER TABLE conversation ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation FORCE ROW LEVEL SECURITY;
ALTER TABLE dead_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_job FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_report FORCE ROW LEVEL SECURITY;
ALTER TABLE encounter ENABLE ROW LEVEL SECURITY;
ALTER TABLE encounter FORCE ROW LEVEL SECURITY;
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_log FORCE ROW LEVEL SECURITY;
ALTER TABLE holiday ENABLE ROW LEVEL SECURITY;
ALTER TABLE holiday FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
ALTER TABLE llm_response ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_response FORCE ROW LEVEL SECURITY;
ALTER TABLE llm_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_session FORCE ROW LEVEL SECURITY;
ALTER TABLE location ENABLE ROW LEVEL SECURITY;
ALTER TABLE location FORCE ROW LEVEL SECURITY;
ALTER TABLE message ENABLE ROW LEVEL SECURITY;
ALTER TABLE message FORCE ROW LEVEL SECURITY;
ALTER TABLE message_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_template FORCE ROW LEVEL SECURITY;
ALTER TABLE note_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE note_revision FORCE ROW LEVEL SECURITY;
ALTER TABLE patient ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient FORCE ROW LEVEL SECURITY;
ALTER TABLE patient_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_access FORCE ROW LEVEL SECURITY;
ALTER TABLE patient_identifier ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_identifier FORCE ROW LEVEL SECURITY;
ALTER TABLE patient_relation ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_relation FORCE ROW LEVEL SECURITY;
ALTER TABLE policy ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy FORCE ROW LEVEL SECURITY;
ALTER TABLE policy_violation ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_violation FORCE ROW LEVEL SECURITY;
ALTER TABLE practitioner ENABLE ROW LEVEL SECURITY;
ALTER TABLE practitioner FORCE ROW LEVEL SECURITY;
ALTER TABLE provider_schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_schedule FORCE ROW LEVEL SECURITY;
ALTER TABLE reacted ENABLE ROW LEVEL SECURITY;
ALTER TABLE reacted FORCE ROW LEVEL SECURITY;
ALTER TABLE retention_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_rule FORCE ROW LEVEL SECURITY;
ALTER TABLE seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE seal FORCE ROW LEVEL SECURITY;
ALTER TABLE seal_leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE seal_leaf FORCE ROW LEVEL SECURITY;
ALTER TABLE slot_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE slot_hold FORCE ROW LEVEL SECURITY;
ALTER TABLE specialty ENABLE ROW LEVEL SECURITY;
ALTER TABLE specialty FORCE ROW LEVEL SECURITY;
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket FORCE ROW LEVEL SECURITY;
ALTER TABLE ticket_comment ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket_comment FORCE ROW LEVEL SECURITY;
ALTER TABLE time_slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE time_slot FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_key FORCE ROW LEVEL SECURITY;
ALTER TABLE voice_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_part FORCE ROW LEVEL SECURITY;
ALTER TABLE voice_print ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_print FORCE ROW LEVEL SECURITY;
ALTER TABLE voice_segment ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_segment FORCE ROW LEVEL SECURITY;
ALTER TABLE voice_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_session FORCE ROW LEVEL SECURITY;
ALTER TABLE waitlist_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE waitlist_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_delivery FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoint FORCE ROW LEVEL SECURITY;
CREATE POLICY own_patient ON api_key AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON api_key AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON appointment AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON appointment AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON approval AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON audit_entry AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON break_glass AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON collab_message AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON collab_message AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON collab_thread AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON collab_thread AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON communication AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON communication AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON consent AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON consent AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON conversation AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON conversation AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON dead_job AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON delivery_report AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON encounter AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON encounter AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON event_log AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON holiday AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON idempotency_key AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON llm_response AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON llm_session AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON llm_session AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON location AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON message_template AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON message AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON note_revision AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON note_revision AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON patient_access AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON patient_access AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON patient_identifier AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON patient_identifier AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON patient_relation AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON patient_relation AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON patient AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON patient AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON policy_violation AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON policy_violation AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON policy AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON practitioner AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON provider_schedule AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON reacted AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON retention_rule AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON seal_leaf AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON seal AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON slot_hold AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON slot_hold AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON specialty AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON ticket_comment AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON ticket AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON ticket AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON time_slot AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON vault_key AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON voice_part AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON voice_print AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON voice_segment AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON voice_segment AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON voice_session AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON voice_session AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY own_patient ON waitlist_entry AS RESTRICTIVE FOR ALL TO PUBLIC USING ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid))) WITH CHECK ((((NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid IS NULL) OR (patient_id = (NULLIF(current_setting('app.patient'::text, true), ''::text))::uuid)));
CREATE POLICY tenant ON waitlist_entry AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON webhook_delivery AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON webhook_endpoint AS PERMISSIVE FOR ALL TO PUBLIC USING ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid));
GRANT UPDATE (blocked) ON time_slot TO wardline_app;
GRANT UPDATE (capacity) ON time_slot TO wardline_app;
GRANT UPDATE (closed_by) ON time_slot TO wardline_app;
GRANT UPDATE (closed_reason) ON time_slot TO wardline_app;
GRANT UPDATE (ends_at) ON time_slot TO wardline_app;
GRANT UPDATE (overlap_allowed) ON time_slot TO wardline_app;
REVOKE ALL ON FUNCTION events_purge(timestamp with time zone,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events_purge(timestamp with time zone,integer) TO wardline_app;
GRANT USAGE ON SCHEMA public TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON api_key TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON appointment TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON approval TO wardline_app;
GRANT SELECT ON audit_entry TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON break_glass TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON collab_message TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON collab_thread TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON communication TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON consent TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON conversation TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON dead_job TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON delivery_report TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON encounter TO wardline_app;
GRANT USAGE ON SEQUENCE event_log_seq_seq TO wardline_app;
GRANT SELECT ON event_log TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON holiday TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_key TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON key_check TO wardline_app;
GRANT INSERT, SELECT ON llm_response TO wardline_app;
GRANT SELECT ON llm_session TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON location TO wardline_app;
GRANT USAGE ON SEQUENCE message_seq_seq TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON message_template TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON message TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON note_revision TO wardline_app;
GRANT SELECT ON patient_access TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON patient_identifier TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON patient_relation TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON patient TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON policy_violation TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON policy TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON practitioner TO wardline_app;
GRANT USAGE ON SEQUENCE procrastinate_events_id_seq TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON procrastinate_events TO wardline_app;
GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON procrastinate_jobs TO wardline_app;
GRANT USAGE ON SEQUENCE procrastinate_periodic_defers_id_seq TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON procrastinate_periodic_defers TO wardline_app;
GRANT USAGE ON SEQUENCE procrastinate_workers_id_seq TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON procrastinate_workers TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON provider_schedule TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON reacted TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON retention_rule TO wardline_app;
GRANT INSERT, SELECT ON seal_leaf TO wardline_app;
GRANT INSERT, SELECT ON seal TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON slot_hold TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON specialty TO wardline_app;
GRANT SELECT ON tenant TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON ticket_comment TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON ticket TO wardline_app;
GRANT DELETE, INSERT, SELECT ON time_slot TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON vault_key TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON voice_part TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON voice_print TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON voice_segment TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON voice_session TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON waitlist_entry TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_delivery TO wardline_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_endpoint TO wardline_app;
INSERT INTO alembic_version VALUES ('overlaps');
