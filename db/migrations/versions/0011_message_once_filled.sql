-- The messages that are there already, a tenant at a time (the owner is bound by row-level security). A key that a message took
-- which its unique constraint then refused is put right.
DO $$
DECLARE
    v_tenant uuid;
BEGIN
    FOR v_tenant IN SELECT id FROM tenant LOOP
        PERFORM set_config('app.tenant', v_tenant::text, true);
        INSERT INTO provider_message (tenant_id, provider_id, message_id)
        SELECT tenant_id, provider_id, id FROM message WHERE provider_id IS NOT NULL
        ON CONFLICT (tenant_id, provider_id) DO UPDATE SET message_id = excluded.message_id;
        INSERT INTO message_answer (tenant_id, in_reply_to, message_id)
        SELECT tenant_id, in_reply_to, id FROM message WHERE in_reply_to IS NOT NULL
        ON CONFLICT (in_reply_to) DO UPDATE SET message_id = excluded.message_id;
    END LOOP;
    PERFORM set_config('app.tenant', '', true);
END $$;
