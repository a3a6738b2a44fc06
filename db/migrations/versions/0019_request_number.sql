-- The short number by which a patient asks about a request.
ALTER TABLE ticket ADD COLUMN number integer;
