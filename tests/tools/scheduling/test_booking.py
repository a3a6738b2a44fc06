"""Seats, holds, and what may become of an appointment."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.tools.hospital import (
    TENANT,
    at,
    book,
    call,
    events,
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
from tools.runtime.errors import ToolError
from tools.runtime.principals import patient_principal
from tools.runtime.runtime import Runtime
from tools.scheduling.tables import Appointment, SlotHold, TimeSlot


async def test_a_seat_is_held_by_the_database(runtime: Runtime) -> None:
    """Raw inserts as the service's role, past all code: the second one into a one-seat slot is refused."""
    slot_id = (await new_slots(runtime))[0]
    async with runtime.database.begin(TENANT) as session:
        slot = await session.get_one(TimeSlot, UUID(slot_id))
        names = ("practitioner_id", "location_id", "specialty_code", "starts_at", "ends_at", "local_date")
        row = {"tenant_id": TENANT, "slot_id": slot.id, "version": 1, **{name: getattr(slot, name) for name in names}}

    async def put(table: Any, **values: Any) -> None:
        async with runtime.database.begin(TENANT) as session:
            await session.execute(insert(table).values(**values))

    await put(Appointment, **row, patient_id=patient(0))
    with pytest.raises(IntegrityError, match="ck_time_slot_seats"):
        await put(Appointment, **row, patient_id=patient(1))
    with pytest.raises(IntegrityError, match="ck_time_slot_seats"):
        await put(SlotHold, tenant_id=TENANT, slot_id=slot.id, patient_id=patient(1), expires_at=slot.starts_at)
    await put(Appointment, **row, patient_id=patient(1), state="cancelled")
    async with runtime.database.begin(TENANT) as session:
        with pytest.raises(IntegrityError, match="ck_time_slot_seats"):
            await session.execute(
                update(Appointment).where(Appointment.patient_id == UUID(patient(1))).values(state="booked")
            )
    assert await taken(runtime, slot_id) == 1
    async with runtime.database.begin(TENANT) as session:
        await session.execute(delete(Appointment).where(Appointment.slot_id == slot.id))
    assert await taken(runtime, slot_id) == 0


@pytest.mark.parametrize("seats", [1, 3])
async def test_many_book_at_once(runtime: Runtime, seats: int) -> None:
    slot = (await new_slots(runtime, capacity=seats))[0]
    people = [await new_patient(runtime) for _ in range(10)]
    answers = await asyncio.gather(*(book(runtime, slot, who) for who in people), return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, ToolError)]
    assert [answer["state"] for answer in answers if isinstance(answer, dict)] == ["booked"] * seats
    assert [error.code for error in lost] == ["slot_full"] * (10 - seats)
    assert await taken(runtime, slot) == seats
    found = await rows(runtime, "SELECT count(*) FROM appointment WHERE slot_id = :slot", slot=slot)
    assert found[0][0] == seats


async def test_many_hold_and_book_at_once(runtime: Runtime) -> None:
    """Holds and bookings of different patients meet in three seats: three win, and no more."""
    slot = (await new_slots(runtime, capacity=3))[0]
    holds = [call(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(n)) for n in range(5)]
    bookings = [book(runtime, slot, patient(n)) for n in range(5, 10)]
    answers = await asyncio.gather(*holds, *bookings, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["SlotFull"] * 7 + ["dict"] * 3
    assert await taken(runtime, slot) == 3


async def test_one_patient_moves_to_the_same_slot_from_two_sides(runtime: Runtime) -> None:
    """Two appointments swap slots at once, in opposite order of locks: both or one move, and no seat is lost."""
    first, second = (await new_slots(runtime, capacity=2))[:2]
    a, b = await book(runtime, first, patient(20)), await book(runtime, second, patient(21))
    move = "scheduling.reschedule_appointment"
    answers = await asyncio.gather(
        call(runtime, move, appointment_id=a["id"], slot_id=second),
        call(runtime, move, appointment_id=b["id"], slot_id=first),
    )
    assert [answer["slot_id"] for answer in answers] == [second, first]
    assert [await taken(runtime, slot) for slot in (first, second)] == [1, 1]


async def test_a_hold_keeps_the_seat_until_it_expires(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slot, other = (await new_slots(runtime))[:2]
    held = await call(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(0))
    assert held["slot"]["seats_left"] == 0 and await taken(runtime, slot) == 1
    assert (
        await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=patient(1))
    ).code == "slot_full"
    assert (await refused(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(1))).code == "slot_full"
    assert slot not in await found_ids(runtime, slot)

    runtime.clock.frozen = runtime.clock.now() + timedelta(minutes=11)
    assert slot in await found_ids(runtime, slot)
    booked = await book(runtime, slot, patient(1))
    assert booked["state"] == "booked" and await taken(runtime, slot) == 1
    assert (
        await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=patient(0))
    ).code == "slot_full"
    await call(runtime, "scheduling.hold_slot", slot_id=other, patient_id=patient(0))


async def test_holding_again_renews(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slot = (await new_slots(runtime))[0]
    first = await call(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(0))
    runtime.clock.frozen = runtime.clock.now() + timedelta(minutes=5)
    again = await call(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(0))
    assert again["expires_at"] > first["expires_at"] and await taken(runtime, slot) == 1


async def test_the_own_hold_is_used_by_the_booking(runtime: Runtime) -> None:
    slot, who = (await new_slots(runtime))[0], await new_patient(runtime)
    caller = patient_principal(TENANT, UUID(who))
    await call(runtime, "scheduling.hold_slot", caller, slot_id=slot, patient_id=who)
    assert (await call(runtime, "scheduling.book_appointment", caller, slot_id=slot, patient_id=who))[
        "state"
    ] == "booked"
    assert await taken(runtime, slot) == 1
    async with runtime.database.begin(TENANT) as session:
        assert (await session.scalars(select(SlotHold).where(SlotHold.slot_id == UUID(slot)))).all() == []


async def test_a_patient_holds_one_seat_at_a_time(runtime: Runtime) -> None:
    first, second = (await new_slots(runtime))[:2]
    who = await new_patient(runtime)
    await call(runtime, "scheduling.hold_slot", slot_id=first, patient_id=who)
    await call(runtime, "scheduling.hold_slot", slot_id=second, patient_id=who)
    assert [await taken(runtime, slot) for slot in (first, second)] == [0, 1]
    assert await call(runtime, "scheduling.release_hold", slot_id=second, patient_id=who) == {"released": 1}
    assert await taken(runtime, second) == 0


async def test_a_patients_expired_hold_is_not_another_patients_to_see(own_runtime: Runtime) -> None:
    """A patient's own booking lets a stranger's expired hold go, though row-level security hides it; what is listed for
    a patient follows when the job that releases holds has run."""
    runtime = own_runtime
    (slot, other), who = (await new_slots(runtime))[:2], patient(2)
    await call(runtime, "scheduling.hold_slot", slot_id=slot, patient_id=patient(1))
    await call(runtime, "scheduling.hold_slot", slot_id=other, patient_id=patient(3))
    runtime.clock.frozen = runtime.clock.now() + timedelta(hours=1)
    caller = patient_principal(TENANT, UUID(who))
    await call(runtime, "scheduling.book_appointment", caller, slot_id=slot, patient_id=who)
    assert await taken(runtime, slot) == 1
    await tick(runtime, "scheduling.release_holds")
    assert other in await found_ids(runtime, other, caller) and await taken(runtime, other) == 0


async def test_one_a_day_with_a_doctor(runtime: Runtime) -> None:
    slots, who = await new_slots(runtime), await new_patient(runtime)
    booked = await book(runtime, slots[0], who)
    error = await refused(runtime, "scheduling.book_appointment", slot_id=slots[1], patient_id=who)
    assert (error.code, error.status) == ("one_a_day", 409)
    assert await taken(runtime, slots[1]) == 0
    own = patient_principal(TENANT, UUID(who))
    args = {"slot_id": slots[1], "patient_id": who, "same_day_allowed": True}
    assert (await refused(runtime, "scheduling.book_appointment", own, **args)).code == "forbidden"
    assert (await call(runtime, "scheduling.book_appointment", **args))["state"] == "booked"
    await book(runtime, (await new_slots(runtime))[3], who)  # another doctor on that day
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    await book(runtime, slots[2], who)  # the one that was allowed by staff does not count


async def test_two_at_once_for_one_patient(runtime: Runtime) -> None:
    slots, who = await new_slots(runtime), await new_patient(runtime)
    answers = await asyncio.gather(*(book(runtime, slot, who) for slot in slots), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["OneADay"] * 3 + ["dict"]
    assert sum([await taken(runtime, slot) for slot in slots]) == 1


async def test_no_booking_in_the_past(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slots = await new_slots(runtime)
    booked = await book(runtime, slots[3], patient(0))
    runtime.clock.frozen = at("2026-11-24T09:30")
    for tool in ("scheduling.book_appointment", "scheduling.hold_slot"):
        for slot in slots[:2]:  # one that is over, one that begins now
            assert (await refused(runtime, tool, slot_id=slot, patient_id=patient(1))).code == "slot_in_past"
    error = await refused(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[0])
    assert error.code == "slot_in_past"
    await book(runtime, slots[2], patient(1))


async def test_a_no_show_only_after_its_time(runtime: Runtime) -> None:
    booked = await book(runtime, (await new_slots(runtime))[0], await new_patient(runtime))
    error = await refused(runtime, "scheduling.mark_no_show", appointment_id=booked["id"])
    assert error.code == "state_not_allowed" and "cancelled" in error.detail


async def test_what_is_over_cannot_be_changed(runtime: Runtime) -> None:
    slots = await new_slots(runtime)
    booked = await book(runtime, slots[0], await new_patient(runtime))
    changed = await call(
        runtime, "scheduling.change_appointment", appointment_id=booked["id"], visit_type="tele", reason="cough"
    )
    assert (changed["visit_type"], changed["reason"], changed["version"]) == ("tele", "cough", booked["version"] + 1)
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"], reason="travel")
    for tool, more in (
        ("scheduling.change_appointment", {"reason": "x"}),
        ("scheduling.reschedule_appointment", {"slot_id": slots[1]}),
    ):
        assert (await refused(runtime, tool, appointment_id=booked["id"], **more)).code == "state_not_allowed"


async def test_rescheduling_frees_and_takes(runtime: Runtime) -> None:
    slots, who = await new_slots(runtime), await new_patient(runtime)
    booked = await book(runtime, slots[0], who)
    await call(runtime, "scheduling.confirm_appointment", appointment_id=booked["id"])
    moved = await call(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[2])
    assert (moved["id"], moved["slot_id"], moved["state"]) == (booked["id"], slots[2], "booked")
    assert moved["confirmed_at"] is None and moved["starts_at"] > booked["starts_at"]
    assert [await taken(runtime, slot) for slot in slots] == [0, 0, 1, 0]
    assert await events(runtime, booked["id"]) == [
        "Appointment.Created",
        "Appointment.Confirmed",
        "Appointment.Rescheduled",
    ]
    error = await refused(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[2])
    assert error.code == "conflict"


async def test_a_full_target_leaves_all_as_it_was(runtime: Runtime) -> None:
    slots, who = await new_slots(runtime), await new_patient(runtime)
    booked = await book(runtime, slots[0], who)
    await book(runtime, slots[1], await new_patient(runtime))
    error = await refused(runtime, "scheduling.reschedule_appointment", appointment_id=booked["id"], slot_id=slots[1])
    assert error.code == "slot_full"
    assert await call(runtime, "scheduling.get_appointment", appointment_id=booked["id"]) == booked
    assert [await taken(runtime, slot) for slot in slots] == [1, 1, 0, 0]
    assert await events(runtime, booked["id"]) == ["Appointment.Created"]


async def test_a_move_within_the_day_needs_no_exception(runtime: Runtime) -> None:
    """The old appointment is not in its own way; another one with that doctor that day is."""
    slots, who = await new_slots(runtime), await new_patient(runtime)
    first = await book(runtime, slots[0], who)
    await call(runtime, "scheduling.reschedule_appointment", appointment_id=first["id"], slot_id=slots[1])
    second = await book(runtime, slots[2], who, same_day_allowed=True)
    move = {"appointment_id": second["id"], "slot_id": slots[3]}
    assert (await refused(runtime, "scheduling.reschedule_appointment", **move)).code == "one_a_day"
    await call(runtime, "scheduling.reschedule_appointment", **move, same_day_allowed=True)


async def test_consent_to_care_is_needed(runtime: Runtime) -> None:
    slot, who = (await new_slots(runtime))[0], await new_patient(runtime, consents=["messages"])
    error = await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=who)
    assert (error.code, error.status) == ("consent_missing", 403) and await taken(runtime, slot) == 0


async def test_finding_slots(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, local_start="11:00:00", local_end="18:00:00", slot_minutes=60)
    day = {"date_from": "2026-11-24", "date_to": "2026-11-24"}

    async def starts(**wanted: Any) -> list[str]:
        return [slot["local_time"] for slot in await slots_of(runtime, schedule, **day, **wanted)]

    assert await starts(part_of_day="morning") == ["11:00:00"]
    assert await starts(part_of_day="afternoon", time_from="15:00:00") == ["15:00:00", "16:00:00"]
    assert await starts(part_of_day="evening") == ["17:00:00"]
    assert await starts(time_to="12:30:00") == ["11:00:00", "12:00:00"]
    assert await starts(time_from="23:00:00") == []
    every = await slots_of(runtime, schedule)
    assert len({slot["local_date"] for slot in every}) == 9  # the Tuesdays of the horizon
    assert every == sorted(every, key=lambda slot: slot["starts_at"])
    error = await refused(runtime, "scheduling.find_slots", date_from="2026-12-02", date_to="2026-12-01")
    assert error.errors[0]["field"] == "date_to"
    error = await refused(runtime, "scheduling.find_slots", time_from="10:00:00+05:30")
    assert error.errors[0]["field"] == "time_from"


async def test_slots_page_without_gap_or_repetition(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime)
    wanted = {"practitioner_id": schedule["practitioner_id"], "limit": 7}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await call(runtime, "scheduling.find_slots", **wanted, **({"cursor": cursor} if cursor else {}))
        seen += [slot["id"] for slot in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [slot["id"] for slot in await slots_of(runtime, schedule)]


async def found_ids(runtime: Runtime, slot: str, caller: Any = None) -> list[str]:
    """Ids of the open slots of this slot's doctor."""
    doctor = (await rows(runtime, "SELECT practitioner_id FROM time_slot WHERE id = :slot", slot=slot))[0][0]
    found = await call(runtime, "scheduling.find_slots", caller, practitioner_id=str(doctor))
    return [item["id"] for item in found["items"]]
