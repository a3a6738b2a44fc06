"""Communications: one message to a patient, for a purpose the patient has consented to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from governance.vault import Owner
from tools.conversations.channel import channel_of, channels_for_outreach
from tools.conversations.contents import ERASED
from tools.conversations.inbox import ensure_conversation, queue_out
from tools.conversations.purposes import ConsentTo, purpose_of, purposes_of_communications
from tools.conversations.tables import Communication
from tools.patients.gates import has_consent, load_patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import ConsentMissing, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import OneOf, Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

SENT = event_type("Communication.Sent", "A message went to the carrier")
DELIVERED = event_type("Communication.Delivered", "A message reached the patient's device")
FAILED = event_type("Communication.Failed", "A message could not be delivered")


class SendCommunication(Args):
    patient_id: UUID
    purpose: Annotated[str, OneOf(purposes_of_communications)]
    body: Words = Field(min_length=1, description="As long as one message of the channel: 1,600 characters on WhatsApp")
    channel: Annotated[str, OneOf(channels_for_outreach)] = "whatsapp"
    facts: dict[str, str] | None = Field(None, description="Variables of the approved template for this purpose")
    once: str | None = Field(None, max_length=200, description="The same key is sent once")


class ListCommunications(PageArgs):
    patient_id: UUID | None = None


class PatientCommunications(PageArgs):
    patient_id: UUID


class CommunicationOut(Out):
    id: UUID
    patient_id: UUID
    channel: str
    direction: str
    purpose: str
    body: str
    at: datetime
    outcome: str
    error: str | None
    message_id: UUID | None


def needed_consent(purpose: str) -> ConsentTo:
    """The consent without which a message of this purpose is not sent."""
    found = purpose_of(purpose)
    return found.consent if found is not None else "messages"


@tool(
    "communications.send_communication",
    rest=post("/api/v1/prm/communications", status=201),
    needs=Permission("communications:write"),
    effect=Effect.WRITE,
    raises=(ConsentMissing,),
)
async def send_communication(ctx: ToolContext, args: SendCommunication) -> CommunicationOut:
    """Send a patient a message, if the patient consents to its purpose on that channel."""
    patient = await load_patient(ctx, args.patient_id)
    needed = needed_consent(args.purpose)
    if not await has_consent(ctx.session, patient.id, needed, channel=args.channel):
        raise ConsentMissing(f"The patient has not consented to {needed} on {args.channel}.", purpose=needed)
    if not patient.phone:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must name a patient with a phone number"}])
    channel_of(args.channel).check_length(args.body)
    made_id = new_id()
    body = await ctx.work.keys.seal(Owner(patient.id, "patient"), args.body, _aad(made_id))
    made = await ctx.session.execute(
        insert(Communication)
        .values(
            id=made_id, tenant_id=ctx.tenant.id, patient_id=patient.id, channel=args.channel, direction="out",
            purpose=args.purpose, body=body, at=ctx.now, outcome="queued", once=args.once,
        )
        .on_conflict_do_nothing()
        .returning(Communication.id)
    )  # fmt: skip
    if made.scalar() is None:
        query = select(Communication).where(Communication.once == args.once)
        return (await _shown(ctx, [(await ctx.session.scalars(query)).one()]))[0]
    conversation = await ensure_conversation(ctx.work, args.channel, patient.phone, patient_id=patient.id)
    row = await ctx.load(Communication, made_id)
    row.message_id = await queue_out(
        ctx.work,
        conversation,
        args.body,
        channel=args.channel,
        author=ctx.principal.id,
        purpose=args.purpose,
        facts=args.facts,
    )
    await ctx.session.flush()
    return (await _shown(ctx, [row]))[0]


def _aad(communication_id: UUID) -> str:
    return f"communication:{communication_id}"


async def _shown(ctx: ToolContext, rows: Sequence[Communication]) -> list[CommunicationOut]:
    opened = await ctx.work.keys.open({_aad(row.id): row.body for row in rows})
    return [CommunicationOut.model_validate({**row.__dict__, "body": opened[_aad(row.id)] or ERASED}) for row in rows]


@tool(
    "communications.list_communications",
    rest=get("/api/v1/prm/communications"),
    needs=Permission("communications:read"),
    effect=Effect.READ,
)
async def list_communications(ctx: ToolContext, args: ListCommunications) -> Page[CommunicationOut]:
    """List communications with their outcomes, oldest first."""
    query = select(Communication)
    if args.patient_id:
        query = query.where(Communication.patient_id == args.patient_id)
    order = (Communication.id,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _shown(ctx, rows)
    )


@tool(
    "communications.list_of_patient",
    rest=get("/api/v1/prm/patients/{patient_id}/communications"),
    needs=Permission("communications:read"),
    effect=Effect.READ,
)
async def list_of_patient(ctx: ToolContext, args: PatientCommunications) -> Page[CommunicationOut]:
    """List one patient's communications."""
    await load_patient(ctx, args.patient_id)
    query = select(Communication).where(Communication.patient_id == args.patient_id)
    order = (Communication.id,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _shown(ctx, rows)
    )
