"""A conversation's state between turns: small JSON, written by turns only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.commands import FlowName
from agents.understanding.hearing import Awaiting

_WHO = ("patient_id", "given", "verified_at", "tries", "greeted")
OptionKind = Literal["slot", "appointment", "practitioner", "specialty"]


class Option(BaseModel):
    """One of the things shown, to be picked by number or words. `at`: its local start, where it has one."""

    id: str
    label: str
    at: datetime | None = None


class Pending(BaseModel):
    """What was read back and waits for a yes: the tool and its exact arguments."""

    deed: Literal["book", "cancel", "reschedule", "waitlist"]
    tool: str
    args: dict[str, Any]
    facts: dict[str, str]  # for the answer after the yes


class Wish(BaseModel):
    """A flow that the patient asked for, with what was said about it."""

    flow: FlowName
    slots: dict[str, str] = Field(default_factory=dict)


class State(BaseModel):
    model_config = ConfigDict(extra="ignore")  # a state written by a newer version is still read

    patient_id: UUID | None = None
    given: str = ""
    verified_at: datetime | None = None
    tries: int = 0
    greeted: bool = False

    flow: FlowName | None = None
    slots: dict[str, str] = Field(default_factory=dict)
    wishes: list[Wish] = Field(default_factory=list)  # to be done after this one
    subject_id: UUID | None = None  # for whom: the patient, or a linked relative
    subject_name: str = ""
    appointment_id: UUID | None = None  # the one that is moved or cancelled
    after: datetime | None = None  # show slots from here on
    before: datetime | None = None

    awaiting: Awaiting | None = None
    kind: OptionKind | None = None
    options: list[Option] = Field(default_factory=list)
    pending: Pending | None = None
    held_slot: UUID | None = None
    then_confirm: bool = False  # a yes to a reminder or an offer waits for the birth date
    misses: int = 0
    last_answer: str = ""

    def ask(
        self, awaiting: Awaiting | None, *, kind: OptionKind | None = None, options: list[Option] | None = None
    ) -> None:
        """Note what the answer asks for."""
        self.awaiting, self.kind, self.options = awaiting, kind, options or []

    def end_flow(self) -> None:
        """Forget the flow that is over; who the patient is stays known."""
        self.flow, self.slots, self.subject_id, self.subject_name = None, {}, None, ""
        self.appointment_id = self.after = self.before = self.pending = self.held_slot = None
        self.ask(None)


def read_state(stored: dict[str, Any]) -> tuple[State, str | None]:
    """A stored state, and None; of one that does not validate (a newer version's), who it is, and which fields were not
    understood."""
    try:
        return State.model_validate(stored), None
    except ValidationError as error:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}))
    kept: dict[str, Any] = {}
    for name in _WHO:
        try:
            State.model_validate({name: stored[name]})
        except (ValidationError, KeyError):
            continue
        kept[name] = stored[name]
    return State.model_validate(kept), wrong or "all"
