"""What a flow has in its hands during one turn: the state, the commands, tools to call, sentences to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.commands import Command, Fill
from agents.turn.conversation_state import State
from agents.understanding.hearing import Directory, Known
from tools.conversations.texts import Phrasebook, say_when
from tools.facility.tools import LocationOut
from tools.runtime.context import Tenant
from tools.runtime.principals import Principal, patient_principal, system
from tools.runtime.runtime import Runtime, Step
from tools.runtime.work import Work

_PHRASES = Phrasebook(Path(__file__).resolve().parents[1] / "texts")
phrase, spoken_phrase, own_words = _PHRASES.tell, _PHRASES.spoken, _PHRASES.all_words
CommandType = TypeVar("CommandType", bound=Command)

# Emergency numbers. IN: 112, Emergency Response Support System (Ministry of Home Affairs). US: 911 (FCC).
EMERGENCY = {"IN": "112", "US": "911"}
# Suicide prevention lines. IN: Tele-MANAS 14416 (Ministry of Health). US: 988 Suicide & Crisis Lifeline (SAMHSA).
CRISIS = {"IN": "14416", "US": "988"}

# The tools of each flow: an agent holds no others while it is in it.
_READ = {"scheduling.find_slots", "scheduling.list_appointments", "scheduling.list_waitlist", "patients.list_relatives"}
_HOLD = {"scheduling.hold_slot", "scheduling.release_hold"}
FLOW_TOOLS: dict[str, frozenset[str]] = {
    "concierge": frozenset(
        {"patients.search_patients", "patients.set_message_consent", "conversations.hand_over", "tickets.create_ticket",
         "scheduling.list_appointments", "scheduling.list_waitlist", "scheduling.confirm_appointment",
         "scheduling.release_hold", "scheduling.list_holidays", "patients.list_relatives"}
    ),
    "book": frozenset(_READ | _HOLD | {"scheduling.book_appointment", "scheduling.join_waitlist"}),
    "list": frozenset(_READ),
    "reschedule": frozenset(_READ | _HOLD | {"scheduling.reschedule_appointment"}),
    "cancel": frozenset(_READ | _HOLD | {"scheduling.cancel_appointment"}),
    "waitlist": frozenset(_READ | _HOLD | {"scheduling.join_waitlist"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """The hospital as a turn knows it: names for understanding, and facts for answers."""

    directory: Directory
    locations: tuple[LocationOut, ...]
    specialty_of: dict[str, str]  # practitioner's id -> specialty code

    def specialty_name(self, code: str) -> str:
        return next((known.name for known in self.directory.specialties if known.id == code), code)

    def practitioner(self, row_id: UUID | str) -> Known | None:
        return next((known for known in self.directory.practitioners if str(known.id) == str(row_id)), None)


@dataclass(slots=True)
class Dialogue:
    runtime: Runtime
    work: Work
    tenant: Tenant
    place: Place
    state: State
    text: str
    commands: tuple[Command, ...]
    language: str
    conversation_id: UUID
    address: str  # E.164 of the patient's side
    turn: str
    channel: str
    lines: list[str] = field(default_factory=list)
    handed_over: bool = False
    read_back: bool = False  # this answer ends with what a yes would do
    results: list[Any] = field(default_factory=list)  # what the turn's tools gave
    _steps: int = 0

    @property
    def now(self) -> datetime:
        """The time at the hospital."""
        return self.work.now.astimezone(self.tenant.zone)

    @property
    def subject_id(self) -> UUID:
        """For whom the flow acts."""
        found = self.state.subject_id or self.state.patient_id
        assert found is not None, "a flow runs for a known patient only"
        return found

    def say(self, name: str, /, **facts: object) -> None:
        self.lines.append(self.phrase(name, **facts))

    def phrase(self, name: str, /, **facts: object) -> str:
        tell = spoken_phrase if self.channel == "phone" else phrase
        return tell(self.language, name, **facts)

    def when(self, at: datetime) -> str:
        return say_when(at, self.language)

    def local(self, at: datetime, location_id: UUID) -> datetime:
        """A UTC time at a location."""
        zone = next((place.zone for place in self.place.locations if place.id == location_id), None)
        return at.astimezone(ZoneInfo(zone) if zone else self.tenant.zone)

    def first(self, kind: type[CommandType]) -> CommandType | None:
        return next((command for command in self.commands if isinstance(command, kind)), None)

    def has(self, *kinds: type[Any]) -> bool:
        return any(isinstance(command, kinds) for command in self.commands)

    def fills(self) -> list[Fill]:
        return [command for command in self.commands if isinstance(command, Fill)]

    async def call(self, name: str, *, assent: str | None = None, **args: Any) -> Any:
        """Call a tool for the patient the flow acts for."""
        return await self._call(name, args, patient_principal(self.tenant.id, self.subject_id), assent)

    async def call_as_service(self, name: str, **args: Any) -> Any:
        """Call a tool as the service: before it is known who the patient is, or across a patient's relatives."""
        return await self._call(name, args, system(self.tenant.id, "agent:concierge"), None)

    async def _call(self, name: str, args: dict[str, Any], caller: Principal, assent: str | None) -> Any:
        self._steps += 1
        tools = FLOW_TOOLS["concierge"] | FLOW_TOOLS.get(self.state.flow or "concierge", frozenset())
        step = Step(turn=self.turn, number=self._steps, tools=tools, assent=assent)
        out = await self.runtime.call_named_within(self.work, name, args, caller, step=step)
        self.results.append(out)
        return out
