"""Events and what follows from them. An event is a row of `event_log`, written in the transaction of its cause;
each reaction to it is a job deferred in that same transaction, run at least once and recorded as run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tools.runtime.jobs import Job

EVENTS: dict[str, str] = {}
_REACTIONS: dict[str, dict[str, Callable[..., Awaitable[None]]]] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one record, named by a past participle: `Appointment.Created`."""

    type: str
    entity_id: UUID
    payload: dict[str, Any] = field(default_factory=dict)
    id: UUID | None = None  # of its row in the log, where it is read from there


def event_type(name: str, meaning: str) -> str:
    """Declare an event type, for the catalogue; emitting an undeclared one is an error."""
    EVENTS[name] = meaning
    return name


def reaction(event: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Declare what is done when an event happens: `async def fn(ctx, event)`."""

    def register(run: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        _REACTIONS.setdefault(event, {})[f"{run.__module__}.{run.__name__}"] = run
        return run

    return register


def reactions_to(event: str) -> dict[str, Callable[..., Awaitable[None]]]:
    return _REACTIONS.get(event, {})


def jobs_for(event: str, event_id: UUID, tenant_id: UUID, entity_id: UUID) -> list[Job]:
    """One job a reaction; those of one record run in order."""
    return [
        Job("react", {"tenant": str(tenant_id), "event": str(event_id), "reaction": name}, lock=f"entity:{entity_id}")
        for name in reactions_to(event)
    ]
