"""Erasing a patient's texts: the keys are destroyed, the chain stays whole, and a certificate of it is on the chain."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from governance.key_lifecycle import destroy
from governance.record import entry_kind
from tools.patients.gates import load_patient
from tools.runtime.context import ToolContext
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.rooms import Erasing, in_order_of_erasure
from tools.runtime.tool import Args, Effect, Out, post, tool

CERTIFICATE = entry_kind("erasure_certificate", "A patient's texts were made unreadable for good")

ERASED = event_type("Patient.Erased", "A patient's texts were made unreadable for good", alert=True)


class ErasePatient(Args):
    patient_id: UUID
    reason: Words = Field(min_length=3, max_length=1000, description="Who asked, and on what ground")


class Certificate(Out):
    """What was erased. Each room adds what it found under a name of its own."""

    model_config = ConfigDict(extra="allow")

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
    erasing = Erasing(patient.id, owners=[patient.id])
    for room in in_order_of_erasure():
        assert room.erase is not None
        await room.erase(ctx, erasing)
    destroyed = await destroy(ctx.session, erasing.owners, now=ctx.now)
    certificate = Certificate(
        patient_id=patient.id, at=ctx.now, by=ctx.principal.id, keys_destroyed=destroyed,
        session_id=ctx.work.record.header.id, **erasing.found,
    )  # fmt: skip
    ctx.work.record.append(CERTIFICATE, certificate.model_dump(mode="json"))
    ctx.emit(ERASED, patient.id, conversations=len(certificate.conversations), keys=len(destroyed))
    await ctx.session.flush()
    return certificate
