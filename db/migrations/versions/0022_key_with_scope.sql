-- An API key, looked up in the statement that sets what the transaction may see: one round trip for both.
CREATE FUNCTION api_key_within(p_tenant uuid, p_hash text)
RETURNS TABLE (id uuid, role text, scopes jsonb, patient_id uuid, practitioner_id uuid,
               expires_at timestamptz, revoked_at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant', p_tenant::text, true), set_config('app.patient', '', true);
    RETURN QUERY SELECT k.id, k.role::text, k.scopes, k.patient_id, k.practitioner_id, k.expires_at, k.revoked_at
        FROM api_key k WHERE k.key_hash = p_hash;
END $$;
