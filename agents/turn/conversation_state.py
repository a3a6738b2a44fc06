"""A conversation's state between turns: small JSON, written by turns only."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from agents import flows
from agents.commands import FlowName
from agents.flows import FlowData
from agents.screen.red_flags import RedFlag
from agents.turn import earlier_state
from agents.understanding.utterance import Awaiting

_A_NUMBER = re.compile(r"[ .#(]*(?:(?:number|option|no\.?) ?)?(\d)[ .)!]*(?:please|pls|ji)?[ .!]*")
_WHO = ("patient_id", "given", "verified_at", "tries", "greeted")


class Option(BaseModel):
    """One of the things shown, to be picked by number or words. `at`: its local start, where it has one."""

    id: str
    label: str
    at: datetime | None = None


class Pending(BaseModel):
    """What was read back and waits for a yes: the tool and its exact arguments. `action`: the flow whose action it
    is."""

    action: str
    tool: str
    args: dict[str, JsonValue]
    facts: dict[str, str]  # for the answer after the yes


class Waiting(BaseModel):
    """A person is waited for. `urgent`: because of a red flag. `told_at`: when the patient last heard that the message
    has reached people; `offered`: that the assistant may go on meanwhile. `language`: the patient writes in one that is
    not offered."""

    since: datetime
    due_at: datetime
    urgent: bool = False
    told_at: datetime | None = None
    offered: bool = False
    language: str | None = None


class Sign(BaseModel):
    """A sign of an emergency, as the screens gave it."""

    code: str
    label: str
    source: str

    def flag(self) -> RedFlag:
        return RedFlag(self.code, self.label, self.source)


class Suspicion(BaseModel):
    """ "Is this happening now?" was asked. `text`: the message that made it asked, answered where it is not."""

    text: str
    signs: list[Sign]


class QueuedFlow(BaseModel):
    """A flow that the patient asked for, with what was said about it; its data is of the flow's own type."""

    flow: FlowName
    data: SerializeAsAny[FlowData] = Field(default_factory=FlowData, validate_default=True)

    @field_validator("data", mode="before")
    @classmethod
    def _of_flow(cls, value: object, info: ValidationInfo) -> FlowData:
        return _data_of(info.data.get("flow"), value)


class State(BaseModel):
    model_config = ConfigDict(extra="ignore")  # a state written by a newer version is still read

    patient_id: UUID | None = None
    given: str = ""
    noted: dict[str, str] = Field(default_factory=dict)  # of the writer, said before it was asked: birth_date, name
    verified_at: datetime | None = None
    vouched: list[UUID] = Field(default_factory=list)  # relatives whom the writer registered in this conversation
    named: list[str] = Field(default_factory=list)  # who was registered, as the writer named them
    tries: int = 0
    greeted: bool = False
    chose_language: bool = False  # in so many words: no sentence changes it

    flow: FlowName | None = None
    data: SerializeAsAny[FlowData] = Field(default_factory=FlowData, validate_default=True)  # of the flow's own type
    queued: list[QueuedFlow] = Field(default_factory=list)  # to be done after this one
    subject_id: UUID | None = None  # for whom: the patient, or a linked relative
    subject_name: str = ""

    awaiting: Awaiting | None = None
    kind: str | None = None  # what the options are
    options: list[Option] = Field(default_factory=list)
    pending: Pending | None = None
    answering: FlowName | None = None  # a yes to what was written first waits for the birth date
    made: list[str] = Field(default_factory=list)  # appointments booked or moved in this conversation, by id
    felt: str | None = None  # the feeling that was answered
    spoken_of: str | None = None  # the doctor who was spoken of last, by name
    spoken_at: datetime | None = None  # the start of the visit that was spoken of last, as the hospital's clock has it
    spoken_kind: str | None = None  # the department whose doctors were told last, by code
    misses: int = 0
    last_answer: str = ""
    last_answer_at: datetime | None = None
    waiting: Waiting | None = None
    suspicion: Suspicion | None = None

    @field_validator("data", mode="before")
    @classmethod
    def _of_flow(cls, value: object, info: ValidationInfo) -> FlowData:
        return _data_of(info.data.get("flow"), value)

    def begin(self, flow: str, data: FlowData | None = None) -> None:
        """Put a flow under way. `data`: what is known already."""
        self.flow, self.data = flow, data if data is not None else flows.find(flow).data()

    def ask(self, awaiting: str | None, *, kind: str | None = None, options: list[Option] | None = None) -> None:
        """Note what the answer asks for."""
        self.awaiting, self.kind, self.options = awaiting, kind, options or []

    def by_number(self, text: str) -> str | None:
        """ "yes" or "no", where the last answer numbered both and the message is one of the numbers alone."""
        said = _A_NUMBER.fullmatch(text.lower())
        if said is None or self.awaiting != "confirm":
            return None
        shown = ((str(number), option) for number, option in enumerate(self.options, 1))
        return next(
            (one.id for number, one in shown if number == said[1] and f"\n{number}. {one.label}" in self.last_answer),
            None,
        )

    def end_flow(self) -> None:
        """Forget the flow that is over; who the patient is stays known."""
        self.flow, self.data, self.subject_id, self.subject_name = None, FlowData(), None, ""
        self.pending = None
        self.ask(None)

    def stored(self) -> dict[str, JsonValue]:
        """The state as it is kept."""
        return earlier_state.with_earlier_fields(self.model_dump(mode="json", exclude_defaults=True))


def read_state(stored: dict[str, JsonValue]) -> tuple[State, str | None]:
    """A stored state, and None; of one that does not validate (a newer version's), who it is, and which fields were not
    understood."""
    stored = earlier_state.upgraded(stored)
    try:
        return State.model_validate(stored), None
    except ValidationError as error:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}))
    kept: dict[str, JsonValue] = {}
    for name in _WHO:
        try:
            State.model_validate({name: stored[name]})
        except (ValidationError, KeyError):
            continue
        kept[name] = stored[name]
    return State.model_validate(kept), wrong or "all"


def _data_of(flow: str | None, value: object) -> FlowData:
    """A flow's data, of the flow's own type; of no flow, or of one that did not validate, none is kept."""
    if flow is None:
        return FlowData()
    kind = flows.find(flow).data
    if isinstance(value, FlowData):
        return value if type(value) is kind else kind.model_validate(value.model_dump())
    return kind.model_validate(value)
