CREATE TABLE holiday (
    name TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL,
    location_id UUID,
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_holiday PRIMARY KEY (id),
    CONSTRAINT ck_holiday_days CHECK (valid_from <= valid_to),
    CONSTRAINT fk_holiday_location_id FOREIGN KEY(location_id) REFERENCES location (id),
    CONSTRAINT fk_holiday_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_holiday_tenant_id_valid_to ON holiday (tenant_id, valid_to);
ALTER TABLE provider_schedule ADD COLUMN works_holidays BOOLEAN DEFAULT false NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON holiday TO :app_role;
ALTER TABLE holiday ENABLE ROW LEVEL SECURITY;
ALTER TABLE holiday FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON holiday USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
ALTER TABLE provider_schedule NO FORCE ROW LEVEL SECURITY;
UPDATE provider_schedule SET exceptions = (
        SELECT jsonb_agg(CASE WHEN e ? 'date'
            THEN (e - 'date') || jsonb_build_object('valid_from', e -> 'date', 'valid_to', e -> 'date') ELSE e END)
        FROM jsonb_array_elements(exceptions) AS e)
    WHERE jsonb_array_length(exceptions) > 0;
ALTER TABLE provider_schedule FORCE ROW LEVEL SECURITY;
