"""Consent as a gate: what a patient has agreed to, for which purpose and channel."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from tools.patients.gates import Purpose, load_patient
from tools.patients.tables import Consent
from tools.patients.tools import PatientId
from tools.runtime.context import ToolContext
from tools.runtime.errors import NotFound
from tools.runtime.events import event_type
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, delete, get, post, tool

GIVEN = event_type("Consent.Given", "A patient consented to a purpose")
WITHDRAWN = event_type("Consent.Withdrawn", "A patient withdrew a consent")


class GiveConsent(Args):
    patient_id: UUID
    purpose: Purpose
    channel: Literal["any", "whatsapp", "phone", "sms", "email"] = "any"
    scope: str | None = Field(None, max_length=200)
    evidence: str = Field("", max_length=500, description="How the patient said so")


class ConsentId(Args):
    patient_id: UUID
    consent_id: UUID


class SetMessages(Args):
    patient_id: UUID
    allowed: bool


class ConsentOut(Out):
    id: UUID
    patient_id: UUID
    purpose: str
    channel: str
    scope: str | None
    given_at: datetime
    withdrawn_at: datetime | None


class ConsentsOut(Out):
    items: list[ConsentOut]


@tool(
    "patients.list_consents",
    rest=get("/api/v1/prm/patients/{patient_id}/consents"),
    needs=Permission("patients:read"),
    effect=Effect.READ,
)
async def list_consents(ctx: ToolContext, args: PatientId) -> ConsentsOut:
    """List a patient's consents, given and withdrawn."""
    await load_patient(ctx, args.patient_id)
    rows = await ctx.session.scalars(select(Consent).where(Consent.patient_id == args.patient_id).order_by(Consent.id))
    return ConsentsOut(items=[ConsentOut.model_validate(row) for row in rows])


@tool(
    "patients.give_consent",
    rest=post("/api/v1/prm/patients/{patient_id}/consents", status=201),
    needs=Permission("patients:write"),
    effect=Effect.WRITE,
)
async def give_consent(ctx: ToolContext, args: GiveConsent) -> ConsentOut:
    """Note a consent that the patient gave; one that stands already is returned."""
    await load_patient(ctx, args.patient_id)
    return ConsentOut.model_validate(await _give(ctx, args))


@tool(
    "patients.withdraw_consent",
    rest=delete("/api/v1/prm/patients/{patient_id}/consents/{consent_id}"),
    needs=Permission("patients:write"),
    effect=Effect.WRITE,
)
async def withdraw_consent(ctx: ToolContext, args: ConsentId) -> ConsentOut:
    """Withdraw a consent. The row stays, with the time."""
    row = await ctx.load(Consent, args.consent_id, lock=True)
    if row.patient_id != args.patient_id:
        raise NotFound
    _withdraw(ctx, row)
    return ConsentOut.model_validate(row)


@tool("patients.set_message_consent", needs=Permission("self:write"), effect=Effect.WRITE, by_patient=True)
async def set_message_consent(ctx: ToolContext, args: SetMessages) -> ConsentsOut:
    """The patient's own STOP or START: withdraw or give consent to messages, at once."""
    await load_patient(ctx, args.patient_id)
    if args.allowed:
        consent = GiveConsent(patient_id=args.patient_id, purpose="messages", evidence="the patient's message")
        return ConsentsOut(items=[ConsentOut.model_validate(await _give(ctx, consent))])
    query = select(Consent).where(
        Consent.patient_id == args.patient_id,
        Consent.purpose.in_(("messages", "outreach")),
        Consent.withdrawn_at.is_(None),
    )
    rows = list(await ctx.session.scalars(query.with_for_update()))
    for row in rows:
        _withdraw(ctx, row)
    return ConsentsOut(items=[ConsentOut.model_validate(row) for row in rows])


async def _give(ctx: ToolContext, args: GiveConsent) -> Consent:
    query = select(Consent).where(
        Consent.patient_id == args.patient_id,
        Consent.purpose == args.purpose,
        Consent.channel == args.channel,
        Consent.withdrawn_at.is_(None),
    )
    standing = (await ctx.session.scalars(query)).first()
    if standing is not None:
        return standing
    row = Consent(
        id=new_id(),
        tenant_id=ctx.tenant.id,
        given_at=ctx.now,
        evidence={"by": ctx.principal.id, "how": args.evidence},
        **args.model_dump(exclude={"evidence"}),
    )
    ctx.session.add(row)
    ctx.emit(GIVEN, args.patient_id, purpose=args.purpose, channel=args.channel)
    return row


def _withdraw(ctx: ToolContext, row: Consent) -> None:
    if row.withdrawn_at is None:
        row.withdrawn_at = ctx.now
        ctx.emit(WITHDRAWN, row.patient_id, purpose=row.purpose, channel=row.channel)
