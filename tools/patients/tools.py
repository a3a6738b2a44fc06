"""Patients: register, read, change, search, and remove from use."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from db.base import new_id
from tools.patients.gates import e164, load_patient
from tools.patients.tables import Consent, Patient, PatientRelation
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments, NotFound
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, delete, get, patch, post, tool

CREATED = event_type("Patient.Created", "A patient was registered")
UPDATED = event_type("Patient.Updated", "A patient's record was changed")
_READ, _WRITE = Permission("patients:read"), Permission("patients:write")

Sex = Literal["female", "male", "other", "unknown"]
Channel = Literal["whatsapp", "phone", "sms", "email"]


class MrnTaken(Conflict):
    code = "mrn_taken"
    title = "Another patient has this MRN"


explains("uq_patient_tenant_id_mrn", MrnTaken)


class CreatePatient(Args):
    given: Words = Field(min_length=1, max_length=100)
    family: Words = Field(min_length=1, max_length=100)
    birth_date: date
    sex: Sex = "unknown"
    phone: str | None = Field(None, description="E.164, or a national number of the hospital's country", max_length=30)
    email: str | None = Field(None, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
    address: str | None = Field(None, max_length=500)
    mrn: Words | None = Field(None, min_length=1, max_length=50, description="Made where not given")
    language: Literal["en", "hi"] = "en"
    channel: Channel = "whatsapp"
    consents: list[Literal["care", "messages"]] = Field(
        default=["care", "messages"], description="Consents given at registration", max_length=2
    )


class UpdatePatient(Args):
    patient_id: UUID
    given: Words | None = Field(None, min_length=1, max_length=100)
    family: Words | None = Field(None, min_length=1, max_length=100)
    birth_date: date | None = None
    sex: Sex | None = None
    phone: str | None = Field(None, max_length=30)
    email: str | None = Field(None, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
    address: str | None = Field(None, max_length=500)
    language: Literal["en", "hi"] | None = None
    channel: Channel | None = None


class PatientId(Args):
    patient_id: UUID


class SearchPatients(PageArgs):
    name: Words | None = Field(None, min_length=1, max_length=100, description="Part of given or family name")
    phone: str | None = Field(None, max_length=30)
    mrn: str | None = Field(None, max_length=50)
    birth_date: date | None = None


class PatientOut(Out):
    subject_field: ClassVar[str] = "id"

    id: UUID
    mrn: str
    given: str
    family: str
    birth_date: date
    sex: str
    phone: str | None
    email: str | None
    address: str | None
    language: str
    channel: str
    version: int


class RelativeOut(Out):
    patient_id: UUID
    name: str
    relation: str
    may_act: bool


class RelativesOut(Out):
    items: list[RelativeOut]


class LinkRelative(Args):
    patient_id: UUID
    related_id: UUID
    relation: Words = Field(min_length=1, max_length=50, description="What the relative is to the patient: mother, son")
    may_act: bool = Field(False, description="The patient may book for the relative")


def _check_birth_date(birth_date: date | None, now: datetime) -> None:
    if birth_date is not None and not date(now.year - 130, 1, 1) <= birth_date <= now.date():
        raise InvalidArguments(
            errors=[{"field": "birth_date", "rule": "must not be in the future or over 130 years ago"}]
        )


@tool(
    "patients.create_patient",
    rest=post("/api/v1/prm/patients", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(MrnTaken,),
)
async def create_patient(ctx: ToolContext, args: CreatePatient) -> PatientOut:
    """Register a patient, with the consents given at registration."""
    _check_birth_date(args.birth_date, ctx.now)
    fields = args.model_dump(exclude={"consents"})
    fields["phone"] = None if args.phone is None else e164(args.phone, ctx.tenant.country)
    fields["mrn"] = args.mrn or f"M{secrets.randbelow(10**9):09d}"
    row = Patient(id=new_id(), tenant_id=ctx.tenant.id, **fields)
    ctx.session.add(row)
    await ctx.session.flush()
    for purpose in dict.fromkeys(args.consents):
        ctx.session.add(
            Consent(
                tenant_id=ctx.tenant.id,
                patient_id=row.id,
                purpose=purpose,
                given_at=ctx.now,
                evidence={"by": ctx.principal.id, "how": "registration"},
            )
        )
    ctx.emit(CREATED, row.id)
    return PatientOut.model_validate(row)


@tool(
    "patients.get_patient",
    rest=get("/api/v1/prm/patients/{patient_id}"),
    needs=_READ,
    effect=Effect.READ,
    by_patient=True,
)
async def get_patient(ctx: ToolContext, args: PatientId) -> PatientOut:
    """Read one patient."""
    return PatientOut.model_validate(await load_patient(ctx, args.patient_id))


@tool(
    "patients.update_patient",
    rest=patch("/api/v1/prm/patients/{patient_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(NotFound,),
)
async def update_patient(ctx: ToolContext, args: UpdatePatient) -> PatientOut:
    """Change a patient's record; only the fields given. If-Match refuses a change based on an old version."""
    row = await load_patient(ctx, args.patient_id, lock=True)
    ctx.check_version(row)
    _check_birth_date(args.birth_date, ctx.now)
    changes = args.model_dump(exclude={"patient_id"}, exclude_unset=True)
    empty = [
        name
        for name in ("given", "family", "birth_date", "sex", "language", "channel")
        if changes.get(name, "") is None
    ]
    if empty:
        raise InvalidArguments(errors=[{"field": name, "rule": "must not be null"} for name in empty])
    if changes.get("phone") is not None:
        changes["phone"] = e164(changes["phone"], ctx.tenant.country)
    for name, value in changes.items():
        setattr(row, name, value)
    await ctx.session.flush()
    ctx.emit(UPDATED, row.id, fields=sorted(changes))
    return PatientOut.model_validate(row)


@tool("patients.search_patients", rest=get("/api/v1/prm/patients"), needs=_READ, effect=Effect.READ)
async def search_patients(ctx: ToolContext, args: SearchPatients) -> Page[PatientOut]:
    """Search patients by name (accents, apostrophes and case do not matter), phone, MRN or birth date."""
    query = select(Patient).where(Patient.deleted_at.is_(None))
    if args.name:
        query = query.where(func.strpos(Patient.searched, func.searchable(args.name)) > 0)
    if args.phone is not None:
        query = query.where(Patient.phone == e164(args.phone, ctx.tenant.country))
    if args.mrn is not None:
        query = query.where(Patient.mrn == args.mrn)
    if args.birth_date:
        query = query.where(Patient.birth_date == args.birth_date)
    order = (Patient.family, Patient.given, Patient.id)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=PatientOut.model_validate)


@tool("patients.remove_patient", rest=delete("/api/v1/prm/patients/{patient_id}"), needs=_WRITE, effect=Effect.WRITE)
async def remove_patient(ctx: ToolContext, args: PatientId) -> PatientOut:
    """Remove a patient from use. The record stays, for the law and for undoing."""
    row = await load_patient(ctx, args.patient_id, lock=True)
    ctx.check_version(row)
    row.deleted_at = ctx.now
    await ctx.session.flush()
    ctx.emit(UPDATED, row.id, fields=["deleted_at"])
    return PatientOut.model_validate(row)


_OF = aliased(Patient)
_WITH_RELATIVES = (
    select(PatientRelation.relation, PatientRelation.may_act, Patient.id, Patient.given, Patient.family)
    .select_from(_OF)
    .outerjoin(PatientRelation, PatientRelation.patient_id == _OF.id)
    .outerjoin(Patient, (Patient.id == PatientRelation.related_id) & Patient.deleted_at.is_(None))
    .where(_OF.id == bindparam("patient_id"), _OF.deleted_at.is_(None))
    .order_by(PatientRelation.id)
)


@tool(
    "patients.list_relatives", rest=get("/api/v1/prm/patients/{patient_id}/relatives"), needs=_READ, effect=Effect.READ
)
async def list_relatives(ctx: ToolContext, args: PatientId) -> RelativesOut:
    """List a patient's linked relatives, and whether the patient may book for them."""
    rows = (await ctx.session.execute(_WITH_RELATIVES, {"patient_id": args.patient_id})).all()
    if not rows:
        await load_patient(ctx, args.patient_id)  # which says that there is none
    items = [
        RelativeOut(patient_id=related_id, name=f"{given} {family}", relation=relation, may_act=may_act)
        for relation, may_act, related_id, given, family in rows
        if related_id is not None
    ]
    return RelativesOut(items=items)


@tool(
    "patients.link_relative",
    rest=post("/api/v1/prm/patients/{patient_id}/relatives", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def link_relative(ctx: ToolContext, args: LinkRelative) -> RelativesOut:
    """Link two patients as relatives."""
    if args.patient_id == args.related_id:
        raise InvalidArguments(errors=[{"field": "related_id", "rule": "must be another patient"}])
    await load_patient(ctx, args.patient_id)
    await load_patient(ctx, args.related_id)
    ctx.session.add(PatientRelation(tenant_id=ctx.tenant.id, **args.model_dump()))
    await ctx.session.flush()
    ctx.emit(UPDATED, args.patient_id, fields=["relatives"])
    shown: RelativesOut = await list_relatives(ctx, PatientId(patient_id=args.patient_id))
    return shown
