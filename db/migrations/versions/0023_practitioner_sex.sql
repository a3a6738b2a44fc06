ALTER TABLE practitioner ADD COLUMN sex TEXT;
ALTER TABLE practitioner ADD CONSTRAINT ck_practitioner_sex CHECK (sex IN ('female', 'male', 'other'));
