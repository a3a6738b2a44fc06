"""Writing on the record, inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct
from db.json import JsonObject
from governance.vault import Keyring, Owner

ENTRY_KINDS: dict[str, str] = {}


def entry_kind(name: str, meaning: str) -> str:
    """Declare a kind of entry, where it is meant; appending one that is not declared is an error."""
    ENTRY_KINDS[name] = meaning
    return name


SESSION_STARTED = entry_kind("session_started", "A session began")
SESSION_ENDED = entry_kind("session_ended", "A session ended")
TOOL_CALL = entry_kind("tool_call", "A tool was called: what it did, was refused for, or showed")
POLICY_DECISION = entry_kind("policy_decision", "A policy's rule, or one of the service's own, decided")
STATE = entry_kind("state", "Something came into another state")

_APPEND = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::bytea[], %s::jsonb)"


NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SessionHeader:
    """How a session is described when its first entry is written."""

    id: UUID
    agent: str
    channel: str
    principal: str
    started_at: datetime
    patient_id: UUID | None = None
    conversation_id: UUID | None = None


@dataclass(slots=True)
class Pending:
    """An entry that is not written yet."""

    kind: str
    body: JsonObject
    full: JsonObject | None
    owner: Owner | None


@dataclass(slots=True)
class Record:
    """The entries of one transaction; `flush` writes them with the chain's next hashes in one round trip."""

    header: SessionHeader
    entries: list[Pending] = field(default_factory=list)

    def append(
        self, kind: str, body: JsonObject, *, full: JsonObject | None = None, owner: Owner | None = None
    ) -> None:
        """`kind` is a declared one. `body` is kept readable and holds nothing personal; `full` is sealed under the
        owner's key: a patient's, or the session's conversation's. Where there is neither it is left out: what could not
        be erased is not stored."""
        if kind not in ENTRY_KINDS:
            raise ValueError(f"{kind} is not a declared kind of entry")
        if owner is None and self.header.conversation_id is not None:
            owner = Owner(self.header.conversation_id, "conversation")
        self.entries.append(Pending(kind, body, full if full and owner is not None else None, owner))

    def roll_back(self, mark: int, cause: str) -> None:
        """What was appended since `mark` was undone: a change says so and why, a decision too, what was only read stays
        read, and nothing else is kept. What it told of whoever was made meanwhile is not kept either."""
        kept = []
        for entry in self.entries[mark:]:
            body = entry.body
            if entry.kind == "tool_call" and body.get("outcome") == "ok" and body.get("effect") != "read":
                remaining = {name: value for name, value in body.items() if name != "result"}
                kept.append(self._undone(entry, remaining | {"outcome": "rolled_back", "code": cause}))
            elif entry.kind == "policy_decision":
                kept.append(self._undone(entry, body | {"rolled_back": cause}))
            elif entry.kind == "tool_call":
                kept.append(entry)
        self.entries[mark:] = kept

    def _undone(self, entry: Pending, body: JsonObject) -> Pending:
        conversation = self.header.conversation_id
        if conversation is None:
            return Pending(entry.kind, body, None, None)
        return Pending(entry.kind, body, entry.full, Owner(conversation, "conversation"))

    async def flush(self, session: AsyncSession, keys: Keyring, events: list[JsonObject]) -> None:
        """Write what was appended, and the events. Called once, last before the commit: the chain's row is locked
        until then."""
        if not self.entries and not events:
            return
        sealed = await self._seal(keys)
        header = dataclasses.asdict(self.header)
        await direct(
            session,
            _APPEND,
            (
                header.pop("id"),
                canonical(header),
                [entry.kind for entry in self.entries],
                [canonical(entry.body) for entry in self.entries],
                sealed,
                canonical(events),
            ),
        )
        self.entries.clear()

    async def _seal(self, keys: Keyring) -> list[bytes | None]:
        owners = list({entry.owner for entry in self.entries if entry.full is not None and entry.owner is not None})
        of = dict(zip(owners, await keys.of(*owners), strict=True)) if owners else {}
        aad = entry_aad(self.header.id)
        return [
            None if entry.full is None or entry.owner is None else of[entry.owner].seal(canonical(entry.full), aad)
            for entry in self.entries
        ]


async def append_event(session: AsyncSession, event: JsonObject) -> None:
    """Write an event that is no call's and has no entry."""
    await direct(session, _APPEND, (NIL, "{}", [], [], [], canonical([event])))


def entry_aad(session_id: UUID) -> str:
    """What the sealed part of an entry is bound to; its place in the session is held by the chain."""
    return f"entry:{session_id}"


def canonical(value: object) -> str:
    """JSON with sorted keys, no spaces, UTF-8 kept: the same value gives the same bytes."""
    dumped = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return dumped.replace("\\u0000", "\\ufffd")  # PostgreSQL text holds no NUL


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
