"""Nobody is in two places at once, and what staff closed stays closed."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.tools.hospital import (
    TENANT,
    TUESDAY,
    book,
    call,
    new_doctor,
    new_patient,
    new_schedule,
    refused,
    rows,
    slots_of,
)
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal, patient_principal
from tools.runtime.runtime import Runtime
from tools.scheduling.schedules import ScheduleClash
from tools.scheduling.slots import PatientElsewhere, PractitionerElsewhere, SlotClosed


async def two_places(runtime: Runtime) -> tuple[str, str]:
    """Overlapping slots of one doctor in two buildings, as data from before may have them."""
    doctor = await new_doctor(runtime)
    first = await new_schedule(runtime, **doctor)
    elsewhere = (await new_doctor(runtime))["location_id"]
    second = await new_schedule(
        runtime,
        practitioner_id=doctor["practitioner_id"],
        location_id=elsewhere,
        weekdays=[3],
        specialty_code="cardiology",
    )
    a, b = UUID(str((await slots_of(runtime, first))[0]["id"])), uuid4()
    made = (
        "INSERT INTO time_slot (id, tenant_id, schedule_id, practitioner_id, location_id, specialty_code, starts_at, "
        "ends_at,"
        " local_date, local_time, capacity) SELECT :b, tenant_id, :schedule, practitioner_id, :place, specialty_code,"
        " starts_at + interval '10 min', ends_at + interval '10 min', local_date, local_time, 1 FROM time_slot WHERE "
        "id = :a"
    )
    async with runtime.database.begin(TENANT) as session:
        given = {"a": a, "b": b, "schedule": UUID(second["id"]), "place": UUID(elsewhere)}
        await session.execute(text(made), given)
    return str(a), str(b)


async def test_a_doctor_in_two_places(runtime: Runtime) -> None:
    a, b = await two_places(runtime)
    await book(runtime, a, await new_patient(runtime))
    other = await new_patient(runtime)
    error = await refused(runtime, "scheduling.book_appointment", patient_id=other, slot_id=b)
    assert isinstance(error, PractitionerElsewhere)
    assert isinstance(
        await refused(runtime, "scheduling.hold_slot", patient_id=other, slot_id=b), PractitionerElsewhere
    )
    day = [
        (row.practitioner_id,)
        for row in await rows(runtime, "SELECT practitioner_id FROM time_slot WHERE id = :b", b=UUID(b))
    ]
    found = await call(
        runtime, "scheduling.find_slots", practitioner_id=str(day[0][0]), date_from=TUESDAY, date_to=TUESDAY, limit=200
    )
    assert b not in {slot["id"] for slot in found["items"]}  # nor is it offered
    booked = await book(runtime, b, other, overlap_reason="the clinics share a floor that day")
    assert booked["state"] == "booked"
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    error = await refused(runtime, "scheduling.book_appointment", patient_id=other, slot_id=b)
    assert isinstance(error, PractitionerElsewhere)  # the leave to overlap ended with its visit


async def test_what_was_allowed_for_one_visit_is_no_leave_for_others(runtime: Runtime) -> None:
    """A and B overlap, by leave; a slot that overlaps B alone is not free without leave of its own."""
    a, b = await two_places(runtime)
    made = (
        "INSERT INTO time_slot (id, tenant_id, schedule_id, practitioner_id, location_id, specialty_code, starts_at, "
        "ends_at, local_date, local_time, capacity) SELECT :c, tenant_id, schedule_id, practitioner_id, location_id, "
        "specialty_code,"
        " starts_at + interval '25 min', ends_at + interval '25 min', local_date, local_time, 1 FROM time_slot WHERE "
        "id = :b"
    )
    c = uuid4()
    async with runtime.database.begin(TENANT) as session:
        await session.execute(text(made), {"c": c, "b": UUID(b)})
    await book(runtime, b, await new_patient(runtime), overlap_reason="by leave, though nothing overlaps yet")
    for slot in (a, str(c)):
        error = await refused(
            runtime, "scheduling.book_appointment", patient_id=await new_patient(runtime), slot_id=slot
        )
        assert isinstance(error, PractitionerElsewhere)
    async with runtime.database.begin(TENANT) as session:  # out of the way of other tests
        await session.execute(text("UPDATE time_slot SET blocked = true WHERE id = :c"), {"c": c})


async def test_a_patient_is_offered_no_time_of_their_own_visits(runtime: Runtime) -> None:
    person, schedule, other = await new_patient(runtime), await new_schedule(runtime), await new_schedule(runtime)
    mine = (await slots_of(runtime, schedule))[0]
    booked = await book(runtime, mine["id"], person)
    caller = patient_principal(TENANT, UUID(person))
    day = {"practitioner_id": other["practitioner_id"], "date_from": TUESDAY, "date_to": TUESDAY}

    async def starts(caller: Principal | None = None, **more: Any) -> list[str]:
        found = await call(runtime, "scheduling.find_slots", caller, **day, **more)
        return [slot["local_time"] for slot in found["items"]]

    rest = ["09:30:00", "10:00:00", "10:30:00"]
    assert await starts() == ["09:00:00", *rest]
    assert await starts(caller) == await starts(patient_id=person) == rest
    assert await starts(caller, moving=booked["id"]) == ["09:00:00", *rest]
    lead = Principal(kind="staff", id="test:lead", tenant_id=TENANT, roles=frozenset({"ops_lead"}))
    assert (await refused(runtime, "scheduling.find_slots", lead, **day, patient_id=person)).status == 403
    stranger = patient_principal(TENANT, UUID(await new_patient(runtime)))
    assert await starts(stranger, patient_id=person) == ["09:00:00", *rest]  # which tells nothing of the other


async def test_both_places_at_once_are_booked_once(runtime: Runtime) -> None:
    for _ in range(5):
        slots, people = await two_places(runtime), [await new_patient(runtime) for _ in range(2)]
        made = await asyncio.gather(
            *(book(runtime, slot, who) for slot, who in zip(slots, people, strict=True)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in made) == ["PractitionerElsewhere", "dict"]


async def test_a_patient_in_two_places(runtime: Runtime) -> None:
    person = await new_patient(runtime)
    a = (await slots_of(runtime, await new_schedule(runtime)))[0]["id"]
    b = (await slots_of(runtime, await new_schedule(runtime)))[0]["id"]
    first = await book(runtime, a, person)
    caller = patient_principal(TENANT, UUID(person))
    error = await refused(runtime, "scheduling.book_appointment", caller, patient_id=person, slot_id=b)
    assert isinstance(error, PatientElsewhere) and "already have another" in error.say
    refusal = await refused(
        runtime, "scheduling.book_appointment", caller, patient_id=person, slot_id=b, overlap_reason="x"
    )
    assert refusal.status == 403
    second = await book(runtime, b, person, overlap_reason="two doctors see the patient together")
    [(reason,)] = await rows(runtime, "SELECT overlap_reason FROM appointment WHERE slot_id = :s", s=UUID(b))
    assert reason == "two doctors see the patient together"
    await call(runtime, "scheduling.cancel_appointment", appointment_id=first["id"])
    c = (await slots_of(runtime, await new_schedule(runtime)))[0]["id"]
    error = await refused(runtime, "scheduling.book_appointment", patient_id=person, slot_id=c)
    assert isinstance(error, PatientElsewhere)  # what was allowed is no leave for others
    await call(runtime, "scheduling.cancel_appointment", appointment_id=second["id"])
    await book(runtime, c, person)  # what was cancelled is in nobody's way


async def test_an_extra_session_over_regular_hours_is_refused(runtime: Runtime) -> None:
    doctor = await new_doctor(runtime)
    regular = await new_schedule(runtime, **doctor)
    extra = [{"date": TUESDAY, "kind": "extra", "local_start": "10:30", "local_end": "12:00"}]
    args: dict[str, Any] = {
        "practitioner_id": doctor["practitioner_id"], "location_id": (await new_doctor(runtime))["location_id"],
        "weekdays": [4], "local_start": "09:00", "local_end": "11:00", "valid_from": "2026-11-23", "exceptions": extra,
    }  # fmt: skip
    error = await refused(runtime, "scheduling.create_schedule", **args)
    assert isinstance(error, ScheduleClash) and TUESDAY in error.detail
    leave = [{"date": TUESDAY, "kind": "leave"}]
    await call(runtime, "scheduling.update_schedule", schedule_id=regular["id"], exceptions=leave)
    await call(runtime, "scheduling.create_schedule", **args)


async def test_what_staff_closed_stays_closed(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime)
    first, second, *_ = await slots_of(runtime, schedule)
    await book(runtime, str(second["id"]), await new_patient(runtime))
    stretch = {
        "practitioner_id": schedule["practitioner_id"], "starts_at": f"{TUESDAY}T00:00:00+05:30",
        "ends_at": f"{TUESDAY}T10:00:00+05:30",
    }  # fmt: skip
    closed = await call(runtime, "scheduling.close_slots", **stretch, reason="the room is being painted")
    assert closed["slots"] >= 2 and [one["slot_id"] for one in closed["booked"]] == [str(second["id"])]
    await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], capacity=2)
    error = await refused(
        runtime, "scheduling.book_appointment", patient_id=await new_patient(runtime), slot_id=str(first["id"])
    )
    assert isinstance(error, SlotClosed)
    [(by, why)] = await rows(
        runtime, "SELECT closed_by, closed_reason FROM time_slot WHERE id = :i", i=UUID(str(first["id"]))
    )
    assert why == "the room is being painted" and by
    assert (await call(runtime, "scheduling.open_slots", **stretch))["slots"] == closed["slots"]
    await book(runtime, str(first["id"]), await new_patient(runtime))
    assert (
        await refused(runtime, "scheduling.close_slots", **{**stretch, "ends_at": stretch["starts_at"]}, reason="x")
    ).status == 422


async def test_a_closure_outlasts_shorter_hours_and_other_slots(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime)
    stretch = {
        "practitioner_id": schedule["practitioner_id"], "starts_at": f"{TUESDAY}T00:00:00+05:30",
        "ends_at": f"{TUESDAY}T23:00:00+05:30",
    }  # fmt: skip
    await call(runtime, "scheduling.close_slots", **stretch, reason="away")

    async def offered() -> int:
        return len(await slots_of(runtime, schedule, date_from=TUESDAY, date_to=TUESDAY))

    for change in ({"local_end": "10:00:00"}, {"local_end": "11:00:00"}, {"slot_minutes": 20}, {"slot_minutes": 30}):
        await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], **change)
        await call(
            runtime, "scheduling.materialize_slots", schedule_id=schedule["id"], date_from=TUESDAY, date_to=TUESDAY
        )
        assert await offered() == 0, change
    await call(runtime, "scheduling.open_slots", **stretch)
    assert await offered() == 4


async def test_a_free_slot_takes_the_new_length_closed_or_not(runtime: Runtime) -> None:
    """Half hours become quarters: of what was closed, or once booked and cancelled, no start is lost."""
    schedule = await new_schedule(runtime)
    slots = await slots_of(runtime, schedule, date_from=TUESDAY, date_to=TUESDAY)
    once = await book(runtime, slots[1]["id"], await new_patient(runtime))
    await call(runtime, "scheduling.cancel_appointment", appointment_id=once["id"])
    stretch = {
        "practitioner_id": schedule["practitioner_id"], "starts_at": slots[0]["starts_at"],
        "ends_at": slots[1]["starts_at"],
    }  # fmt: skip
    await call(runtime, "scheduling.close_slots", **stretch, reason="theatre")
    await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], slot_minutes=15)

    async def starts() -> list[str]:
        found = await slots_of(runtime, schedule, date_from=TUESDAY, date_to=TUESDAY)
        return [slot["local_time"] for slot in found]

    quarters = [f"{hour:02}:{minute:02}:00" for hour in (9, 10) for minute in (0, 15, 30, 45)]
    assert await starts() == quarters[2:]
    await call(runtime, "scheduling.open_slots", **stretch)
    assert await starts() == quarters


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT * FROM message WHERE tenant_id = :t AND state = 'queued' ORDER BY at",
            "_tenant_id_state_at",  # of its partitions
        ),
        ("SELECT * FROM time_slot WHERE tenant_id = :t AND starts_at > now()", "ix_time_slot_tenant_id_starts_at"),
        (
            "SELECT * FROM conversation WHERE tenant_id = :t AND state = 'handed_over'",
            "ix_conversation_tenant_id_state",
        ),
        (
            "SELECT * FROM patient WHERE tenant_id = :t ORDER BY family, given LIMIT 20",
            "ix_patient_tenant_id_family_given",
        ),
    ],
)
async def test_lists_have_their_index(runtime: Runtime, query: str, index: str) -> None:
    async with runtime.database.begin(TENANT) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        await session.execute(text("SET LOCAL enable_sort = off"))
        await session.execute(text("SET LOCAL enable_incremental_sort = off"))
        plan = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), {"t": TENANT})).scalar_one()
        assert index in json.dumps(plan)


async def test_only_the_names_that_are_shown_are_read(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.scheduling import appointments

    read: list[int] = []
    names_and_zones = appointments.names_and_zones

    async def counted(ctx: Any, shown: Any) -> Any:
        found = await names_and_zones(ctx, shown)
        read.append(len(found[0]))
        return found

    monkeypatch.setattr(appointments, "names_and_zones", counted)
    slot = (await slots_of(runtime, await new_schedule(runtime)))[0]["id"]
    await book(runtime, slot, await new_patient(runtime))
    assert read == [2]  # the practitioner and the location, once


def test_the_errors_say_it_plainly() -> None:
    for error in (PractitionerElsewhere, PatientElsewhere):
        assert issubclass(error, ToolError) and error.say.endswith(".")
