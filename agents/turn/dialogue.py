"""What a flow has in its hands during one turn: the state, the commands, tools to call, sentences to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, JsonValue

from agents import flows
from agents.commands import Affirm, Chat, Command, Fill, Goodbye, Greet, Thank
from agents.flows import FlowData
from agents.phrases import phrase, spoken_phrase
from agents.turn.conversation_state import Option, Pending, State
from agents.understanding.builtin.replies import agrees
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.utterance import Directory, Known
from tools.conversations.texts import say_soon, say_when
from tools.facility.tools import LocationOut
from tools.runtime.context import Tenant
from tools.runtime.principals import Principal, patient_principal, system
from tools.runtime.runtime import Runtime, Step, confirmation_digest
from tools.runtime.tool import Given, Operation, Result, tool_of
from tools.runtime.unit_of_work import UnitOfWork

_WITH_A_YES = (Affirm, Thank, Greet, Goodbye, Chat)
CommandType = TypeVar("CommandType", bound=Command)
Data = TypeVar("Data", bound=FlowData)

# Emergency numbers. IN: 112, Emergency Response Support System (Ministry of Home Affairs). US: 911 (FCC).
EMERGENCY = {"IN": "112", "US": "911"}
# Suicide prevention lines. IN: Tele-MANAS 14416 (Ministry of Health). US: 988 Suicide & Crisis Lifeline (SAMHSA).
CRISIS = {"IN": "14416", "US": "988"}


@dataclass(frozen=True, slots=True)
class HospitalDirectory:
    """The hospital as a turn knows it: names for understanding, and facts for answers."""

    names: Directory
    locations: tuple[LocationOut, ...]
    specialty_of: dict[str, str]  # practitioner's id -> specialty code
    sex_of: dict[str, str]  # practitioner's id -> sex, of those of whom it is on record

    def specialty_name(self, code: str) -> str:
        return next((known.name for known in self.names.specialties if known.id == code), code)

    def practitioner(self, row_id: UUID | str) -> Known | None:
        return next((known for known in self.names.practitioners if str(known.id) == str(row_id)), None)


@dataclass(slots=True)
class Dialogue:
    runtime: Runtime
    work: UnitOfWork
    tenant: Tenant
    hospital: HospitalDirectory
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
    repeats: bool = False  # this answer says the last one again
    has_read_back: bool = False  # this answer ends with what a yes would do
    worked_out: list[str] = field(default_factory=list)  # from the hospital's facts: an answer may say it
    results: list[BaseModel] = field(default_factory=list)  # what the turn's tools gave
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

    def data(self, kind: type[Data]) -> Data:
        """The data of the flow under way, which is of that type."""
        found = self.state.data
        assert isinstance(found, kind), f"{self.state.flow} keeps a {type(found).__name__}"
        return found

    def read_back(self, pending: Pending) -> None:
        """Say exactly what a yes will do, and wait for it; after two answers that were none, both are numbered."""
        if pending != self.state.pending:
            self.state.misses = 0
        self.state.pending = pending
        answers = ("yes", "no") if self.state.misses > 1 else ()
        self.state.ask("confirm", options=[Option(id=one, label=self.phrase(f"answer_{one}")) for one in answers])
        self.has_read_back = True
        self.say(f"read_back_{pending.action}", **pending.facts)

    def says_yes_to(self, pending: Pending, action: str) -> bool:
        """Whether the patient's own words are an explicit yes to exactly what was read back, and nothing more was
        understood in them. `action`: the name of the flow whose words agree to it."""
        if is_plain_yes(self.text, action) or self.state.by_number(self.text) == "yes":
            return True
        only = all(isinstance(command, _WITH_A_YES) for command in self.commands)
        told = " ".join([*pending.facts.values(), self.state.last_answer])
        return only and agrees(self.text, told, action, self.runtime.services.find(Meaning))

    def say(self, name: str, /, **facts: object) -> None:
        self.lines.append(self.phrase(name, **facts))

    def missed(self, name: str) -> None:
        """Say that something was not understood, each time in another way, and from the third on that there is a
        person, every other time."""
        self.state.misses += 1
        self.say(name if self.state.misses == 1 else "offer_person" if self.state.misses % 2 else "simpler")

    def phrase(self, name: str, /, **facts: object) -> str:
        tell = spoken_phrase if self.channel == "phone" else phrase
        return tell(self.language, name, **facts)

    def when(self, at: datetime) -> str:
        return say_when(at, self.language)

    def soon(self, at: datetime) -> str:
        """A time that is near: of today the hour alone."""
        return say_soon(at.astimezone(self.tenant.zone), self.now, self.language)

    def local(self, at: datetime, location_id: UUID) -> datetime:
        """A UTC time at a location."""
        zone = next((place.zone for place in self.hospital.locations if place.id == location_id), None)
        return at.astimezone(ZoneInfo(zone) if zone else self.tenant.zone)

    def first(self, kind: type[CommandType]) -> CommandType | None:
        return next((command for command in self.commands if isinstance(command, kind)), None)

    def has(self, *kinds: type[Command]) -> bool:
        return any(isinstance(command, kinds) for command in self.commands)

    def fills(self) -> list[Fill]:
        return [command for command in self.commands if isinstance(command, Fill)]

    async def call(self, run: Operation[Given, Result], **args: JsonValue) -> Result:
        """Call a tool, given as its function, for the patient the flow acts for. Raises ToolError."""
        out = await self._call(tool_of(run).name, args, patient_principal(self.tenant.id, self.subject_id))
        return cast(Result, out)

    async def act(self, pending: Pending) -> BaseModel:
        """Do what was read back. To be called only where the patient's own words were a plain yes to it."""
        caller = patient_principal(self.tenant.id, self.subject_id)
        confirmation = confirmation_digest(pending.tool, pending.args)
        return await self._call(pending.tool, pending.args, caller, confirmation=confirmation)

    async def act_as_service(self, pending: Pending) -> BaseModel:
        """Do what was read back as the service: for one who is no patient yet. As with `act`, a plain yes goes
        before."""
        caller = system(self.tenant.id, "agent:concierge")
        confirmation = confirmation_digest(pending.tool, pending.args)
        return await self._call(pending.tool, pending.args, caller, confirmation=confirmation)

    async def call_as_service(self, run: Operation[Given, Result], **args: JsonValue) -> Result:
        """Call a tool as the service: before it is known who the patient is, or across a patient's relatives."""
        out = await self._call(tool_of(run).name, args, system(self.tenant.id, "agent:concierge"))
        return cast(Result, out)

    async def _call(
        self, name: str, args: dict[str, JsonValue], caller: Principal, *, confirmation: str | None = None
    ) -> BaseModel:
        self._steps += 1
        tools = flows.tools_held(self.state.flow)
        step = Step(turn=self.turn, number=self._steps, tools=tools, confirmation=confirmation)
        out = await self.runtime.call_named_within(self.work, name, args, caller, step=step)
        self.results.append(out)
        return out
