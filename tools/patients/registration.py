"""Registering a patient in a conversation: by a yes to what was read back, unless somebody is likely the same."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from tools.patients.consents import GiveConsent, give_consent
from tools.patients.duplicates import FindDuplicates, find_duplicates
from tools.patients.tables import Patient
from tools.patients.tools import Channel, CreatePatient, LinkRelative, PatientOut, Sex, create_patient, link_relative
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, tool


class LikelyDuplicate(Conflict):
    code = "likely_duplicate"
    title = "Somebody is likely the same patient; a person must look"


class RegisterPatient(Args):
    given: Words = Field(min_length=1, max_length=100)
    family: Words = Field(min_length=1, max_length=100)
    birth_date: date
    sex: Sex
    phone: str = Field(max_length=30)
    evidence: str = Field(min_length=1, max_length=200, description="Where the yes was given")
    language: str = Field("en", pattern="^(en|hi)$")
    channel: Channel = "whatsapp"
    relative_of: UUID | None = Field(None, description="The patient who registers a relative")
    relation: Words | None = Field(None, min_length=1, max_length=50, description="What the new patient is to that one")


@tool(
    "patients.register_patient",
    needs=Permission("patients:write"),
    effect=Effect.WRITE,
    raises=(LikelyDuplicate,),
    confirmation=True,
)
async def register_patient(ctx: ToolContext, args: RegisterPatient) -> PatientOut:
    """Register a patient by a yes in a conversation, which is the consent to care and messages. Whoever registers a
    relative gets the link, and may act for the relative only once the staff has allowed that."""
    about = args.model_dump(include={"given", "family", "birth_date", "sex", "phone"})
    likely: list[object] = [*(await find_duplicates(ctx, FindDuplicates(**about))).items]
    if likely:
        raise LikelyDuplicate
    new = CreatePatient(**about, language=args.language, channel=args.channel, consents=[])  # type: ignore[arg-type]
    made: PatientOut = await create_patient(ctx, new)
    for purpose in ("care", "messages"):
        await give_consent(ctx, GiveConsent(patient_id=made.id, purpose=purpose, evidence=args.evidence))
    if args.relative_of is not None and args.relation is not None:
        await ctx.load(Patient, args.relative_of)
        link = LinkRelative(patient_id=args.relative_of, related_id=made.id, relation=args.relation)
        await link_relative(ctx, link)
    return made
