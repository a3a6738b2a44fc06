"""What follows from scheduling's events, and the day that runs by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select, update

from tools.conversations.texts import say_when, tell
from tools.facility.tables import Location, Practitioner
from tools.patients.tables import Patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import ConsentMissing
from tools.runtime.events import Event, reaction
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.tenants import each_tenant, tenant_ids
from tools.runtime.work import open_work
from tools.scheduling import appointments, encounters
from tools.scheduling.schedules import MATERIALIZED, make_slots
from tools.scheduling.slots import HoldSlot, hold_slot
from tools.scheduling.tables import Appointment, Encounter, ProviderSchedule, SlotHold, TimeSlot, WaitlistEntry

REMIND_BEFORE = timedelta(hours=24)
OFFER_HOLD = timedelta(hours=2)


@reaction(appointments.CREATED)
async def confirm_booking(ctx: ToolContext, event: Event) -> None:
    """A booking that the patient did not make in the chat itself is confirmed on the patient's channel."""
    row = await ctx.load(Appointment, event.entity_id)
    if row.source != "whatsapp" and row.state in ("booked", "confirmed"):
        await notify(ctx, row, "confirmation", once=f"confirmation:{row.id}")


@reaction(appointments.CHECKED_IN)
async def make_encounter(ctx: ToolContext, event: Event) -> None:
    """The patient has arrived: the encounter is made."""
    query = select(Encounter.id).where(Encounter.appointment_id == event.entity_id, Encounter.state != "cancelled")
    if (await ctx.session.scalars(query)).first() is None:
        await ctx.call("encounters.create_encounter", {"appointment_id": str(event.entity_id)})


@reaction(encounters.COMPLETED)
async def follow_up(ctx: ToolContext, event: Event) -> None:
    """After the visit the patient gets the follow-up message."""
    encounter = await ctx.load(Encounter, event.entity_id)
    if encounter.appointment_id is not None:
        row = await ctx.load(Appointment, encounter.appointment_id)
        await notify(ctx, row, "follow_up", once=f"follow_up:{encounter.id}")


@reaction(appointments.NO_SHOW)
async def offer_rebooking(ctx: ToolContext, event: Event) -> None:
    """A rebooking offer goes out; after the second no-show within a year the front desk sees a ticket."""
    row = await ctx.load(Appointment, event.entity_id)
    await notify(ctx, row, "rebooking_offer", once=f"rebooking:{row.id}")
    missed = await ctx.session.scalar(
        select(func.count()).where(
            Appointment.patient_id == row.patient_id,
            Appointment.state == "no_show",
            Appointment.starts_at > ctx.now - timedelta(days=365),
        )
    )
    if missed and missed >= 2:
        subject = f"The patient has missed {missed} appointments within a year"
        ticket = {"category": "no_show", "subject": subject, "patient_id": str(row.patient_id)}
        await ctx.call("tickets.create_ticket", {**ticket, "once": f"no_show:{row.id}"})


@reaction(appointments.RESCHEDULED)
@reaction(appointments.CANCELLED)
async def offer_freed_seat(ctx: ToolContext, event: Event) -> None:
    """A seat became free: it is held for, and offered to, the first who waits for it."""
    row = await ctx.load(Appointment, event.entity_id)
    slot = await ctx.session.get_one(TimeSlot, UUID(event.payload.get("freed_slot_id") or str(row.slot_id)))
    await offer_seat(ctx, slot, not_to=row.patient_id)


async def offer_seat(ctx: ToolContext, slot: TimeSlot, *, not_to: UUID) -> None:
    """Hold a free seat for, and offer it to, the first who waits for one like it and was not offered it before."""
    if slot.blocked or slot.starts_at <= ctx.now + OFFER_HOLD:
        return
    query = (
        select(WaitlistEntry)
        .where(
            WaitlistEntry.state == "waiting",
            WaitlistEntry.specialty_code == slot.specialty_code,
            or_(WaitlistEntry.practitioner_id.is_(None), WaitlistEntry.practitioner_id == slot.practitioner_id),
            WaitlistEntry.date_from <= slot.local_date,
            WaitlistEntry.date_to >= slot.local_date,
            WaitlistEntry.patient_id != not_to,
            WaitlistEntry.offered_slot_id.is_distinct_from(slot.id),
        )
        .order_by(WaitlistEntry.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    entry = (await ctx.session.scalars(query)).first()
    if entry is None:
        return
    await hold_slot(ctx, HoldSlot(slot_id=slot.id, patient_id=entry.patient_id))
    seat = SlotHold.slot_id == slot.id, SlotHold.patient_id == entry.patient_id
    await ctx.session.execute(update(SlotHold).where(*seat).values(expires_at=ctx.now + OFFER_HOLD))
    entry.state, entry.offered_slot_id = "offered", slot.id
    await notify(ctx, slot, "waitlist_offer", once=f"offer:{entry.id}:{slot.id}", patient_id=entry.patient_id)


@reaction(appointments.CREATED)
async def leave_waitlist(ctx: ToolContext, event: Event) -> None:
    """Who is booked in the specialty no longer waits for it."""
    row = await ctx.load(Appointment, event.entity_id)
    query = select(WaitlistEntry).where(
        WaitlistEntry.patient_id == row.patient_id,
        WaitlistEntry.specialty_code == row.specialty_code,
        WaitlistEntry.state.in_(("waiting", "offered")),
    )
    for entry in await ctx.session.scalars(query):
        entry.state = "booked"


async def notify(
    ctx: ToolContext, row: Appointment | TimeSlot, purpose: str, *, once: str, patient_id: UUID | None = None
) -> None:
    """Tell the patient of an appointment or slot, in the patient's language, if the patient consents to messages and
    has a number."""
    patient = await ctx.load(Patient, patient_id or row.patient_id)  # type: ignore[union-attr]
    if patient.phone is None or patient.deleted_at is not None:
        return
    location = await ctx.load(Location, row.location_id)
    practitioner = await ctx.load(Practitioner, row.practitioner_id)
    at = row.starts_at.astimezone(ZoneInfo(location.zone))
    facts = {
        "given": patient.given,
        "practitioner": practitioner.name,
        "when": say_when(at, patient.language),
        "location": location.name,
        "hospital": ctx.tenant.name,
    }
    body = tell(patient.language, purpose, **facts)
    message = {"patient_id": str(patient.id), "purpose": purpose, "body": body, "facts": facts, "once": once}
    try:
        await ctx.call("communications.send_communication", message)
    except ConsentMissing:
        return  # the refusal is on the record


@task("scheduling.extend_horizon", every="15 1 * * *")
async def extend_horizon(runtime: Any) -> None:
    """Keep slots made ahead on every active schedule; each schedule in a transaction of its own."""
    for tenant_id in await tenant_ids(runtime):
        caller = system(tenant_id, "scheduling.extend_horizon")
        async with runtime.database.begin(tenant_id) as session:
            query = select(ProviderSchedule.id).where(ProviderSchedule.state == "active").order_by(ProviderSchedule.id)
            schedules = list(await session.scalars(query))
        for schedule_id in schedules:
            opening = runtime.opening_for(caller, "job")
            async with open_work(runtime, tenant_id, opening=opening) as work:
                ctx = await runtime.context(work, caller)
                schedule = await ctx.load(ProviderSchedule, schedule_id)
                today = ctx.now.astimezone(ctx.tenant.zone).date()
                made = await make_slots(ctx, schedule, today, today + timedelta(days=ctx.slot_horizon_days))
                if made.made:
                    ctx.emit(MATERIALIZED, schedule_id, made=made.made)


@task("scheduling.remind", every="*/5 * * * *")
async def remind(runtime: Any) -> None:
    """Remind of every live appointment within the next 24 hours that was made longer ago than that, once."""
    async for work in each_tenant(runtime, system_name="scheduling.remind"):
        ctx = await runtime.context(work, system(work.tenant_id, "scheduling.remind"))
        query = (
            select(Appointment)
            .where(
                Appointment.state.in_(("booked", "confirmed")),
                Appointment.reminded_at.is_(None),
                Appointment.starts_at > ctx.now,
                Appointment.starts_at <= ctx.now + REMIND_BEFORE,
                Appointment.created_at < Appointment.starts_at - REMIND_BEFORE,
            )
            .order_by(Appointment.starts_at)
            .limit(200)
            .with_for_update(skip_locked=True)
        )
        for row in list(await work.session.scalars(query)):
            row.reminded_at = ctx.now
            await notify(ctx, row, "reminder", once=f"reminder:{row.id}:{row.starts_at.isoformat()}")


@task("scheduling.release_holds", every="* * * * *")
async def release_holds(runtime: Any) -> None:
    """Let expired holds go. Who did not take an offered seat waits on, and the seat is offered to the next."""
    async for work in each_tenant(runtime, system_name="scheduling.release_holds"):
        ctx = await runtime.context(work, system(work.tenant_id, "scheduling.release_holds"))
        statement = (
            delete(SlotHold).where(SlotHold.expires_at <= work.now).returning(SlotHold.slot_id, SlotHold.patient_id)
        )
        for slot_id, patient_id in (await work.session.execute(statement)).all():
            query = select(WaitlistEntry).where(
                WaitlistEntry.offered_slot_id == slot_id,
                WaitlistEntry.patient_id == patient_id,
                WaitlistEntry.state == "offered",
            )
            for entry in list(await work.session.scalars(query)):
                entry.state = "waiting"
                await work.session.flush()
                await offer_seat(ctx, await ctx.load(TimeSlot, slot_id), not_to=patient_id)
