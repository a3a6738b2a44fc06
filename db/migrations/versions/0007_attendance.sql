ALTER TABLE appointment ADD COLUMN by_hospital BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE appointment ADD COLUMN state_reason TEXT;
ALTER TABLE appointment DROP CONSTRAINT ck_appointment_state;
ALTER TABLE appointment ADD CONSTRAINT ck_appointment_state CHECK (state IN ('booked', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show', 'left_without_being_seen'));
