"""Events and what follows from them. An event is a row of `event_log`, written in the transaction of its cause;
each reaction to it is a job deferred in that same transaction, run at least once and recorded as run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from db.json import JsonObject
from tools.runtime.jobs import Job

if TYPE_CHECKING:
    from tools.runtime.context import ToolContext

ALERTS = "*"  # a reaction to this is one to every event that tells of trouble


@dataclass(frozen=True, slots=True)
class EventType:
    """`alert`: other systems may ask to be told of it (tools/alerts)."""

    name: str
    meaning: str
    alert: bool = False


EVENTS: dict[str, EventType] = {}
Run = Callable[..., Awaitable[None]]
# What must not hold a transaction open: reads what it needs in a short one, and gives back what is awaited outside.
Before = Callable[["ToolContext", "Event"], Awaitable[Callable[[], Awaitable[object]] | None]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done when an event happens. What `before` comes to is the run's `ctx.prepared`."""

    run: Run
    before: Before | None = None


_REACTIONS: dict[str, dict[str, Reaction]] = {}
_FORMER: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one record, named by a past participle: `Appointment.Created`."""

    type: str
    entity_id: UUID
    payload: JsonObject = field(default_factory=dict)
    id: UUID | None = None  # of its row in the log, where it is read from there


def event_type(name: str, meaning: str, *, alert: bool = False) -> str:
    """Declare an event type, for the catalogue; emitting an undeclared one is an error."""
    EVENTS[name] = EventType(name, meaning, alert)
    return name


def alert_types() -> list[str]:
    """The events that other systems may ask to be told of."""
    return sorted(name for name, one in EVENTS.items() if one.alert)


def reaction(event: str, name: str, *, before: Before | None = None) -> Callable[[Run], Run]:
    """Declare what is done when an event happens: `async def fn(ctx, event)`. `name` stands in queued jobs: it stays
    when the function moves."""

    def register(run: Run) -> Run:
        reactions = _REACTIONS.setdefault(event, {})
        if name in reactions:
            raise ValueError(f"two reactions to {event} are called {name}")
        reactions[name] = Reaction(run, before)
        _FORMER[f"{run.__module__}.{run.__name__}"] = name
        return run

    return register


def reactions_to(event: str) -> dict[str, Reaction]:
    """What is done when an event happens, by name."""
    declared = EVENTS.get(event)
    of_trouble = _REACTIONS.get(ALERTS, {}) if declared is not None and declared.alert else {}
    return of_trouble | _REACTIONS.get(event, {})


def find_reaction(event: str, name: str) -> Reaction | None:
    """A reaction by its name; jobs queued before names were given carry the function's module path."""
    return reactions_to(event).get(_FORMER.get(name, name))


def jobs_for(event: str, event_id: UUID, *, tenant_id: UUID, entity_id: UUID) -> list[Job]:
    """One job a reaction; those of one record run in order."""
    return [
        Job("react", {"tenant": str(tenant_id), "event": str(event_id), "reaction": name}, lock=f"entity:{entity_id}")
        for name in reactions_to(event)
    ]
