"""Whether a patient came: every state, every operation, on every side of the appointment's time."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from tests.conftest import staff
from tests.tools.hospital import (
    TENANT,
    at,
    book,
    call,
    communications,
    events,
    follow,
    new_patient,
    new_schedule,
    new_slots,
    patient,
    refused,
    rows,
    slots_of,
    taken,
)
from tools.runtime.errors import ToolError
from tools.runtime.principals import patient_principal
from tools.runtime.runtime import Runtime

TIMES = {
    "before": "2026-11-23T12:00", "day": "2026-11-24T07:00", "begun": "2026-11-24T09:10", "after": "2026-11-25T12:00",
}  # fmt: skip
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "confirm": ("scheduling.confirm_appointment", {}),
    "move": ("scheduling.reschedule_appointment", {"slot_id": "next week's"}),
    "cancel": ("scheduling.cancel_appointment", {}),
    "hospital cancels": ("scheduling.cancel_appointment", {"by_hospital": True, "reason": "the doctor is ill"}),
    "check in": ("scheduling.check_in", {}),
    "check in late": ("scheduling.check_in", {"late_reason": "the desk was closed"}),
    "no-show": ("scheduling.mark_no_show", {}),
    "complete": ("scheduling.complete_appointment", {}),
    "left": ("scheduling.mark_left_without_being_seen", {}),
    "undo": ("scheduling.undo_attendance", {"reason": "wrong patient"}),
    "begin visit": ("encounters.create_encounter", {"state": "in_progress"}),
}
# How each state comes about: the operations, and when.
WAYS: dict[str, list[tuple[str, str]]] = {
    "booked": [],
    "confirmed": [("before", "confirm")],
    "cancelled": [("before", "cancel")],
    "checked_in": [("day", "check in")],
    "in the visit": [("day", "check in"), ("day", "begin visit")],
    "left_without_being_seen": [("day", "check in"), ("day", "left")],
    "completed": [("day", "check in"), ("begun", "complete")],
    "no_show": [("begun", "no-show")],
}
_OPEN = {"move": "booked", "cancel": "cancelled", "hospital cancels": "cancelled"}
_ARRIVES = {"check in": "checked_in", "check in late": "checked_in"}
_OVER = {"no-show": "no_show", "hospital cancels": "cancelled"}
_HERE = {"complete": "completed", "left": "left_without_being_seen", "undo": "booked", "begin visit": "checked_in"}
# What is allowed, and what comes of it; everything else is refused and changes nothing.
TABLE: dict[tuple[str, str], dict[str, str]] = {
    ("booked", "before"): {"confirm": "confirmed", **_OPEN},
    ("booked", "day"): {"confirm": "confirmed", **_OPEN, **_ARRIVES},
    ("booked", "begun"): {**_OVER, **_ARRIVES},
    ("booked", "after"): {**_OVER, "check in late": "checked_in"},
    ("confirmed", "before"): _OPEN,
    ("confirmed", "day"): {**_OPEN, **_ARRIVES},
    ("confirmed", "begun"): {**_OVER, **_ARRIVES},
    ("confirmed", "after"): {**_OVER, "check in late": "checked_in"},
    ("cancelled", "before"): {}, ("cancelled", "day"): {}, ("cancelled", "begun"): {}, ("cancelled", "after"): {},
    ("checked_in", "day"): _HERE, ("checked_in", "begun"): _HERE, ("checked_in", "after"): _HERE,
    ("in the visit", "day"): {"complete": "completed"},
    ("in the visit", "begun"): {"complete": "completed"},
    ("in the visit", "after"): {"complete": "completed"},
    ("left_without_being_seen", "day"): {"undo": "checked_in"},
    ("left_without_being_seen", "begun"): {"undo": "checked_in"},
    ("left_without_being_seen", "after"): {"undo": "checked_in"},
    ("completed", "begun"): {}, ("completed", "after"): {},
    ("no_show", "begun"): {"undo": "booked"}, ("no_show", "after"): {"undo": "booked"},
}  # fmt: skip
SEATED = ("booked", "confirmed", "checked_in", "completed")


async def test_every_state_and_operation_at_every_time(own_runtime: Runtime) -> None:
    runtime = own_runtime
    now = runtime.clock.frozen
    schedule = await new_schedule(runtime, capacity=500)
    slots = await slots_of(runtime, schedule)
    first, later = slots[0]["id"], next(slot["id"] for slot in slots if slot["local_date"] == "2026-12-01")
    cases = [(state, when, operation) for state, when in TABLE for operation in OPERATIONS]
    made = [(await book(runtime, first, await new_patient(runtime)))["id"] for _ in cases]

    async def do(operation: str, appointment: str) -> None:
        tool, more = OPERATIONS[operation]
        more = {**more, "slot_id": later} if "slot_id" in more else more
        await runtime.call(tool, {"appointment_id": appointment, **more}, staff())

    wrong = []
    for time in TIMES:
        runtime.clock.frozen = at(TIMES[time])
        for (state, when, operation), appointment in zip(cases, made, strict=True):
            for reached, step in WAYS[state]:
                if reached == time:
                    await do(step, appointment)
            if when != time:
                continue
            was = await state_of(runtime, appointment)
            try:
                await do(operation, appointment)
                outcome = (await state_of(runtime, appointment))[0]
            except ToolError as error:
                assert error.status == 409 and await state_of(runtime, appointment) == was
                outcome = "refused"
            if outcome != TABLE[state, when].get(operation, "refused"):
                wrong.append((state, when, operation, outcome))
    assert wrong == []
    runtime.clock.frozen = now
    for slot in (first, later):
        seats = await rows(
            runtime, "SELECT count(*) FROM appointment WHERE slot_id = :s AND state = ANY(:t)", s=UUID(slot),
            t=list(SEATED)
        )  # fmt: skip
        assert await taken(runtime, slot) == seats[0][0]


async def state_of(runtime: Runtime, appointment: str) -> tuple[str, int]:
    shown = await call(runtime, "scheduling.get_appointment", appointment_id=appointment)
    return shown["state"], shown["version"]


async def test_a_check_in_at_midnight(own_runtime: Runtime) -> None:
    """Two hours on either side of a visit, though that is another day."""
    runtime = own_runtime
    slots = await slots_of(runtime, await new_schedule(runtime, local_start="00:00:00", local_end="02:00:00"))
    booked = await book(runtime, slots[0]["id"], await new_patient(runtime))
    runtime.clock.frozen = at("2026-11-23T21:59")
    error = await refused(runtime, "scheduling.check_in", appointment_id=booked["id"])
    assert "check-in opens at 2026-11-23T22:00+05:30" in error.detail and error.extra["state"] == "booked"
    runtime.clock.frozen = at("2026-11-23T22:00")
    await call(runtime, "scheduling.check_in", appointment_id=booked["id"])


async def test_a_check_in_taken_back_and_made_again(own_runtime: Runtime) -> None:
    """The encounter of the mistake is cancelled; the right arrival gets its own; a confirmed visit is confirmed
    again."""
    runtime = own_runtime
    booked = await book(runtime, (await new_slots(runtime))[0], patient(0))
    visit = {"appointment_id": booked["id"]}
    await call(runtime, "scheduling.confirm_appointment", **visit)
    runtime.clock.frozen = at("2026-11-24T08:50")
    await call(runtime, "scheduling.check_in", **visit)
    await follow(runtime, booked["id"], times=2)
    assert (await refused(runtime, "scheduling.undo_attendance", **visit)).status == 422  # a reason is needed
    undone = await call(runtime, "scheduling.undo_attendance", **visit, reason="it was the namesake")
    assert (undone["state"], undone["state_reason"]) == ("confirmed", "it was the namesake")
    await follow(runtime, booked["id"], times=2)
    assert await encounters(runtime, booked["id"]) == ["cancelled"]
    await call(runtime, "scheduling.check_in", **visit)
    await call(runtime, "scheduling.mark_left_without_being_seen", **visit, reason="waited two hours")
    await follow(runtime, booked["id"], times=2)  # the arrival is over before its encounter is made
    assert await encounters(runtime, booked["id"]) == ["cancelled"]
    await call(runtime, "scheduling.undo_attendance", **visit, reason="was in the canteen")
    await follow(runtime, booked["id"], times=2)
    assert await encounters(runtime, booked["id"]) == ["cancelled", "planned"]
    assert (await events(runtime, booked["id"]))[-4:] == [
        "Appointment.AttendanceUndone", "Appointment.CheckedIn", "Appointment.LeftWithoutBeingSeen",
        "Appointment.AttendanceUndone",
    ]  # fmt: skip


async def encounters(runtime: Runtime, appointment: str) -> list[str]:
    query = "SELECT state FROM encounter WHERE appointment_id = :a ORDER BY id"
    return [row[0] for row in await rows(runtime, query, a=UUID(appointment))]


async def test_a_planned_visit_ends_with_its_appointment(runtime: Runtime) -> None:
    booked = await book(runtime, (await new_slots(runtime))[0], await new_patient(runtime))
    planned = await call(runtime, "encounters.create_encounter", appointment_id=booked["id"])
    change = {"encounter_id": planned["id"], "state": "in_progress"}
    error = await refused(runtime, "encounters.update_encounter", **change)
    assert error.code == "state_not_allowed" and "checked in" in error.detail
    await call(runtime, "scheduling.cancel_appointment", appointment_id=booked["id"])
    assert await encounters(runtime, booked["id"]) == ["cancelled"]
    error = await refused(runtime, "encounters.create_encounter", appointment_id=booked["id"])
    assert error.code == "state_not_allowed"


async def test_the_hospital_cancels_and_says_so(own_runtime: Runtime) -> None:
    runtime = own_runtime
    booked = await book(runtime, (await new_slots(runtime))[0], patient(0), source="whatsapp")
    args = {"appointment_id": booked["id"], "by_hospital": True}
    assert (await refused(runtime, "scheduling.cancel_appointment", **args)).errors[0]["field"] == "reason"
    caller = patient_principal(TENANT, UUID(patient(0)))
    own = await refused(runtime, "scheduling.cancel_appointment", caller, **args, reason="x")
    assert own.status == 403
    await call(runtime, "scheduling.cancel_appointment", **args, reason="the doctor is ill")
    await follow(runtime, booked["id"], times=2)
    assert [purpose for purpose, _ in await communications(runtime, patient(0))] == ["cancellation"]


async def test_a_mistaken_no_show_offers_nothing(own_runtime: Runtime) -> None:
    runtime = own_runtime
    booked = await book(runtime, (await new_slots(runtime))[0], patient(0), source="whatsapp")
    runtime.clock.frozen = at("2026-11-24T09:10")
    await call(runtime, "scheduling.mark_no_show", appointment_id=booked["id"])
    await call(runtime, "scheduling.undo_attendance", appointment_id=booked["id"], reason="sat in another room")
    await follow(runtime, booked["id"], times=2)
    assert await communications(runtime, patient(0)) == []


async def test_a_visit_begins_or_is_taken_back_but_not_both(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slots = await new_slots(runtime)
    runtime.clock.frozen = at("2026-11-24T07:00")
    for slot in slots:
        booked = await book(runtime, slot, await new_patient(runtime))
        visit = {"appointment_id": booked["id"]}
        await call(runtime, "scheduling.check_in", **visit)
        made = await asyncio.gather(
            call(runtime, "scheduling.undo_attendance", **visit, reason="x"),
            call(runtime, "encounters.create_encounter", **visit, state="in_progress"),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in made) == ["StateNotAllowed", "dict"]


async def test_a_late_visit_is_checked_in_past_midnight(own_runtime: Runtime) -> None:
    runtime = own_runtime
    slots = await slots_of(runtime, await new_schedule(runtime, local_start="23:00:00", local_end="23:59:00"))
    booked = await book(runtime, slots[0]["id"], await new_patient(runtime))
    runtime.clock.frozen = at("2026-11-25T01:29")
    await call(runtime, "scheduling.check_in", appointment_id=booked["id"])
