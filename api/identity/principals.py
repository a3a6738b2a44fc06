"""Whose an API key or a token is."""

from __future__ import annotations

from api.identity.auth import BadToken, TokenVerifier
from tools.access.keys import is_key, signed_in_by_key
from tools.runtime.errors import Unauthenticated
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime


async def principal_of(secret: str, runtime: Runtime, verifier: TokenVerifier | None) -> Principal:
    """The principal of an API key or a JWT."""
    if is_key(secret):
        async with signed_in_by_key(runtime, secret) as (principal, _):
            return principal
    if verifier is None:
        raise Unauthenticated("No issuer of tokens is configured.")
    try:
        claims = await verifier.verify(secret)
    except BadToken as bad:
        raise Unauthenticated(f"The token is not accepted: {bad.reason}.") from bad
    named = await runtime.tenant_named(claims.tenant) if claims.tenant is not None else None
    if named is None:
        raise Unauthenticated("The token names no tenant of this service.")
    is_patient = "patient" in claims.roles
    if is_patient and len(claims.roles) > 1:
        raise Unauthenticated("A patient's token must name no other role.")
    return Principal(
        kind="patient" if is_patient else "staff",
        id=f"{claims.issuer}#{claims.subject}",
        tenant_id=named,
        roles=claims.roles,
        patient_id=claims.patient_id if is_patient else None,
        practitioner_id=None if is_patient else claims.practitioner_id,
    )
