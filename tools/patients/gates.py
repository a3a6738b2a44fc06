"""What other rooms ask of this one before they act: is there such a patient, and does the patient consent."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import phonenumbers
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tools.patients.tables import Consent, Patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import ConsentMissing, InvalidArguments, NotFound

Purpose = Literal["care", "messages", "outreach", "recording", "research"]


async def load_patient(ctx: ToolContext, patient_id: UUID, *, lock: bool = False) -> Patient:
    """The patient, if in use and seen by this caller."""
    row = await ctx.load(Patient, patient_id, lock=lock)
    if row.deleted_at is not None:
        raise NotFound(f"There is no Patient {patient_id} for this caller.")
    return row


async def has_consent(session: AsyncSession, patient_id: UUID, purpose: Purpose, *, channel: str = "any") -> bool:
    """Has the patient a live consent to this purpose, on this channel or any?"""
    query = select(Consent.id).where(
        Consent.patient_id == patient_id,
        Consent.purpose == purpose,
        Consent.withdrawn_at.is_(None),
        or_(Consent.channel == "any", Consent.channel == channel),
    )
    return (await session.scalars(query.limit(1))).first() is not None


async def require_consent(ctx: ToolContext, patient_id: UUID, purpose: Purpose) -> None:
    """ConsentMissing unless the patient consents to the purpose."""
    if not await has_consent(ctx.session, patient_id, purpose):
        raise ConsentMissing(f"The patient has not consented to {purpose}.", purpose=purpose)


def e164(number: str, country: str) -> str:
    """The number as E.164; InvalidArguments where it cannot be one."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        rule = "must be a phone number, for example +919812345678"
        raise InvalidArguments(errors=[{"field": "phone", "rule": rule}])
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
