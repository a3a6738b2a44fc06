"""Schedules, slots, holds, appointments, the waitlist and encounters. Seats are kept by the database: triggers count a
slot's `taken`, and a check refuses more than its capacity, whoever inserts
(`db/migrations/versions/0001_sealed.sql`)."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from db.base import Base, TenantRow, Versioned, tenant_index
from db.json import JsonArray
from tools.facility.tables import Location, Practitioner

LIVE = ("booked", "confirmed", "checked_in")
_LIVE_SQL = "state IN ('booked', 'confirmed', 'checked_in')"


class WithNames:
    """What has a practitioner and a location. Their rows are there where a query asked for them (`named`)."""

    @declared_attr
    @classmethod
    def practitioner_row(cls) -> Mapped[Practitioner]:
        return relationship(Practitioner, viewonly=True, lazy="raise")

    @declared_attr
    @classmethod
    def location_row(cls) -> Mapped[Location]:
        return relationship(Location, viewonly=True, lazy="raise")


class ProviderSchedule(Versioned, Base):
    """A practitioner's recurring weekly availability at a location, in that location's wall-clock time."""

    __tablename__ = "provider_schedule"
    __table_args__ = (
        tenant_index("practitioner_id"),
        CheckConstraint("local_start < local_end", name="hours"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="slot_minutes"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="validity"),
        CheckConstraint("state IN ('active', 'inactive')", name="state"),
    )

    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    specialty_code: Mapped[str]
    weekdays: Mapped[JsonArray]  # 0 Monday .. 6 Sunday
    local_start: Mapped[time]
    local_end: Mapped[time]
    slot_minutes: Mapped[int]
    capacity: Mapped[int] = mapped_column(default=1)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    # [{valid_from, valid_to, kind: leave|extra, local_start, local_end}]
    exceptions: Mapped[JsonArray] = mapped_column(default=list)
    works_holidays: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[str] = mapped_column(default="active")


class Holiday(TenantRow, Base):
    """Days on which the hospital, or one location, keeps no weekly hours."""

    __tablename__ = "holiday"
    __table_args__ = (tenant_index("valid_to"), CheckConstraint("valid_from <= valid_to", name="days"))

    name: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))


class TimeSlot(WithNames, TenantRow, Base):
    """One bookable interval. `taken` counts live appointments and holds; only triggers write it. Of slots of one
    practitioner that overlap only one may be taken, unless staff allowed it (`ex_time_slot_practitioner`)."""

    __tablename__ = "time_slot"
    __table_args__ = (
        UniqueConstraint("tenant_id", "practitioner_id", "starts_at"),
        tenant_index("specialty_code", "starts_at"),
        tenant_index("schedule_id", "starts_at"),
        tenant_index("starts_at"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="seats"),
        CheckConstraint("starts_at < ends_at", name="interval"),
    )

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("provider_schedule.id"))
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    specialty_code: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    local_date: Mapped[date]
    local_time: Mapped[time]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    blocked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))  # the schedule has it no more
    closed_by: Mapped[str | None]  # closed by a person, whatever the schedule says
    closed_reason: Mapped[str | None]
    overlap_allowed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class SlotHold(TenantRow, Base):
    """A seat kept for a patient while the details are read back; worthless after `expires_at`."""

    __tablename__ = "slot_hold"
    __table_args__ = (UniqueConstraint("tenant_id", "slot_id", "patient_id"), tenant_index("expires_at"))

    slot_id: Mapped[UUID] = mapped_column(ForeignKey("time_slot.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    expires_at: Mapped[datetime]


class Appointment(WithNames, Versioned, Base):
    """A patient in a slot. At most one live appointment with a practitioner a day, and one at a time, unless staff said
    otherwise and why (`ex_appointment_patient`)."""

    __tablename__ = "appointment"
    __table_args__ = (
        tenant_index("patient_id", "starts_at"),
        tenant_index("practitioner_id", "starts_at"),
        tenant_index("slot_id"),
        tenant_index("starts_at"),
        CheckConstraint(
            "state IN ('booked', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show', "
            "'left_without_being_seen')",
            name="state",
        ),
        CheckConstraint("visit_type IN ('new', 'follow_up', 'tele')", name="visit_type"),
        Index(
            "uq_appointment_one_a_day", "tenant_id", "patient_id", "practitioner_id", "local_date", unique=True,
            postgresql_where=text(f"{_LIVE_SQL} AND NOT same_day_allowed"),
        ),
    )  # fmt: skip

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    slot_id: Mapped[UUID] = mapped_column(ForeignKey("time_slot.id"))
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    specialty_code: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    local_date: Mapped[date]
    state: Mapped[str] = mapped_column(default="booked")
    visit_type: Mapped[str] = mapped_column(default="new")
    reason: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="staff")
    cancel_reason: Mapped[str | None]
    by_hospital: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state_reason: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    same_day_allowed: Mapped[bool] = mapped_column(default=False)
    overlap_reason: Mapped[str | None]
    reminded_at: Mapped[datetime | None]


class WaitlistEntry(Versioned, Base):
    """A patient who waits for a seat; offered one when a seat becomes free."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        tenant_index("specialty_code", "state"),
        tenant_index("patient_id"),
        CheckConstraint("state IN ('waiting', 'offered', 'booked', 'left')", name="state"),
        CheckConstraint("date_from <= date_to", name="dates"),
        Index(
            "uq_waitlist_waiting", "tenant_id", "patient_id", "specialty_code", unique=True,
            postgresql_where=text("state IN ('waiting', 'offered')"),
        ),
    )  # fmt: skip

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    specialty_code: Mapped[str]
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    date_from: Mapped[date]
    date_to: Mapped[date]
    state: Mapped[str] = mapped_column(default="waiting")
    offered_slot_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_slot.id"))


class Encounter(Versioned, Base):
    """The visit itself (FHIR Encounter); from an appointment, or on its own."""

    __tablename__ = "encounter"
    __table_args__ = (
        tenant_index("patient_id", "created_at"),
        CheckConstraint("state IN ('planned', 'in_progress', 'completed', 'cancelled')", name="state"),
        CheckConstraint("class_code IN ('AMB', 'EMER', 'IMP', 'VR', 'HH')", name="class_code"),
        CheckConstraint("ended_at IS NULL OR started_at <= ended_at", name="period"),
        Index(
            "uq_encounter_appointment", "tenant_id", "appointment_id", unique=True,
            postgresql_where=text("appointment_id IS NOT NULL AND state <> 'cancelled'"),
        ),
    )  # fmt: skip

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))
    state: Mapped[str] = mapped_column(default="planned")
    class_code: Mapped[str] = mapped_column(default="AMB")  # FHIR v3-ActCode
    reason: Mapped[str | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
