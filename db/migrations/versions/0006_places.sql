ALTER TABLE time_slot ADD COLUMN overlap_allowed BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE time_slot ADD COLUMN closed_by TEXT;
ALTER TABLE time_slot ADD COLUMN closed_reason TEXT;
ALTER TABLE appointment ADD COLUMN overlap_reason TEXT;
ALTER TABLE time_slot NO FORCE ROW LEVEL SECURITY;
ALTER TABLE appointment NO FORCE ROW LEVEL SECURITY;
UPDATE time_slot s SET overlap_allowed = true WHERE s.taken > 0 AND EXISTS (
        SELECT 1 FROM time_slot o WHERE o.tenant_id = s.tenant_id AND o.practitioner_id = s.practitioner_id AND o.id <> s.id
           AND o.taken > 0 AND o.starts_at < s.ends_at AND s.starts_at < o.ends_at);
    UPDATE appointment a SET overlap_reason = 'booked before overlaps were refused' WHERE a.state IN
        ('booked', 'confirmed', 'checked_in') AND EXISTS (
        SELECT 1 FROM appointment o WHERE o.tenant_id = a.tenant_id AND o.patient_id = a.patient_id AND o.id <> a.id
           AND o.state IN ('booked', 'confirmed', 'checked_in') AND o.starts_at < a.ends_at AND a.starts_at < o.ends_at);
ALTER TABLE time_slot FORCE ROW LEVEL SECURITY;
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE time_slot ADD CONSTRAINT ex_time_slot_practitioner EXCLUDE USING gist (int8range(hashtextextended(practitioner_id::text, 0), hashtextextended(practitioner_id::text, 0), '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (taken > 0 AND NOT overlap_allowed);
ALTER TABLE appointment ADD CONSTRAINT ex_appointment_patient EXCLUDE USING gist (int8range(hashtextextended(patient_id::text, 0), hashtextextended(patient_id::text, 0), '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (state IN ('booked', 'confirmed', 'checked_in') AND overlap_reason IS NULL);
GRANT UPDATE (overlap_allowed, closed_by, closed_reason) ON time_slot TO :app_role;
CREATE INDEX ix_time_slot_tenant_id_starts_at ON time_slot (tenant_id, starts_at);
CREATE INDEX ix_message_tenant_id_state_at ON message (tenant_id, state, at);
CREATE INDEX ix_conversation_tenant_id_state ON conversation (tenant_id, state);
DROP INDEX ix_patient_tenant_id_family;
CREATE INDEX ix_patient_tenant_id_family_given_id ON patient (tenant_id, family, given, id);
