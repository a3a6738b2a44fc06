"""Who is likely a patient already: name, birth date, telephone and sex compared with the records there are.

Each field gives a weight, log2 of how much likelier it is between two records of one person than of two (Fellegi and
Sunter, 1969); their sum is the score. The weights are the service's own, set so that one person written twice passes
and the two of a family do not. A given name that differs is a veto, whatever the sum: without it textbook linkage takes
every twin for the same person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol
from uuid import UUID

from pydantic import Field
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import and_, or_, select

from governance.redaction.devanagari import is_devanagari, romanise
from governance.redaction.sounds import likeness
from tools.patients.gates import e164
from tools.patients.tables import Patient
from tools.patients.tools import Sex
from tools.runtime.context import ToolContext
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, tool

LIKELY = 14.0  # a score from here on goes to a person
_MOST = 500  # records that are compared
_SAME_GIVEN, _ALIKE_GIVEN, _INITIAL, _OTHER_GIVEN = 6.0, 3.0, 1.0, -6.0
_SAME_FAMILY, _ALIKE_FAMILY, _OTHER_FAMILY = 5.0, 2.0, -4.0
_SAME_BIRTH_DATE, _NEAR_BIRTH_DATE, _OTHER_BIRTH_DATE = 10.0, 2.0, -8.0
_SAME_PHONE = 4.0
_SAME_SEX, _OTHER_SEX = 1.0, -4.0


class FindDuplicates(Args):
    given: Words = Field(min_length=1, max_length=100)
    family: Words = Field(min_length=1, max_length=100)
    birth_date: date
    sex: Sex = "unknown"
    phone: str | None = Field(None, max_length=30)


class DuplicateOut(Out):
    patient_id: UUID
    score: float
    reasons: list[str]


class DuplicatesOut(Out):
    items: list[DuplicateOut]


class Described(Protocol):
    """What is compared of a person."""

    @property
    def given(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def birth_date(self) -> date: ...
    @property
    def sex(self) -> str: ...
    @property
    def phone(self) -> str | None: ...


@tool("patients.find_duplicates", needs=Permission("patients:read"), effect=Effect.READ)
async def find_duplicates(ctx: ToolContext, args: FindDuplicates) -> DuplicatesOut:
    """Find the patients who are likely the one described, with the score and what it rests on, the likeliest first."""
    phone = None if args.phone is None else e164(args.phone, ctx.tenant.country)
    wanted = args.model_copy(update={"phone": phone})
    alike = [
        Patient.birth_date.in_({args.birth_date, _swapped(args.birth_date) or args.birth_date}),
        and_(Patient.family == args.family, Patient.given == args.given),
    ]
    if phone is not None:
        alike.append(Patient.phone == phone)
    query = select(Patient).where(Patient.deleted_at.is_(None), or_(*alike)).order_by(Patient.id).limit(_MOST)
    found = [_out(row, wanted) for row in await ctx.session.scalars(query)]
    likely = [one for one in found if one.score >= LIKELY]
    return DuplicatesOut(items=sorted(likely, key=lambda one: -one.score))


def score(one: Described, other: Described) -> tuple[float, list[str]]:
    """How likely two descriptions are of one person, and which fields say so."""
    weights = {"name": _name(one, other), "birth date": _birth_date(one.birth_date, other.birth_date)}
    if one.phone and one.phone == other.phone:
        weights["phone"] = _SAME_PHONE
    if "unknown" not in (one.sex, other.sex):
        weights["sex"] = _SAME_SEX if one.sex == other.sex else _OTHER_SEX
    total = sum(weights.values())
    if weights["name"] < 0:  # twins, a father and his son: never likely
        total = min(total, LIKELY - 1)
    return total, [name for name, weight in weights.items() if weight > 0]


def _out(row: Patient, wanted: FindDuplicates) -> DuplicateOut:
    total, reasons = score(wanted, row)
    return DuplicateOut(patient_id=row.id, score=total, reasons=reasons)


def _name(one: Described, other: Described) -> float:
    """Of the names as they stand, or of those exchanged. Negative where the given names are of two people."""
    straight = _names((one.given, one.family), (other.given, other.family))
    crossed = _names((one.given, one.family), (other.family, other.given))
    return max(straight, crossed - 2.0)


def _names(one: tuple[str, str], other: tuple[str, str]) -> float:
    given = _part(one[0], other[0], same=_SAME_GIVEN, alike=_ALIKE_GIVEN, differs=_OTHER_GIVEN)
    family = _part(one[1], other[1], same=_SAME_FAMILY, alike=_ALIKE_FAMILY, differs=_OTHER_FAMILY)
    return min(given, given + family) if given < 0 else max(given + family, 0.0)


def _part(one: str, other: str, *, same: float, alike: float, differs: float) -> float:
    best = differs
    for mine in _words(one):
        for theirs in _words(other):
            if mine == theirs or likeness(mine, theirs) >= 92:
                return same
            if likeness(mine, theirs) >= 85 or JaroWinkler.similarity(mine, theirs) >= 0.88:
                best = max(best, alike)
            elif 1 in (len(mine), len(theirs)) and mine[0] == theirs[0]:
                best = max(best, _INITIAL)
    return best


def _words(name: str) -> Iterable[str]:
    plain = (romanise(word) if is_devanagari(word) else word for word in name.lower().split())
    return [word.strip(".") for word in plain if word.strip(".")]


def _birth_date(one: date, other: date) -> float:
    if one == other:
        return _SAME_BIRTH_DATE
    same = sum((one.day == other.day, one.month == other.month, one.year == other.year))
    return _NEAR_BIRTH_DATE if same == 2 or _swapped(one) == other else _OTHER_BIRTH_DATE


def _swapped(day: date) -> date | None:
    """The date with day and month exchanged."""
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else None
