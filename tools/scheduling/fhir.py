"""Encounters, appointments, schedules and slots as FHIR R4 resources (R4B classes, 4.0.1 on the wire)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from fhir.resources.R4B.appointment import Appointment as FhirAppointment
from fhir.resources.R4B.encounter import Encounter as FhirEncounter
from fhir.resources.R4B.schedule import Schedule as FhirSchedule
from fhir.resources.R4B.slot import Slot as FhirSlot
from pydantic import RootModel

from db.json import JsonObject
from tools.facility.tables import Location, Practitioner
from tools.patients.gates import load_patient
from tools.patients.tables import Patient
from tools.runtime.context import ToolContext
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, get, tool
from tools.scheduling import fhir_people
from tools.scheduling.tables import Appointment, Encounter, ProviderSchedule, TimeSlot

_APPOINTMENT = {
    "booked": "booked",
    "confirmed": "booked",
    "checked_in": "checked-in",
    "completed": "fulfilled",
    "cancelled": "cancelled",
    "no_show": "noshow",
    "left_without_being_seen": "cancelled",  # R4 has no state of its own for it
}
_ENCOUNTER = {"planned": "planned", "in_progress": "in-progress", "completed": "finished", "cancelled": "cancelled"}
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


class ReadResource(Args):
    resource_type: Literal["Appointment", "Encounter", "Schedule", "Slot", "Patient", "Practitioner", "Location"]
    resource_id: UUID


class FhirResource(RootModel[JsonObject]):
    """A FHIR R4 resource."""

    media_type: ClassVar[str] = "application/fhir+json"


@tool(
    "fhir.read_resource",
    rest=get("/api/v1/fhir/{resource_type}/{resource_id}"),
    needs=Permission("encounters:read"),
    effect=Effect.READ,
)
async def read_resource(ctx: ToolContext, args: ReadResource) -> FhirResource:
    """Read an appointment, encounter, schedule or slot, or whom and what these refer to, as a FHIR R4 resource."""
    table, shape = _SHAPES[args.resource_type]
    row = await ctx.load(table, args.resource_id)
    if isinstance(row, (Appointment, Encounter)):
        ctx.seen.append(row.patient_id)
    if isinstance(row, Patient):
        await load_patient(ctx, row.id)
        ctx.seen.append(row.id)
    resource = shape(row)
    return FhirResource(resource.model_dump(mode="json", exclude_none=True))


def appointment(row: Appointment) -> FhirAppointment:
    participants = [("Patient", row.patient_id), ("Practitioner", row.practitioner_id), ("Location", row.location_id)]
    status = "accepted" if row.state != "cancelled" else "declined"
    why = "Left without being seen" if row.state == "left_without_being_seen" else row.cancel_reason
    return FhirAppointment.model_validate(
        {
            "id": str(row.id),
            "meta": _meta(row.version),
            "status": _APPOINTMENT[row.state],
            "start": _instant(row.starts_at),
            "end": _instant(row.ends_at),
            "minutesDuration": int((row.ends_at - row.starts_at).total_seconds() // 60),
            "slot": [_reference("Slot", row.slot_id)],
            "participant": [{"actor": _reference(kind, value), "status": status} for kind, value in participants],
            **({"description": row.reason} if row.reason else {}),
            **({"cancelationReason": {"text": why}} if why else {}),
        }
    )


def encounter(row: Encounter) -> FhirEncounter:
    body: JsonObject = {
        "id": str(row.id),
        "meta": _meta(row.version),
        "status": _ENCOUNTER[row.state],
        "class": {"system": _ACT_CODE, "code": row.class_code},
        "subject": _reference("Patient", row.patient_id),
    }
    period = {"start": row.started_at, "end": row.ended_at}
    if any(period.values()):
        body["period"] = {name: _instant(value) for name, value in period.items() if value}
    if row.appointment_id:
        body["appointment"] = [_reference("Appointment", row.appointment_id)]
    if row.practitioner_id:
        body["participant"] = [{"individual": _reference("Practitioner", row.practitioner_id)}]
    if row.location_id:
        body["location"] = [{"location": _reference("Location", row.location_id)}]
    if row.reason:
        body["reasonCode"] = [{"text": row.reason}]
    return FhirEncounter.model_validate(body)


def schedule(row: ProviderSchedule) -> FhirSchedule:
    horizon: dict[str, str] = {"start": row.valid_from.isoformat()}
    if row.valid_to:
        horizon["end"] = row.valid_to.isoformat()
    actors = [_reference("Practitioner", row.practitioner_id), _reference("Location", row.location_id)]
    return FhirSchedule.model_validate(
        {
            "id": str(row.id),
            "meta": _meta(row.version),
            "active": row.state == "active",
            "specialty": [{"text": row.specialty_code}],
            "actor": actors,
            "planningHorizon": horizon,
        }
    )


def slot(row: TimeSlot) -> FhirSlot:
    status = (
        "busy-unavailable"
        if row.blocked or row.closed_by is not None
        else "busy"
        if row.taken >= row.capacity
        else "free"
    )
    return FhirSlot.model_validate(
        {
            "id": str(row.id),
            "schedule": _reference("Schedule", row.schedule_id),
            "status": status,
            "start": _instant(row.starts_at),
            "end": _instant(row.ends_at),
            "specialty": [{"text": row.specialty_code}],
        }
    )


_SHAPES: dict[str, tuple[Any, Any]] = {
    "Appointment": (Appointment, appointment),
    "Encounter": (Encounter, encounter),
    "Schedule": (ProviderSchedule, schedule),
    "Slot": (TimeSlot, slot),
    "Patient": (Patient, fhir_people.patient),
    "Practitioner": (Practitioner, fhir_people.practitioner),
    "Location": (Location, fhir_people.location),
}


def _meta(version: int) -> dict[str, str]:
    return {"versionId": str(version)}


def _reference(kind: str, row_id: UUID) -> dict[str, str]:
    return {"reference": f"{kind}/{row_id}"}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
