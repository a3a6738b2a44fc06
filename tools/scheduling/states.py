"""The states of an appointment, and which may follow which and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.events import event_type
from tools.scheduling.tables import Appointment

CREATED = event_type("Appointment.Created", "A patient was booked into a slot")
CONFIRMED = event_type("Appointment.Confirmed", "The patient confirmed to come")
RESCHEDULED = event_type("Appointment.Rescheduled", "The appointment moved to another slot")
CANCELLED = event_type("Appointment.Cancelled", "The appointment was cancelled; its seat is free")
CHECKED_IN = event_type("Appointment.CheckedIn", "The patient has arrived")
NO_SHOW = event_type("Appointment.NoShow", "The patient did not come")
LEFT = event_type("Appointment.LeftWithoutBeingSeen", "The patient had arrived, and left before the visit began")
UNDONE = event_type("Appointment.AttendanceUndone", "What was marked of the patient's coming was a mistake")
COMPLETED = event_type("Appointment.Completed", "The visit is over")

# from -> to, as the table of `spec/scheduling.md` allows, and who arrived but was not seen
ALLOWED: dict[str, tuple[str, ...]] = {
    "booked": ("confirmed", "checked_in", "cancelled", "no_show"),
    "confirmed": ("checked_in", "cancelled", "no_show"),
    "checked_in": ("completed", "left_without_being_seen"),
    "completed": (),
    "cancelled": (),
    "no_show": (),
    "left_without_being_seen": (),
}
_EVENTS = {
    "confirmed": CONFIRMED,
    "cancelled": CANCELLED,
    "checked_in": CHECKED_IN,
    "no_show": NO_SHOW,
    "left_without_being_seen": LEFT,
    "completed": COMPLETED,
}
_AROUND = timedelta(hours=2)  # arrivals before and after a visit that is close to midnight


class StateNotAllowed(Conflict):
    code = "state_not_allowed"
    title = "The appointment's state does not allow this"
    say = "That is no longer possible for this appointment."


async def locked(ctx: ToolContext, appointment_id: UUID) -> Appointment:
    """The appointment, locked until the commit, if it is the version that the caller knows."""
    row = await ctx.load(Appointment, appointment_id, lock=True)
    ctx.check_version(row)
    return row


def move(ctx: ToolContext, row: Appointment, state: str) -> None:
    """Change the state, if the table allows it from the present one, and say so."""
    allowed = ALLOWED[row.state]
    if state not in allowed:
        names = ", ".join(allowed) or "no other"
        raise StateNotAllowed(f"The appointment is {row.state}; from there it can become: {names}.", state=row.state)
    row.state = state
    ctx.emit(_EVENTS[state], row.id, patient_id=str(row.patient_id))


def require_ahead(ctx: ToolContext, row: Appointment) -> None:
    """StateNotAllowed once the appointment's time has begun."""
    if row.starts_at <= ctx.now:
        began = row.starts_at.isoformat()
        detail = f"The appointment began at {began}: the patient has come or not, or the hospital cancels it."
        raise StateNotAllowed(detail, state=row.state)


def arrivals(row: Appointment, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the patient may be checked in: the local day of the visit, and two hours on either side of the visit where
    that is longer."""
    midnight = datetime.combine(row.local_date, time(0), tzinfo=zone).astimezone(UTC)
    next_day = datetime.combine(row.local_date + timedelta(days=1), time(0), tzinfo=zone).astimezone(UTC)
    return min(midnight, row.starts_at - _AROUND), max(next_day, row.ends_at + _AROUND)
