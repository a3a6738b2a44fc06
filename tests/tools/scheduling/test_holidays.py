"""The hospital's calendar, and leave of several days: one entry each, not one a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.tools.hospital import TUESDAY, at, book, call, new_doctor, new_patient, new_schedule, refused, slots_of, tick
from tools.runtime.runtime import Runtime

DAILY = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "local_end": "10:00:00"}  # two slots a day
WEEK = {"valid_from": "2026-11-24", "valid_to": "2026-11-30"}


async def days(runtime: Runtime, schedule: dict[str, Any]) -> set[str]:
    """The days of a fortnight on which there are open slots."""
    found = await slots_of(runtime, schedule, date_from="2026-11-24", date_to="2026-12-07")
    return {slot["local_date"] for slot in found}


def between(first: str, last: str) -> set[str]:
    start = date.fromisoformat(first)
    return {str(start + timedelta(days=n)) for n in range((date.fromisoformat(last) - start).days + 1)}


FORTNIGHT = between("2026-11-24", "2026-12-07")


async def test_leave_of_a_week_is_one_exception(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, **DAILY)
    assert await days(runtime, schedule) == FORTNIGHT
    booked = await book(runtime, (await slots_of(runtime, schedule))[0]["id"], await new_patient(runtime))
    leave = [{**WEEK, "kind": "leave"}]
    changed = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=leave)
    assert await days(runtime, schedule) == FORTNIGHT - between("2026-11-24", "2026-11-30")
    assert [clash["appointment_ids"] for clash in changed["clashes"]] == [[booked["id"]]]
    again = await call(
        runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=changed["exceptions"]
    )
    assert again["exceptions"] == changed["exceptions"]  # what was read may be written back
    await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=[])
    assert await days(runtime, schedule) == FORTNIGHT


async def test_leave_that_makes_no_sense(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, **DAILY)
    for wrong in (
        {"kind": "leave"}, {"kind": "leave", "valid_from": "2026-12-01"},
        {"kind": "leave", "date": "2026-12-01", **WEEK},
        {"kind": "leave", "valid_from": "2026-12-02", "valid_to": "2026-12-01"},
        {"kind": "leave", "valid_from": "2026-12-02", "valid_to": "2027-12-03"},
    ):  # fmt: skip
        error = await refused(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=[wrong])
        assert error.status == 422 and error.errors[0]["field"] == "exceptions.0", wrong


async def test_an_extra_session_that_would_make_no_slots_is_refused(runtime: Runtime) -> None:
    schedule = await new_schedule(runtime, valid_to="2026-12-31")
    over = {"date": TUESDAY, "kind": "extra", "local_start": "10:30:00", "local_end": "12:00:00"}
    late = {**over, "date": "2027-01-04"}
    for extra, said in ((over, f"own hours on {TUESDAY}"), (late, "outside the schedule")):
        error = await refused(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=[extra])
        assert error.errors[0]["field"] == "exceptions.0" and said in error.errors[0]["rule"]
    twice = [{**over, "date": "2026-11-26"}, {**over, "date": "2026-11-26", "local_start": "11:00:00"}]
    assert (
        await refused(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=twice)
    ).status == 422
    leave = {"date": TUESDAY, "kind": "leave", "local_start": "10:30:00", "local_end": "11:00:00"}
    changed = await call(
        runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=[leave, over], slot_minutes=30
    )
    assert changed["slots_made"] == 2  # 11:00 and 11:30; at 10:30 its slot is there


async def test_an_extra_session_of_several_days_is_judged_day_by_day(own_runtime: Runtime) -> None:
    """What it overlapped on a day that is over is no reason against the days to come."""
    runtime = own_runtime
    schedule = await new_schedule(runtime)
    runtime.clock.frozen = at("2026-11-25T08:00")
    days = {"valid_from": TUESDAY, "valid_to": "2026-11-27"}
    extra = [{**days, "kind": "extra", "local_start": "10:30:00", "local_end": "11:30:00"}]
    changed = await call(runtime, "scheduling.update_schedule", schedule_id=schedule["id"], exceptions=extra)
    assert changed["slots_made"] == 6


async def test_a_holiday_of_the_hospital(own_runtime: Runtime) -> None:
    """Free slots go, booked ones are told and stand; who works on holidays does; taken out, all is as it was."""
    runtime = own_runtime
    schedule, emergency = (
        await new_schedule(runtime, **DAILY),
        await new_schedule(runtime, **DAILY, works_holidays=True),
    )
    slot = next(one for one in await slots_of(runtime, schedule) if one["local_date"] == "2026-11-26")
    booked = await book(runtime, slot["id"], await new_patient(runtime))
    two = {"valid_from": "2026-11-26", "valid_to": "2026-11-27"}
    made = await call(runtime, "scheduling.add_holiday", name="Diwali", **two)
    assert booked["id"] in {name for clash in made["clashes"] for name in clash["appointment_ids"]}
    closed = between("2026-11-26", "2026-11-27")
    assert await days(runtime, schedule) == FORTNIGHT - closed and await days(runtime, emergency) == FORTNIGHT
    later = await new_schedule(runtime, **DAILY)
    await tick(runtime, "scheduling.extend_horizon")
    materialise = {"date_from": "2026-11-26", "date_to": "2026-11-27"}
    await call(runtime, "scheduling.materialize_slots", schedule_id=later["id"], **materialise)
    assert await days(runtime, later) == FORTNIGHT - closed  # nor is anything made there afterwards
    shown = await call(runtime, "scheduling.get_appointment", appointment_id=booked["id"])
    assert shown["state"] == "booked"
    listed = await call(runtime, "scheduling.list_holidays")
    assert [(one["name"], one["valid_from"]) for one in listed["items"]] == [("Diwali", "2026-11-26")]
    gone = await call(runtime, "scheduling.remove_holiday", holiday_id=made["id"])
    assert gone["slots_made"] >= made["slots_removed"]
    assert await days(runtime, schedule) == FORTNIGHT and await days(runtime, later) == FORTNIGHT


async def test_a_holiday_of_one_place_and_an_extra_session_on_it(own_runtime: Runtime) -> None:
    runtime = own_runtime
    here, there = await new_doctor(runtime), await new_doctor(runtime)
    extra = [{"date": "2026-11-26", "kind": "extra", "local_start": "15:00:00", "local_end": "16:00:00"}]
    first = await new_schedule(runtime, **{**DAILY, **here}, exceptions=extra)
    second = await new_schedule(runtime, **{**DAILY, **there})
    holiday = {"name": "Rajyotsava", "valid_from": "2026-11-26", "location_id": here["location_id"]}
    await call(runtime, "scheduling.add_holiday", **holiday)
    found = await slots_of(runtime, first, date_from="2026-11-26", date_to="2026-11-26")
    assert [slot["local_time"] for slot in found] == ["15:00:00", "15:30:00"]
    assert await days(runtime, second) == FORTNIGHT
    for name, there_ in (("here", here), ("there", there)):
        listed = await call(runtime, "scheduling.list_holidays", location_id=there_["location_id"])
        assert len(listed["items"]) == (name == "here")


async def test_a_holiday_that_makes_no_sense(runtime: Runtime) -> None:
    wrong = {"name": "x", "valid_from": "2026-12-02", "valid_to": "2026-12-01"}
    assert (await refused(runtime, "scheduling.add_holiday", **wrong)).errors[0]["field"] == "valid_to"
    blank = {"name": "  ", "valid_from": "2026-12-02"}
    assert (await refused(runtime, "scheduling.add_holiday", **blank)).errors[0]["field"] == "name"
    unknown = {"name": "x", "valid_from": "2026-12-02", "location_id": (await new_schedule(runtime))["id"]}
    assert (await refused(runtime, "scheduling.add_holiday", **unknown)).code == "not_found"
