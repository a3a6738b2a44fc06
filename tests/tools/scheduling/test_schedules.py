"""Schedules, the slots made from them, visits, and the day that runs by itself."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.conftest import staff
from tests.tools.hospital import (
    TENANT,
    TUESDAY,
    at,
    book,
    call,
    communications,
    events,
    follow,
    new_doctor,
    new_patient,
    new_schedule,
    new_slots,
    patient,
    refused,
    rows,
    slots_of,
    taken,
    tick,
)
from tools.runtime.errors import VersionMismatch
from tools.runtime.runtime import Runtime

DAY = {"date_from": TUESDAY, "date_to": TUESDAY}


async def test_slots_in_the_database_are_utc(runtime: Runtime) -> None:
    """A schedule in New York across 14 March 2027 keeps 9 o'clock on the wall."""
    schedule = await new_schedule(
        runtime,
        zone="America/New_York",
        weekdays=[5, 6],
        local_end="10:00:00",
        slot_minutes=60,
        valid_from="2027-03-13",
    )
    args = {"schedule_id": schedule["id"], "date_from": "2027-03-13", "date_to": "2027-03-14"}
    assert await call(runtime, "scheduling.materialize_slots", **args) == {"made": 2, "existed": 0}
    found = await slots_of(runtime, schedule)
    assert [(slot["local_time"], slot["starts_at"]) for slot in found] == [
        ("09:00:00", "2027-03-13T14:00:00Z"), ("09:00:00", "2027-03-14T13:00:00Z"),
    ]  # fmt: skip


async def test_making_slots_twice_makes_nothing_twice(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, valid_from="2027-06-01", valid_to="2027-06-30")
    args = {"schedule_id": schedule["id"], "date_from": "2027-05-01", "date_to": "2027-07-31"}
    answers = await asyncio.gather(*(call(runtime, "scheduling.materialize_slots", **args) for _ in range(4)))
    assert sum(answer["made"] for answer in answers) == 5 * 4  # five Tuesdays
    assert await call(runtime, "scheduling.materialize_slots", **args) == {"made": 0, "existed": 20}
    assert await events(runtime, schedule["id"]) == ["Schedule.Created", "Slots.Materialized"]
    for wrong in (
        {"date_to": "2027-04-30"},
        {"date_to": "2028-07-31"},
        {"date_from": "0001-01-01", "date_to": "0001-01-02"},
    ):
        error = await refused(runtime, "scheduling.materialize_slots", **{**args, **wrong})
        assert error.code == "invalid_arguments"
        assert error.errors[0]["field"] in ("date_from", "date_to")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("weekdays", {"weekdays": [7]}), ("weekdays", {"weekdays": [1, 1]}), ("local_end", {"local_end": "09:00:00"}),
        ("valid_to", {"valid_to": "2026-11-23"}), ("slot_minutes", {"slot_minutes": 4}), ("capacity", {"capacity": 0}),
        ("local_start", {"local_start": "09:00:00Z"}), ("valid_from", {"valid_from": "0001-01-01"}),
        ("exceptions.0", {"exceptions": [{"date": TUESDAY, "kind": "extra"}]}),
    ],
)  # fmt: skip
async def test_hours_that_make_no_sense(runtime: Runtime, field: str, wrong: dict[str, Any]) -> None:
    doctor = await new_doctor(runtime)
    args = {
        "weekdays": [1],
        "local_start": "09:00:00",
        "local_end": "11:00:00",
        "valid_from": TUESDAY,
        **doctor,
        **wrong,
    }
    error = await refused(runtime, "scheduling.create_schedule", **args)
    assert (error.status, [problem["field"] for problem in error.errors]) == (422, [field])


async def test_two_schedules_of_a_doctor_do_not_overlap(runtime: Runtime) -> None:
    first = await new_schedule(runtime)
    other = {**await new_doctor(runtime), "practitioner_id": first["practitioner_id"]}
    hours = {"weekdays": [0, 1], "local_start": "10:30:00", "local_end": "12:00:00", "valid_from": TUESDAY}
    error = await refused(runtime, "scheduling.create_schedule", **other, **hours)
    assert (error.code, error.extra["schedule_id"]) == ("schedule_clash", first["id"])
    second = await call(runtime, "scheduling.create_schedule", **other, **{**hours, "local_start": "11:00:00"})
    error = await refused(runtime, "scheduling.update_schedule", schedule_id=second["id"], local_start="10:59:00")
    assert error.code == "schedule_clash"


async def test_a_changed_schedule_never_drops_a_booked_slot(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime)
    slots = await slots_of(runtime, schedule)
    booked = await book(runtime, slots[3]["id"], await new_patient(runtime))
    changed = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], local_end="10:00:00")
    assert changed["clashes"] == [
        {"slot_id": slots[3]["id"], "local_date": TUESDAY, "local_time": "10:30:00", "appointment_ids": [booked["id"]]}
    ]
    assert changed["slots_removed"] == len(slots) // 2 - 1
    assert {slot["local_time"] for slot in await slots_of(runtime, schedule)} == {"09:00:00", "09:30:00"}
    assert (await call(runtime, "scheduling.get_appointment", appointment_id=booked["id"]))["state"] == "booked"
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    error = await refused(runtime, "scheduling.book_appointment", slot_id=slots[3]["id"], patient_id=patient(0))
    assert error.code == "slot_closed"

    back = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], local_end="11:00:00")
    assert back["clashes"] == [] and back["slots_made"] == changed["slots_removed"]
    assert len(await slots_of(runtime, schedule)) == len(slots)
    await book(runtime, slots[3]["id"], patient(0))


async def test_a_schedule_that_ends(runtime: Runtime) -> None:
    """Inactive: free slots go, booked and held ones stay closed; active again: all are there."""
    schedule = await new_schedule(runtime, capacity=2)
    slots = await slots_of(runtime, schedule)
    booked = await book(runtime, slots[0]["id"], await new_patient(runtime))
    await call(runtime, "scheduling.hold_slot", slot_id=slots[1]["id"], patient_id=await new_patient(runtime))
    change = {"schedule_id": schedule["id"]}
    ended = await call(runtime, "scheduling.update_schedule", **change, state="inactive")
    assert [clash["appointment_ids"] for clash in ended["clashes"]] == [[booked["id"]]]
    assert await slots_of(runtime, schedule) == []
    args = {**change, **DAY}
    assert (await refused(runtime, "scheduling.materialize_slots", **args)).code == "conflict"
    await call(runtime, "scheduling.update_schedule", **change, state="active")
    assert len(await slots_of(runtime, schedule)) == len(slots)


async def test_fewer_seats_never_below_those_taken(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, capacity=3)
    slot = (await slots_of(runtime, schedule))[0]["id"]
    for _ in range(2):
        await book(runtime, slot, await new_patient(runtime))
    await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], capacity=1)
    assert await taken(runtime, slot) == 2
    assert (
        await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=patient(0))
    ).code == "slot_full"
    assert {found["seats_left"] for found in await slots_of(runtime, schedule)} == {1}


async def test_leave_on_a_booked_day(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime)
    slots = await slots_of(runtime, schedule, **DAY)
    booked = await book(runtime, slots[0]["id"], await new_patient(runtime))
    leave = [{"date": TUESDAY, "kind": "leave"}]
    changed = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=leave)
    assert [clash["appointment_ids"] for clash in changed["clashes"]] == [[booked["id"]]]
    assert await slots_of(runtime, schedule, **DAY) == []
    extra = [*leave, {"date": "2026-11-25", "kind": "extra", "local_start": "15:00:00", "local_end": "16:00:00"}]
    changed = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=extra)
    found = await slots_of(runtime, schedule, date_from="2026-11-25", date_to="2026-11-25")
    assert changed["slots_made"] == 2 and [slot["local_time"] for slot in found] == ["15:00:00", "15:30:00"]


async def test_the_visit_of_an_appointment(own_runtime: Runtime) -> None:
    runtime = own_runtime
    booked = await book(runtime, (await new_slots(runtime))[0], patient(0))
    runtime.clock.frozen = at("2026-11-24T08:50")
    await call(runtime, "scheduling.check_in", appointment_id=booked["id"])
    await follow(runtime, booked["id"], times=2)
    found = (await call(runtime, "encounters.list_encounters", patient_id=patient(0)))["items"]
    assert [(visit["state"], visit["appointment_id"]) for visit in found] == [("planned", booked["id"])]
    visit = {"encounter_id": found[0]["id"]}
    error = await refused(runtime, "encounters.create_encounter", appointment_id=booked["id"])
    assert error.code == "encounter_exists"
    error = await refused(runtime, "encounters.complete_encounter", **visit)
    assert error.code == "state_not_allowed" and "in_progress, cancelled" in error.detail
    begun = await call(runtime, "encounters.update_encounter", **visit, state="in_progress")
    assert begun["started_at"] is not None and begun["version"] == found[0]["version"] + 1
    runtime.clock.frozen = at("2026-11-24T09:20")
    assert (await call(runtime, "encounters.complete_encounter", **visit))["ended_at"] == "2026-11-24T03:50:00Z"
    assert (await call(runtime, "scheduling.get_appointment", appointment_id=booked["id"]))["state"] == "completed"
    assert await events(runtime, found[0]["id"]) == ["Encounter.Created", "Encounter.Started", "Encounter.Completed"]
    await follow(runtime, found[0]["id"], times=2)
    assert [purpose for purpose, _ in await communications(runtime, patient(0))] == ["follow_up"]
    assert (await refused(runtime, "encounters.update_encounter", **visit, reason="x")).code == "state_not_allowed"


async def test_a_walk_in(runtime: Runtime) -> None:
    who = await new_patient(runtime)
    assert (await refused(runtime, "encounters.create_encounter")).errors[0]["field"] == "patient_id"
    visit = await call(runtime, "encounters.create_encounter", patient_id=who, class_code="EMER", state="in_progress")
    assert (visit["state"], visit["appointment_id"], visit["started_at"] is not None) == ("in_progress", None, True)
    error = await refused(runtime, "encounters.update_encounter", encounter_id=visit["id"], state="cancelled")
    assert error.code == "state_not_allowed"
    planned = await call(runtime, "encounters.create_encounter", patient_id=who)
    await call(runtime, "encounters.update_encounter", encounter_id=planned["id"], state="cancelled")
    assert await events(runtime, planned["id"]) == ["Encounter.Created", "Encounter.Cancelled"]


async def test_a_change_of_an_older_version(runtime: Runtime) -> None:
    visit = await call(runtime, "encounters.create_encounter", patient_id=await new_patient(runtime))
    args = {"encounter_id": visit["id"], "reason": "cough"}
    await runtime.call("encounters.update_encounter", args, staff(), if_match=visit["version"])
    with pytest.raises(VersionMismatch, match='"2"'):
        await runtime.call("encounters.update_encounter", args, staff(), if_match=visit["version"])


async def test_an_appointments_visit_is_its_patients(runtime: Runtime) -> None:
    booked = await book(runtime, (await new_slots(runtime))[0], await new_patient(runtime))
    args = {"appointment_id": booked["id"], "patient_id": await new_patient(runtime)}
    assert (await refused(runtime, "encounters.create_encounter", **args)).errors[0]["field"] == "patient_id"
    unknown = {"appointment_id": booked["id"], "practitioner_id": booked["id"]}
    assert (await refused(runtime, "encounters.create_encounter", **unknown)).code == "not_found"


async def test_fhir_resources(own_runtime: Runtime) -> None:
    """Every state of appointments and visits, slots and schedules, as R4 that fhir.resources takes."""
    runtime = own_runtime
    schedule = await new_schedule(runtime, capacity=2, valid_to="2027-12-31")
    slot = (await slots_of(runtime, schedule))[0]["id"]
    who = await new_patient(runtime)
    booked = await book(runtime, slot, who, reason="cough")
    cancelled = await book(runtime, slot, await new_patient(runtime))
    await call(runtime, "scheduling.cancel_appointment", appointment_id=cancelled["id"], reason="travel")
    left = await book(runtime, slot, await new_patient(runtime))
    runtime.clock.frozen = at("2026-11-24T08:50")
    await call(runtime, "scheduling.check_in", appointment_id=left["id"])
    await call(runtime, "scheduling.mark_left_without_being_seen", appointment_id=left["id"])
    await call(runtime, "scheduling.check_in", appointment_id=booked["id"])
    visit = await call(
        runtime, "encounters.create_encounter", appointment_id=booked["id"], reason="cough", state="in_progress"
    )
    wanted = [
        ("Appointment", booked["id"], "checked-in"), ("Appointment", cancelled["id"], "cancelled"),
        ("Appointment", left["id"], "cancelled"),
        ("Encounter", visit["id"], "in-progress"), ("Slot", slot, "free"), ("Schedule", schedule["id"], None),
    ]  # fmt: skip
    for kind, record, status in wanted:
        resource = await call(runtime, "fhir.read_resource", resource_type=kind, resource_id=record)
        assert resource["resourceType"] == kind and resource["id"] == record
        assert resource.get("status") == status
        get_fhir_model_class(kind).model_validate(resource)
    assert resource["planningHorizon"] == {"start": TUESDAY, "end": "2027-12-31"}
    await call(runtime, "encounters.complete_encounter", encounter_id=visit["id"])
    done = await call(runtime, "fhir.read_resource", resource_type="Encounter", resource_id=visit["id"])
    assert (done["status"], sorted(done["period"])) == ("finished", ["end", "start"])
    assert done["subject"] == {"reference": f"Patient/{who}"}


async def test_a_freed_seat_is_offered_to_who_waits(own_runtime: Runtime) -> None:
    """Cancelled: held for, and offered to, the first who waits for that day; once, however often the job runs."""
    runtime = own_runtime
    schedule = await new_schedule(runtime, specialty_code="neurology")
    slot = (await slots_of(runtime, schedule))[0]["id"]
    booked = await book(runtime, slot, patient(0))
    early, late = (
        {"date_from": "2026-11-23", "date_to": "2026-11-30"},
        {"date_from": "2026-12-01", "date_to": "2026-12-30"},
    )
    for number, days in ((1, late), (2, early), (3, early)):
        await call(runtime, "scheduling.join_waitlist", patient_id=patient(number), specialty="neurology", **days)
    again = await refused(runtime, "scheduling.join_waitlist", patient_id=patient(2), specialty="neurology", **early)
    assert again.code == "already_waiting"
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    await follow(runtime, booked["id"], times=2)
    waiting = (await call(runtime, "scheduling.list_waitlist", specialty="neurology"))["items"]
    assert [(entry["patient_id"], entry["state"]) for entry in waiting] == [
        (patient(1), "waiting"), (patient(2), "offered"), (patient(3), "waiting"),
    ]  # fmt: skip
    assert [purpose for purpose, _ in await communications(runtime, patient(2))] == ["waitlist_offer"]
    assert (
        await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=patient(3))
    ).code == "slot_full"

    taken_up = await book(runtime, slot, patient(2))
    await follow(runtime, taken_up["id"])
    waiting = (await call(runtime, "scheduling.list_waitlist", specialty="neurology"))["items"]
    assert [entry["patient_id"] for entry in waiting] == [patient(1), patient(3)]


async def test_a_seat_left_by_a_move_is_offered_too(own_runtime: Runtime) -> None:
    runtime = own_runtime
    schedule = await new_schedule(runtime, specialty_code="neurology")
    slots = [slot["id"] for slot in await slots_of(runtime, schedule)]
    booked = await book(runtime, slots[0], patient(0))
    days = {"date_from": TUESDAY, "date_to": TUESDAY}
    await call(runtime, "scheduling.join_waitlist", patient_id=patient(1), specialty="neurology", **days)
    await call(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[5])
    await follow(runtime, booked["id"])
    waiting = (await call(runtime, "scheduling.list_waitlist", patient_id=patient(1)))["items"]
    assert [(entry["state"], entry["offered_slot_id"]) for entry in waiting] == [("offered", slots[0])]


async def test_an_offer_that_is_not_taken_goes_to_the_next_and_never_twice_to_one(own_runtime: Runtime) -> None:
    runtime = own_runtime
    schedule = await new_schedule(runtime, specialty_code="neurology")
    slot = (await slots_of(runtime, schedule))[0]["id"]
    booked = await book(runtime, slot, patient(0))
    days = {"date_from": TUESDAY, "date_to": TUESDAY}
    for number in (1, 2):
        await call(runtime, "scheduling.join_waitlist", patient_id=patient(number), specialty="neurology", **days)
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    await follow(runtime, booked["id"])
    assert await taken(runtime, slot) == 1
    await tick(runtime, "scheduling.release_holds", "scheduling.offer_again")
    assert await taken(runtime, slot) == 1
    runtime.clock.frozen = runtime.clock.now() + timedelta(hours=2)
    await tick(runtime, "scheduling.release_holds", "scheduling.offer_again")
    waiting = (await call(runtime, "scheduling.list_waitlist", specialty="neurology"))["items"]
    assert [entry["state"] for entry in waiting] == ["waiting", "offered"]
    assert await taken(runtime, slot) == 1
    runtime.clock.frozen = runtime.clock.now() + timedelta(hours=2)
    await tick(runtime, "scheduling.release_holds", "scheduling.offer_again")
    waiting = (await call(runtime, "scheduling.list_waitlist", specialty="neurology"))["items"]
    assert [entry["state"] for entry in waiting] == ["waiting", "waiting"]
    assert await taken(runtime, slot) == 0


async def test_a_second_no_show_comes_before_a_person(own_runtime: Runtime) -> None:
    runtime = own_runtime
    first, second = [await book(runtime, (await new_slots(runtime))[n], patient(0)) for n in range(2)]
    runtime.clock.frozen = at("2026-11-24T12:00")
    for row, tickets in ((first, 0), (second, 1)):
        await call(runtime, "scheduling.mark_no_show", appointment_id=row["id"])
        await follow(runtime, row["id"], times=2)
        found = await call(runtime, "tickets.list_tickets", category="no_show", patient_id=patient(0))
        assert len(found["items"]) == tickets
    sent = [purpose for purpose, _ in await communications(runtime, patient(0))]
    assert sent.count("rebooking_offer") == 2


async def test_reminders_go_out_once(own_runtime: Runtime) -> None:
    """A day ahead, to who booked before that and can be written to; a removed patient holds up nobody."""
    runtime = own_runtime
    day = {"weekdays": [2], "valid_from": "2026-11-25", "capacity": 9}  # Wednesday, two days ahead
    slot = (await new_slots(runtime, **day))[0]
    removed, silent = await new_patient(runtime), await new_patient(runtime, consents=["care"])
    for who in (removed, silent, patient(0)):
        await book(runtime, slot, who, source="whatsapp")
    cancelled = await book(runtime, slot, patient(1), source="whatsapp")
    await call(runtime, "scheduling.cancel_appointment", appointment_id=cancelled["id"])
    await call(runtime, "patients.remove_patient", patient_id=removed)
    await tick(runtime, "scheduling.remind", "scheduling.remind_of")
    assert await communications(runtime, patient(0)) == []
    runtime.clock.frozen = at("2026-11-24T09:00")
    await book(runtime, slot, patient(2), source="whatsapp")  # within the day: was told just now
    for _ in range(2):
        await tick(runtime, "scheduling.remind", "scheduling.remind_of")
    assert [purpose for purpose, _ in await communications(runtime, patient(0))] == ["reminder"]
    assert [await communications(runtime, who) for who in (silent, patient(1), patient(2))] == [[], [], []]
    assert "Wednesday 25 November, 9:00 am" in (await communications(runtime, patient(0)))[0][1]


async def test_a_moved_appointment_is_reminded_of_again(own_runtime: Runtime) -> None:
    runtime = own_runtime
    schedule = await new_schedule(runtime, weekdays=[2, 3], valid_from="2026-11-25")
    slots = [slot["id"] for slot in await slots_of(runtime, schedule)]
    booked = await book(runtime, slots[0], patient(0), source="whatsapp")
    runtime.clock.frozen = at("2026-11-24T10:00")
    await tick(runtime, "scheduling.remind", "scheduling.remind_of")
    await call(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[4])
    await tick(runtime, "scheduling.remind", "scheduling.remind_of")
    assert len(await communications(runtime, patient(0))) == 1
    runtime.clock.frozen = at("2026-11-25T10:00")
    await tick(runtime, "scheduling.remind", "scheduling.remind_of")
    assert [purpose for purpose, _ in await communications(runtime, patient(0))] == ["reminder"] * 2


async def test_the_horizon_moves_with_the_days(own_runtime: Runtime) -> None:
    runtime = own_runtime
    schedule = await new_schedule(runtime)
    ended = await new_schedule(runtime)
    await call(runtime, "scheduling.update_schedule", schedule_id=ended["id"], state="inactive")
    before = len(await slots_of(runtime, schedule))
    runtime.clock.frozen = at("2026-12-01T09:00") - timedelta(hours=1)
    for _ in range(2):
        await tick(runtime, "scheduling.extend_horizon", "scheduling.extend_schedule")
    found = await slots_of(runtime, schedule)
    assert len(found) == before  # one Tuesday has gone by, one has come
    assert found[-1]["local_date"] == "2027-01-26"
    assert await slots_of(runtime, ended) == []
    assert await events(runtime, schedule["id"]) == ["Schedule.Created", "Slots.Materialized"]
    demo_slots = await rows(runtime, "SELECT max(local_date) FROM time_slot")
    assert demo_slots[0][0] == date(2027, 1, 30)


async def test_confirmations_go_to_who_did_not_book_in_the_chat(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slots = await new_slots(runtime)
    in_chat = await book(runtime, slots[0], patient(0), source="whatsapp")
    at_desk = await book(runtime, slots[1], patient(1))
    for row in (in_chat, at_desk):
        await follow(runtime, row["id"], times=2)
    assert await communications(runtime, patient(0)) == []
    ((purpose, body),) = await communications(runtime, patient(1))
    assert purpose == "confirmation" and "Tuesday 24 November, 9:30 am" in body
    noted = await rows(runtime, "SELECT count(*) FROM reacted WHERE tenant_id = :tenant", tenant=UUID(str(TENANT)))
    assert noted[0][0] == 4
