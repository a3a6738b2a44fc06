"""API keys: made once, shown once, kept as a hash; scoped, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import set_scope_reading
from tools.access.tables import ApiKey
from tools.facility.tables import Practitioner
from tools.patients.gates import load_patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments, Unauthenticated
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission, Principal, Role
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Args, Effect, Out, delete, get, post, tool

_ADMIN = Permission("access:write")
_COLUMNS = "id, role, scopes, patient_id, practitioner_id, expires_at, revoked_at"


class CreateApiKey(Args):
    name: Words = Field(min_length=1, max_length=100)
    role: Role
    scopes: list[str] | None = Field(None, description="Permissions that narrow the role's; none: all of the role's")
    patient_id: UUID | None = Field(None, description="Needed for, and only for, the role patient")
    practitioner_id: UUID | None = Field(None, description="Which practitioner the holder is; not for the role patient")
    expires_in_days: int = Field(90, ge=1, le=366)


class ApiKeyOut(Out):
    id: UUID
    name: str
    role: str
    scopes: list[str] | None
    patient_id: UUID | None
    practitioner_id: UUID | None
    expires_at: datetime | None
    revoked_at: datetime | None


class NewApiKey(ApiKeyOut):
    key: str = Field(description="Shown this once")


class KeyId(Args):
    key_id: UUID


def hash_key(key: str) -> str:
    """SHA-256 in hex: a key is 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


def make_key(tenant_slug: str) -> str:
    """`wl_<tenant>_<secret>`: the tenant is in the key, so that it is looked up under that tenant's isolation."""
    return f"wl_{tenant_slug}_{secrets.token_urlsafe(32)}"


def is_key(secret: str) -> bool:
    """Whether it has the form of a key, rather than of a token."""
    return secret.startswith("wl_")


async def tenant_of_key(runtime: Runtime, key: str) -> UUID:
    """The tenant that a key names. Raises Unauthenticated."""
    parts = key.split("_", 2)
    tenant_id = await runtime.tenant_named(parts[1]) if len(parts) == 3 else None
    if tenant_id is None:
        raise Unauthenticated("The API key is not known.")
    return tenant_id


@asynccontextmanager
async def signed_in_by_key(runtime: Runtime, key: str) -> AsyncIterator[tuple[Principal, AsyncSession]]:
    """Who holds this key, and the transaction in which it was looked up, for a call to go on in: the tenant's scope is
    set by the same statement. Raises Unauthenticated where the key is unknown, expired or revoked."""
    tenant_id = await tenant_of_key(runtime, key)
    async with runtime.database.begin_unscoped() as session:
        row = await set_scope_reading(session, tenant_id, _COLUMNS, "api_key_within(%s, %s)", tenant_id, hash_key(key))
        yield _principal(tenant_id, row, runtime.clock.now()), session


def _principal(tenant_id: UUID, row: tuple[Any, ...] | None, now: datetime) -> Principal:
    if row is None or row[-1] is not None:
        raise Unauthenticated("The API key is not known or was revoked.")
    key_id, role, scopes, patient_id, practitioner_id, expires_at, _ = row
    if expires_at is not None and expires_at <= now:
        raise Unauthenticated("The API key has expired.")
    return Principal(
        kind="patient" if role == "patient" else "staff",
        id=f"key:{key_id}",
        tenant_id=tenant_id,
        roles=frozenset({role}),
        scopes=None if scopes is None else frozenset(scopes),
        patient_id=patient_id,
        practitioner_id=practitioner_id,
    )


@tool("access.create_api_key", rest=post("/api/v1/access/api-keys", status=201), needs=_ADMIN, effect=Effect.WRITE)
async def create_api_key(ctx: ToolContext, args: CreateApiKey) -> NewApiKey:
    """Make an API key for a role. The key itself is in this answer only."""
    if (args.role == "patient") != (args.patient_id is not None):
        rule = "is required for the role patient, and allowed for no other"
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": rule}])
    if args.patient_id is not None:
        await load_patient(ctx, args.patient_id)
    if args.practitioner_id is not None:
        if args.role == "patient":
            raise InvalidArguments(errors=[{"field": "practitioner_id", "rule": "is not for the role patient"}])
        await ctx.load(Practitioner, args.practitioner_id)
    key = make_key(ctx.tenant.slug)
    row = ApiKey(
        id=new_id(),
        tenant_id=ctx.tenant.id,
        name=args.name,
        key_hash=hash_key(key),
        role=args.role,
        scopes=args.scopes,
        patient_id=args.patient_id,
        practitioner_id=args.practitioner_id,
        expires_at=ctx.now + timedelta(days=args.expires_in_days),
    )
    ctx.session.add(row)
    return NewApiKey(**ApiKeyOut.model_validate(row).model_dump(), key=key)


@tool("access.list_api_keys", rest=get("/api/v1/access/api-keys"), needs=_ADMIN, effect=Effect.READ)
async def list_api_keys(ctx: ToolContext, args: PageArgs) -> Page[ApiKeyOut]:
    """List the API keys, without the keys themselves."""
    return await page(
        ctx.session, select(ApiKey), args, cursors=ctx.cursors, order=(ApiKey.id,), show=ApiKeyOut.model_validate
    )


@tool("access.revoke_api_key", rest=delete("/api/v1/access/api-keys/{key_id}"), needs=_ADMIN, effect=Effect.WRITE)
async def revoke_api_key(ctx: ToolContext, args: KeyId) -> ApiKeyOut:
    """Revoke an API key at once."""
    row = await ctx.load(ApiKey, args.key_id, lock=True)
    row.revoked_at = row.revoked_at or ctx.now
    return ApiKeyOut.model_validate(row)
