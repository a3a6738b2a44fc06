"""Encounters: the visits themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from tools.facility.tables import Location, Practitioner
from tools.patients.gates import load_patient
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments, VersionMismatch, VersionRequired
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.scheduling.appointments import AppointmentId
from tools.scheduling.attendance import complete_appointment
from tools.scheduling.encounter_states import CREATED, STARTED, move
from tools.scheduling.states import StateNotAllowed
from tools.scheduling.tables import LIVE, Appointment, Encounter

_READ, _WRITE = Permission("encounters:read"), Permission("encounters:write")


class EncounterExists(Conflict):
    code = "encounter_exists"
    title = "The appointment already has an encounter"


explains("uq_encounter_appointment", EncounterExists)


class CreateEncounter(Args):
    patient_id: UUID | None = Field(None, description="Needed where no appointment is given")
    appointment_id: UUID | None = None
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    class_code: Literal["AMB", "EMER", "IMP", "VR", "HH"] = Field("AMB", description="HL7 v3 ActCode")
    reason: str | None = Field(None, max_length=500)
    state: Literal["planned", "in_progress"] = "planned"


class UpdateEncounter(Args):
    encounter_id: UUID
    state: Literal["in_progress", "cancelled"] | None = None
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    reason: str | None = Field(None, max_length=500)


class EncounterId(Args):
    encounter_id: UUID


class ListEncounters(PageArgs):
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    state: Literal["planned", "in_progress", "completed", "cancelled"] | None = None


class EncounterOut(Out):
    id: UUID
    patient_id: UUID
    appointment_id: UUID | None
    practitioner_id: UUID | None
    location_id: UUID | None
    state: str
    class_code: str
    reason: str | None
    started_at: datetime | None
    ended_at: datetime | None
    version: int


@tool(
    "encounters.create_encounter",
    rest=post("/api/v1/encounters", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(EncounterExists,),
)
async def create_encounter(ctx: ToolContext, args: CreateEncounter) -> EncounterOut:
    """Open a visit: from an appointment, or free-standing (walk-in, emergency)."""
    fields = args.model_dump()
    if args.appointment_id is not None:
        appointment = await ctx.load(Appointment, args.appointment_id, lock=True)
        if args.patient_id not in (None, appointment.patient_id):
            raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must be the appointment's patient"}])
        fields["patient_id"] = appointment.patient_id
        fields["practitioner_id"] = args.practitioner_id or appointment.practitioner_id
        fields["location_id"] = args.location_id or appointment.location_id
        _check_appointment(appointment, args.state)
    elif args.patient_id is None:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "is required without an appointment_id"}])
    await load_patient(ctx, fields["patient_id"])
    await _check_names(ctx, args.practitioner_id, args.location_id)
    row = Encounter(id=new_id(), tenant_id=ctx.tenant.id, **fields)
    if row.state == "in_progress":
        row.started_at = ctx.now
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(CREATED, row.id, patient_id=str(row.patient_id))
    if row.state == "in_progress":
        ctx.emit(STARTED, row.id, patient_id=str(row.patient_id))
    return EncounterOut.model_validate(row)


@tool("encounters.list_encounters", rest=get("/api/v1/encounters"), needs=_READ, effect=Effect.READ)
async def list_encounters(ctx: ToolContext, args: ListEncounters) -> Page[EncounterOut]:
    """List encounters, oldest first."""
    query = select(Encounter)
    for column, value in (
        (Encounter.patient_id, args.patient_id),
        (Encounter.practitioner_id, args.practitioner_id),
        (Encounter.state, args.state),
    ):
        if value is not None:
            query = query.where(column == value)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=(Encounter.id,), show=EncounterOut.model_validate
    )


@tool("encounters.get_encounter", rest=get("/api/v1/encounters/{encounter_id}"), needs=_READ, effect=Effect.READ)
async def get_encounter(ctx: ToolContext, args: EncounterId) -> EncounterOut:
    """Read one encounter."""
    return EncounterOut.model_validate(await ctx.load(Encounter, args.encounter_id))


@tool(
    "encounters.update_encounter",
    rest=patch("/api/v1/encounters/{encounter_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed, VersionRequired, VersionMismatch),
    versioned=True,
)
async def update_encounter(ctx: ToolContext, args: UpdateEncounter) -> EncounterOut:
    """Start or cancel a planned visit, or change its practitioner, location or reason. REST needs If-Match."""
    row, appointment = await _locked(ctx, args.encounter_id)
    changes = args.model_dump(exclude={"encounter_id", "state"}, exclude_unset=True)
    if changes and row.state in ("completed", "cancelled"):
        raise StateNotAllowed(f"The encounter is {row.state} and can no longer be changed.")
    await _check_names(ctx, args.practitioner_id, args.location_id)
    for name, value in changes.items():
        setattr(row, name, value)
    if args.state is not None:
        move(ctx, row, args.state)
        if appointment is not None and args.state == "in_progress":
            _check_appointment(appointment, args.state)
    await ctx.session.flush()
    return EncounterOut.model_validate(row)


@tool(
    "encounters.complete_encounter",
    rest=post("/api/v1/encounters/{encounter_id}/complete"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
)
async def complete_encounter(ctx: ToolContext, args: EncounterId) -> EncounterOut:
    """End a visit in progress; its appointment, if checked in, is completed with it."""
    row, appointment = await _locked(ctx, args.encounter_id)
    move(ctx, row, "completed")
    if appointment is not None and appointment.state == "checked_in":
        await ctx.call(complete_appointment, AppointmentId(appointment_id=appointment.id))
    await ctx.session.flush()
    return EncounterOut.model_validate(row)


async def _locked(ctx: ToolContext, encounter_id: UUID) -> tuple[Encounter, Appointment | None]:
    """The encounter and its appointment, both locked until the commit: the appointment first, as everywhere."""
    row, appointment = await ctx.load(Encounter, encounter_id), None
    if row.appointment_id is not None:
        appointment = await ctx.load(Appointment, row.appointment_id, lock=True)
    row = await ctx.load(Encounter, encounter_id, lock=True)
    ctx.check_version(row)
    return row, appointment


def _check_appointment(appointment: Appointment, state: str) -> None:
    """A visit begins once its patient is checked in, and is planned only while the appointment stands."""
    if state == "in_progress" and appointment.state != "checked_in":
        detail = f"The appointment is {appointment.state}; its visit begins once the patient is checked in."
        raise StateNotAllowed(detail, state=appointment.state)
    if appointment.state not in LIVE:
        detail = f"The appointment is {appointment.state}; only a live one ({', '.join(LIVE)}) has a visit to come."
        raise StateNotAllowed(detail, state=appointment.state)


async def _check_names(ctx: ToolContext, practitioner_id: UUID | None, location_id: UUID | None) -> None:
    if practitioner_id is not None:
        await ctx.load(Practitioner, practitioner_id)
    if location_id is not None:
        await ctx.load(Location, location_id)
