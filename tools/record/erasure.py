"""Erasing a patient's texts: the keys are destroyed, the chain stays whole, and a certificate of it is on the chain."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import select, update

from governance.keeping import destroy
from tools.conversations.inbox import end_session, one_at_a_time
from tools.conversations.tables import Conversation, Message
from tools.patients.tools import load_patient
from tools.runtime.context import ToolContext
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, post, tool
from tools.voice.keeping import erase_sessions

ERASED = event_type("Patient.Erased", "A patient's texts were made unreadable for good")


class ErasePatient(Args):
    patient_id: UUID
    reason: Words = Field(min_length=3, max_length=1000, description="Who asked, and on what ground")


class Certificate(Out):
    patient_id: UUID
    at: datetime
    by: str
    conversations: list[UUID]
    recordings: list[UUID] = Field(description="Voice sessions whose audio and transcripts were destroyed")
    keys_destroyed: list[UUID]
    session_id: UUID = Field(description="The session on the record that holds this certificate")


@tool(
    "record.erase_patient",
    rest=post("/api/v1/governance/patients/{patient_id}/erasure"),
    needs=Permission("privacy:write"),
    effect=Effect.CRITICAL,
)
async def erase_patient(ctx: ToolContext, args: ErasePatient) -> Certificate:
    """Destroy the keys of a patient and of that patient's conversations: messages, answers, arguments and results about
    the patient cannot be read again by anyone. The clinical record (patient, visits) is kept: other law asks for it.
    Another person must approve it."""
    patient = await load_patient(ctx, args.patient_id)
    query = select(Conversation).where(Conversation.patient_id == patient.id).order_by(Conversation.id)
    for row in await ctx.session.scalars(query):
        await one_at_a_time(ctx.work, row.channel, row.address_key)  # before the rows: so does who receives a message
    locked = query.with_for_update().execution_options(populate_existing=True)
    conversations = list(await ctx.session.scalars(locked))
    ids = [row.id for row in conversations]
    recordings = await erase_sessions(ctx.work, patient.id, ids)
    destroyed = await destroy(ctx.session, [patient.id, *ids], now=ctx.now)
    for row in conversations:
        if row.state != "closed":
            await end_session(ctx.work, row, "erased")
        row.state, row.flow = "closed", None
        row.address_key = secrets.token_bytes(32)  # the number no longer leads here
    unread = Message.conversation_id.in_(ids), Message.state.in_(("received", "queued", "held"))
    await ctx.session.execute(update(Message).where(*unread).values(state="cancelled", error="erased"))
    certificate = Certificate(
        patient_id=patient.id, at=ctx.now, by=ctx.principal.id, conversations=ids, recordings=recordings,
        keys_destroyed=destroyed, session_id=ctx.work.record.opening.id,
    )  # fmt: skip
    ctx.work.record.append("erasure_certificate", certificate.model_dump(mode="json"))
    ctx.emit(ERASED, patient.id, conversations=len(ids), keys=len(destroyed))
    await ctx.session.flush()
    return certificate
