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
