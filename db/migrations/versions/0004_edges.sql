CREATE FUNCTION searchable(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT btrim(regexp_replace(regexp_replace(
    replace(replace(replace(translate(lower(normalize(replace(given, '´', ''), NFKD)), 'øØłŁđĐıðÐ', 'oollddidd'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    '[\u0300-\u036f''`\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\uff07\u200c\u200d]', '', 'g'), '\s+', ' ', 'g'))
$$;
CREATE FUNCTION searchable(given text, family text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT searchable(given || ' ' || family)
$$;
ALTER TABLE api_key ADD COLUMN practitioner_id UUID;
ALTER TABLE api_key ADD CONSTRAINT fk_api_key_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id);
ALTER TABLE patient ADD COLUMN searched TEXT GENERATED ALWAYS AS (searchable(given, family)) STORED NOT NULL;
ALTER TABLE practitioner ADD COLUMN searched TEXT GENERATED ALWAYS AS (searchable(name)) STORED NOT NULL;
