"""Visits of the patient, and the hours of a doctor."""

from __future__ import annotations

from tests.tools.hospital import book, new_schedule, new_slots
from tests.tools.samples import PRIVATE, Hospital, Named, record

SAMPLES = {
    "scheduling.add_holiday": {"location_id": Named("location_id")},
    "scheduling.create_schedule": {"weekdays": [6]},
    "scheduling.join_waitlist": {"specialty": "ent", "date_from": "2026-12-01", "date_to": "2026-12-10"},
    "scheduling.change_appointment": {"reason": "x"},
    "encounters.create_encounter": {"appointment_id": Named("appointment_id")},
}


@record("slot_id")
async def a_free_slot(hospital: Hospital) -> str:
    return (await new_slots(hospital.runtime))[0]


@record("appointment_id", of_patient=True)
async def an_appointment(hospital: Hospital) -> str:
    slot, *_ = await new_slots(hospital.runtime)
    return str((await book(hospital.runtime, slot, await hospital.id("patient_id"), reason=PRIVATE))["id"])


@record("resource_id", groups=("fhir",), of_patient=True)
async def the_first_kind_of_resource(hospital: Hospital) -> str:
    return await hospital.id("appointment_id")


@record("schedule_id")
async def a_schedule(hospital: Hospital) -> str:
    return str((await new_schedule(hospital.runtime))["id"])


@record("encounter_id", of_patient=True)
async def an_encounter(hospital: Hospital) -> str:
    visit = {"patient_id": await hospital.id("patient_id"), "reason": PRIVATE}
    return str((await hospital.call("encounters.create_encounter", **visit))["id"])


@record("entry_id", of_patient=True)
async def a_wait(hospital: Hospital) -> str:
    days = {"date_from": "2026-12-01", "date_to": "2026-12-02"}
    wanted = {"patient_id": await hospital.id("patient_id"), "specialty": "dentistry", **days}
    return str((await hospital.call("scheduling.join_waitlist", **wanted))["id"])


@record("holiday_id")
async def a_holiday(hospital: Hospital) -> str:
    return str((await hospital.call("scheduling.add_holiday", name=PRIVATE, valid_from="2027-03-01"))["id"])
