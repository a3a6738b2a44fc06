"""What follows from scheduling's events, and the day that runs by itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from tools.conversations.communications import SendCommunication, send_communication
from tools.conversations.purposes import purpose
from tools.conversations.texts import say_when, tell
from tools.facility.tables import Location, Practitioner
from tools.patients.tables import Patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import ConsentMissing
from tools.runtime.events import Event, reaction
from tools.runtime.jobs import Job, task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.tenants import tenant_work
from tools.scheduling import encounter_states, encounters, states
from tools.scheduling.making import make_slots
from tools.scheduling.rules import SlotRules
from tools.scheduling.schedules import MATERIALIZED
from tools.scheduling.slots import HoldSlot, SlotClosed, SlotFull, SlotInPast, busy, hold_slot
from tools.scheduling.tables import Appointment, Encounter, ProviderSchedule, SlotHold, TimeSlot, WaitlistEntry
from tools.tickets.tools import CreateTicket, create_ticket

REMIND_BEFORE = timedelta(hours=24)
OFFER_HOLD = timedelta(hours=2)

CONFIRMATION = purpose("confirmation", "A visit was booked")
REMINDER = purpose("reminder", "A visit is near")
CANCELLATION = purpose("cancellation", "The hospital cancelled a visit")
FOLLOW_UP = purpose("follow_up", "A visit is over")
REBOOKING_OFFER = purpose("rebooking_offer", "A visit was missed")
WAITLIST_OFFER = purpose("waitlist_offer", "A seat that the patient waits for is free")


@reaction(states.CREATED, "scheduling.confirm_booking")
async def confirm_booking(ctx: ToolContext, event: Event) -> None:
    """A booking that the patient did not make in the chat itself is confirmed on the patient's channel."""
    row = await ctx.load(Appointment, event.entity_id)
    if row.source != "whatsapp" and row.state in ("booked", "confirmed"):
        await notify(ctx, row, CONFIRMATION, once=f"confirmation:{row.id}")


@reaction(states.UNDONE, "scheduling.make_encounter")
@reaction(states.CHECKED_IN, "scheduling.make_encounter")
async def make_encounter(ctx: ToolContext, event: Event) -> None:
    """The patient has arrived: the encounter is made, unless the patient has been seen to or gone again."""
    if (await ctx.load(Appointment, event.entity_id, lock=True)).state != "checked_in":
        return
    query = select(Encounter.id).where(Encounter.appointment_id == event.entity_id, Encounter.state != "cancelled")
    if (await ctx.session.scalars(query)).first() is None:
        await ctx.call(encounters.create_encounter, encounters.CreateEncounter(appointment_id=event.entity_id))


@reaction(states.CANCELLED, "scheduling.tell_cancellation")
async def tell_cancellation(ctx: ToolContext, event: Event) -> None:
    """The patient hears of an appointment that the hospital cancels."""
    row = await ctx.load(Appointment, event.entity_id)
    if row.by_hospital:
        await notify(ctx, row, CANCELLATION, once=f"cancellation:{row.id}")


@reaction(encounter_states.COMPLETED, "scheduling.follow_up")
async def follow_up(ctx: ToolContext, event: Event) -> None:
    """After the visit the patient gets the follow-up message."""
    encounter = await ctx.load(Encounter, event.entity_id)
    if encounter.appointment_id is not None:
        row = await ctx.load(Appointment, encounter.appointment_id)
        await notify(ctx, row, FOLLOW_UP, once=f"follow_up:{encounter.id}")


@reaction(states.NO_SHOW, "scheduling.offer_rebooking")
async def offer_rebooking(ctx: ToolContext, event: Event) -> None:
    """A rebooking offer goes out; after the second no-show within a year the front desk sees a ticket."""
    row = await ctx.load(Appointment, event.entity_id)
    if row.state != "no_show":
        return  # it was a mistake
    await notify(ctx, row, REBOOKING_OFFER, once=f"rebooking:{row.id}")
    missed = await ctx.session.scalar(
        select(func.count()).where(
            Appointment.patient_id == row.patient_id,
            Appointment.state == "no_show",
            Appointment.starts_at > ctx.now - timedelta(days=365),
        )
    )
    if missed and missed >= 2:
        subject = f"The patient has missed {missed} appointments within a year"
        once = f"no_show:{row.id}"
        ticket = CreateTicket(category="no_show", subject=subject, patient_id=row.patient_id, once=once)
        await ctx.call(create_ticket, ticket)


@reaction(states.RESCHEDULED, "scheduling.offer_freed_seat")
@reaction(states.CANCELLED, "scheduling.offer_freed_seat")
@reaction(states.LEFT, "scheduling.offer_freed_seat")
async def offer_freed_seat(ctx: ToolContext, event: Event) -> None:
    """A seat became free: it is held for, and offered to, the first who waits for it."""
    row = await ctx.load(Appointment, event.entity_id)
    slot = await ctx.session.get_one(TimeSlot, UUID(event.payload.get("freed_slot_id") or str(row.slot_id)))
    await offer_seat(ctx, slot, not_to=row.patient_id)


async def offer_seat(ctx: ToolContext, slot: TimeSlot, *, not_to: UUID) -> None:
    """Hold a free seat for, and offer it to, the first who waits for one like it and was not offered it before."""
    if slot.blocked or slot.closed_by is not None or slot.starts_at <= ctx.now + OFFER_HOLD:
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
            ~busy(WaitlistEntry.patient_id, slot),
            WaitlistEntry.offered_slot_id.is_distinct_from(slot.id),
        )
        .order_by(WaitlistEntry.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    entry = (await ctx.session.scalars(query)).first()
    if entry is None:
        return
    try:
        async with ctx.work.savepoint():
            await hold_slot(ctx, HoldSlot(slot_id=slot.id, patient_id=entry.patient_id))
    except (SlotFull, SlotInPast, SlotClosed, IntegrityError):
        return  # somebody was quicker
    seat = SlotHold.slot_id == slot.id, SlotHold.patient_id == entry.patient_id
    await ctx.session.execute(update(SlotHold).where(*seat).values(expires_at=ctx.now + OFFER_HOLD))
    entry.state, entry.offered_slot_id = "offered", slot.id
    await notify(ctx, slot, WAITLIST_OFFER, once=f"offer:{entry.id}:{slot.id}", patient_id=entry.patient_id)


@reaction(states.CREATED, "scheduling.leave_waitlist")
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
    message = SendCommunication(patient_id=patient.id, purpose=purpose, body=body, facts=facts, once=once)
    try:
        await ctx.call(send_communication, message)
    except ConsentMissing:
        return  # the refusal is on the record


@task("scheduling.extend_horizon", every="15 1 * * *", each_tenant=True)
async def extend_horizon(runtime: Runtime, *, tenant: str) -> None:
    """Keep slots made ahead on every active schedule: a job each."""
    async with tenant_work(runtime, UUID(tenant), system_name="scheduling.extend_horizon") as work:
        query = select(ProviderSchedule.id).where(ProviderSchedule.state == "active").order_by(ProviderSchedule.id)
        for schedule_id in await work.session.scalars(query):
            args = {"tenant": tenant, "schedule": str(schedule_id)}
            work.jobs.append(Job("scheduling.extend_schedule", args, lock=f"schedule:{schedule_id}"))


@task("scheduling.extend_schedule")
async def extend_schedule(runtime: Runtime, *, tenant: str, schedule: str) -> None:
    """Keep slots made ahead on one schedule."""
    name = "scheduling.extend_horizon"
    async with tenant_work(runtime, UUID(tenant), system_name=name) as work:
        ctx = await runtime.context(work, system(work.tenant_id, name))
        row = await ctx.load(ProviderSchedule, UUID(schedule))
        today = ctx.now.astimezone(ctx.tenant.zone).date()
        made = await make_slots(ctx, row, today, today + timedelta(days=ctx.service(SlotRules).horizon_days))
        if made.made:
            ctx.emit(MATERIALIZED, row.id, made=made.made)


@task("scheduling.remind", every="*/5 * * * *", each_tenant=True)
async def remind(runtime: Runtime, *, tenant: str) -> None:
    """Queue a reminder for every live appointment within the next 24 hours that was made longer ago than that, once: a
    job each, so that one that fails is told of and keeps nobody else's back."""
    async with tenant_work(runtime, UUID(tenant), system_name="scheduling.remind") as work:
        due = (
            update(Appointment)
            .where(
                Appointment.state.in_(("booked", "confirmed")),
                Appointment.reminded_at.is_(None),
                Appointment.starts_at > work.now,
                Appointment.starts_at <= work.now + REMIND_BEFORE,
                Appointment.created_at < Appointment.starts_at - REMIND_BEFORE,
            )
            .values(reminded_at=work.now, version=Appointment.version + 1)
            .returning(Appointment.id)
            .execution_options(synchronize_session=False)
        )
        for appointment_id in (await work.session.execute(due)).scalars().all():
            args = {"tenant": tenant, "appointment": str(appointment_id)}
            work.jobs.append(Job("scheduling.remind_of", args))


@task("scheduling.remind_of")
async def remind_of(runtime: Runtime, *, tenant: str, appointment: str) -> None:
    """Remind of one appointment, where it still stands."""
    async with tenant_work(runtime, UUID(tenant), system_name="scheduling.remind") as work:
        ctx = await runtime.context(work, system(work.tenant_id, "scheduling.remind"))
        row = await ctx.load(Appointment, UUID(appointment), lock=True)
        if row.state in ("booked", "confirmed") and row.reminded_at is not None and row.starts_at > ctx.now:
            await notify(ctx, row, REMINDER, once=f"reminder:{row.id}:{row.starts_at.isoformat()}")


@task("scheduling.release_holds", every="* * * * *", each_tenant=True)
async def release_holds(runtime: Runtime, *, tenant: str) -> None:
    """Let expired holds go. Who did not take an offered seat waits on, and the seat is offered to the next."""
    async with tenant_work(runtime, UUID(tenant), system_name="scheduling.release_holds") as work:
        expired = (
            delete(SlotHold).where(SlotHold.expires_at <= work.now).returning(SlotHold.slot_id, SlotHold.patient_id)
        )
        for slot_id, patient_id in (await work.session.execute(expired)).all():
            waits_on = (
                update(WaitlistEntry)
                .where(
                    WaitlistEntry.offered_slot_id == slot_id,
                    WaitlistEntry.patient_id == patient_id,
                    WaitlistEntry.state == "offered",
                )
                .values(state="waiting", version=WaitlistEntry.version + 1)
                .returning(WaitlistEntry.id)
                .execution_options(synchronize_session=False)
            )
            if (await work.session.execute(waits_on)).scalars().all():
                args = {"tenant": tenant, "slot": str(slot_id), "not_to": str(patient_id)}
                work.jobs.append(Job("scheduling.offer_again", args, lock=f"slot:{slot_id}"))


@task("scheduling.offer_again")
async def offer_again(runtime: Runtime, *, tenant: str, slot: str, not_to: str) -> None:
    """Offer a seat that was not taken to the next who waits."""
    async with tenant_work(runtime, UUID(tenant), system_name="scheduling.release_holds") as work:
        ctx = await runtime.context(work, system(work.tenant_id, "scheduling.release_holds"))
        await offer_seat(ctx, await ctx.load(TimeSlot, UUID(slot)), not_to=UUID(not_to))
