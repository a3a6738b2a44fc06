"""A room, declared in its `room.py`: who may do what in it, how long its rows are kept, and what erasing a patient
does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import TopologicalSorter
from uuid import UUID

from sqlalchemy import CursorResult, text

from tools.runtime.context import ToolContext
from tools.runtime.principals import Role, grant

MOST_A_TIME = 5_000  # rows that one statement removes
CLINICAL = "clinical record: kept as the law of the place asks, and erased on request"
FEW = "as many as there are of them"
Deletion = Callable[[ToolContext, datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class DataClass:
    """A class of data with one retention, in days, that a hospital can set, but not below `at_least`. `counted_as`:
    what its number is called in the answer of `record.apply_retention`; `why` has the source of both figures."""

    name: str
    days: int
    at_least: int
    why: str
    counted_as: str
    count: Deletion | None = None  # how many would go now, for a dry run
    most: int | None = None  # that go at a time; None: MOST_A_TIME


@dataclass(slots=True)
class Erasing:
    """The erasure of one patient, under way: rooms add whose keys are to be destroyed, and what they found by kind."""

    patient_id: UUID
    owners: list[UUID] = field(default_factory=list)
    found: dict[str, list[UUID]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    """One domain of the hospital. Making one declares it.

    `grants`: by permission, the roles that hold it; ("admin",) where nobody else is to. `service`: what the service
    alone does. `classes`: the classes of data it adds. `deletes`: by class of data, what removes its rows (`deleting`),
    in order. `keeps`: tables that retention does not touch, and why. `in_clear`: tables whose
    rows hold what people are called, by design. `erase`: what it does when a patient is erased, after the rooms
    named in `erases_after`. `ends`: by table, the class of data whose retention ends its rows.
    """

    name: str
    grants: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    service: frozenset[str] = frozenset()
    classes: tuple[DataClass, ...] = ()
    deletes: Mapping[str, tuple[Deletion, ...]] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    keeps: Mapping[str, str] = field(default_factory=dict)
    in_clear: frozenset[str] = frozenset()
    erase: Callable[[ToolContext, Erasing], Awaitable[None]] | None = None
    erases_after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name in _ROOMS:
            raise ValueError(f"two rooms are called {self.name}")
        _ROOMS[self.name] = self
        grant(self.grants, service=self.service)


_ROOMS: dict[str, Room] = {}


def all_rooms() -> Iterator[Room]:
    """Every room, by name."""
    return iter(sorted(_ROOMS.values(), key=lambda room: room.name))


def data_classes() -> dict[str, DataClass]:
    """Every class of data, by name."""
    return {one.name: one for room in all_rooms() for one in room.classes}


def rules() -> dict[str, str]:
    """By table: the class of data whose retention ends its rows, or why they stay."""
    return {table: rule for room in all_rooms() for table, rule in (*room.ends.items(), *room.keeps.items())}


def in_clear() -> frozenset[str]:
    """Tables whose rows hold what people are called, by design; in no other may a name be found."""
    return frozenset().union(*(room.in_clear for room in all_rooms()))


def in_order_of_erasure() -> list[Room]:
    """The rooms that do something when a patient is erased, each after those it names."""
    order = TopologicalSorter({room.name: room.erases_after for room in all_rooms()}).static_order()
    return [_ROOMS[name] for name in order if _ROOMS[name].erase is not None]


def deleting(statement: str) -> Deletion:
    """What removes rows by a statement with `:before` and `:most`; it may select the number itself."""

    async def delete_past(ctx: ToolContext, before: datetime) -> int:
        result = await ctx.session.execute(text(statement), {"before": before, "most": MOST_A_TIME})
        assert isinstance(result, CursorResult)
        return int(result.scalar_one()) if result.returns_rows else result.rowcount

    return delete_past
