SET CONSTRAINTS ALL IMMEDIATE;
CREATE OR REPLACE FUNCTION move_seat(p_slot uuid, p_seats integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE time_slot SET taken = taken + p_seats, overlap_allowed = overlap_allowed AND (p_seats > 0 OR taken + p_seats > 0)
     WHERE id = p_slot AND (p_seats < 0 OR NOT blocked);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'slot % is blocked or not this tenant''s', p_slot
            USING ERRCODE = 'check_violation', CONSTRAINT = 'slot_open';
    END IF;
END $$;
CREATE FUNCTION one_place_practitioner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.practitioner_id::text, 2));
    IF EXISTS (SELECT 1 FROM time_slot o WHERE o.tenant_id = NEW.tenant_id AND o.practitioner_id = NEW.practitioner_id
               AND o.id <> NEW.id AND o.taken > 0 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
               AND o.starts_at > NEW.starts_at - interval '480 minutes') THEN
        RAISE EXCEPTION 'the practitioner is in an overlapping slot'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_time_slot_practitioner';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION one_place_patient() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
CREATE TRIGGER one_place AFTER UPDATE OF taken ON time_slot FOR EACH ROW WHEN (OLD.taken = 0 AND NEW.taken > 0 AND NOT NEW.overlap_allowed) EXECUTE FUNCTION one_place_practitioner();
CREATE TRIGGER one_place AFTER INSERT OR UPDATE OF state, starts_at, ends_at, patient_id ON appointment FOR EACH ROW WHEN (NEW.state IN ('booked', 'confirmed', 'checked_in') AND NEW.overlap_reason IS NULL) EXECUTE FUNCTION one_place_patient();
GRANT UPDATE (ends_at) ON time_slot TO :app_role;
