"""The states of an encounter (the visit itself), and the events of their changes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tools.runtime.context import ToolContext
from tools.runtime.events import event_type
from tools.scheduling.states import StateNotAllowed
from tools.scheduling.tables import Encounter

CREATED = event_type("Encounter.Created", "A visit was opened")
STARTED = event_type("Encounter.Started", "A visit began")
COMPLETED = event_type("Encounter.Completed", "A visit ended")
CANCELLED = event_type("Encounter.Cancelled", "A planned visit will not take place")
ALLOWED = {"planned": ("in_progress", "cancelled"), "in_progress": ("completed",), "completed": (), "cancelled": ()}


async def cancel_planned(ctx: ToolContext, appointment_id: UUID) -> None:
    """Cancel the planned encounter of an appointment, which is locked. StateNotAllowed where the encounter has
    begun."""
    query = select(Encounter).where(Encounter.appointment_id == appointment_id, Encounter.state != "cancelled")
    row = (await ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True))).first()
    if row is None:
        return
    if row.state != "planned":
        raise StateNotAllowed(f"The visit has begun: its encounter is {row.state}.")
    move(ctx, row, "cancelled")


def move(ctx: ToolContext, row: Encounter, state: str) -> None:
    """Change an encounter's state, and say so. Raises StateNotAllowed."""
    allowed = ALLOWED[row.state]
    if state not in allowed:
        names = ", ".join(allowed) or "no other"
        raise StateNotAllowed(f"The encounter is {row.state}; from there it can become: {names}.", state=row.state)
    row.state = state
    if state == "in_progress":
        row.started_at = ctx.now
    if state == "completed":
        row.ended_at = ctx.now
    event = {"in_progress": STARTED, "completed": COMPLETED, "cancelled": CANCELLED}[state]
    ctx.emit(event, row.id, patient_id=str(row.patient_id))
