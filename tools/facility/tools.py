"""What anyone may know of the hospital: locations, specialties, practitioners."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from tools.facility.tables import DoctorSex, Location, Practitioner, Specialty
from tools.runtime.context import ToolContext
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Effect, Out, get, tool

_READ = Permission("facility:read")


class LocationOut(Out):
    id: UUID
    name: str
    aliases: list[str]
    address: str
    city: str
    zone: str
    phone: str
    hours: str
    parking: str


class SpecialtyOut(Out):
    id: UUID
    code: str
    name: str


class PractitionerOut(Out):
    id: UUID
    name: str
    specialty_code: str
    sex: DoctorSex | None = Field(description="None where it is not on record")
    languages: list[str]
    active: bool


class ListPractitioners(PageArgs):
    specialty: str | None = None
    sex: DoctorSex | None = Field(None, description="Those of whom it is on record")
    name: Words | None = Field(
        None, min_length=1, max_length=100, description="Part of the name; accents, apostrophes and case do not matter"
    )


@tool(
    "facility.list_locations", rest=get("/api/v1/facility/locations"), needs=_READ, effect=Effect.READ, by_patient=True
)
async def list_locations(ctx: ToolContext, args: PageArgs) -> Page[LocationOut]:
    """List the hospital's locations with address, hours, phone and parking."""
    return await page(
        ctx.session,
        select(Location),
        args,
        cursors=ctx.cursors,
        order=(Location.name, Location.id),
        show=LocationOut.model_validate,
    )


@tool(
    "facility.list_specialties",
    rest=get("/api/v1/facility/specialties"),
    needs=_READ,
    effect=Effect.READ,
    by_patient=True,
)
async def list_specialties(ctx: ToolContext, args: PageArgs) -> Page[SpecialtyOut]:
    """List the specialties that can be booked."""
    return await page(
        ctx.session,
        select(Specialty),
        args,
        cursors=ctx.cursors,
        order=(Specialty.code, Specialty.id),
        show=SpecialtyOut.model_validate,
    )


@tool(
    "facility.list_practitioners",
    rest=get("/api/v1/facility/practitioners"),
    needs=_READ,
    effect=Effect.READ,
    by_patient=True,
)
async def list_practitioners(ctx: ToolContext, args: ListPractitioners) -> Page[PractitionerOut]:
    """List the practitioners: all, of one specialty, or by name."""
    query = select(Practitioner).where(Practitioner.active)
    if args.specialty is not None:
        query = query.where(Practitioner.specialty_code == args.specialty)
    if args.sex is not None:
        query = query.where(Practitioner.sex == args.sex)
    if args.name is not None:
        query = query.where(func.strpos(Practitioner.searched, func.searchable(args.name)) > 0)
    return await page(
        ctx.session,
        query,
        args,
        cursors=ctx.cursors,
        order=(Practitioner.name, Practitioner.id),
        show=PractitionerOut.model_validate,
    )
