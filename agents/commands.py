"""The closed set of commands that understanding may return, whoever understands: a model or the built-in.

A command says what the patient means, never what is to be done. Values are the patient's own words
("next tuesday after lunch"); `agents/understanding/resolve` turns them into dates, doctors and specialties,
in the same way for every understanding, so a model never does arithmetic with days and cannot invent a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agents.vocabulary import FLOWS, SLOTS

if TYPE_CHECKING:
    FlowName: TypeAlias = str
    SlotName: TypeAlias = str
else:  # closed sets, made from the words of the flows
    FlowName = Literal[tuple(FLOWS)]
    SlotName = Literal[tuple(SLOTS)]
Topic = Literal[
    "capabilities", "parking", "address", "hours", "phone", "fees", "insurance", "documents", "preparation",
    "doctors", "doctor_days", "specialties", "visiting_hours", "time_zone", "languages", "privacy", "who_are_you",
    "medical_advice", "results", "other",
]  # fmt: skip
Language = Literal["en", "hi"]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Command):
    """The patient wants to begin something."""

    kind: Literal["start"] = "start"
    flow: FlowName


class Fill(_Command):
    """The patient gives a piece of information, in the patient's own words."""

    kind: Literal["fill"] = "fill"
    slot: SlotName
    value: str = Field(min_length=1, max_length=200)


class Correct(_Command):
    """The patient changes a piece of information given before ("no, I meant Thursday")."""

    kind: Literal["correct"] = "correct"
    slot: SlotName
    value: str = Field(min_length=1, max_length=200)


class Choose(_Command):
    """The patient picks one of the options shown, by number or by words ("2", "the second", "the 10:30 one")."""

    kind: Literal["choose"] = "choose"
    value: str = Field(min_length=1, max_length=200)


class More(_Command):
    """None of these, show others; or earlier or later ones."""

    kind: Literal["more"] = "more"
    direction: Literal["any", "earlier", "later", "other_practitioner"] = "any"


class Affirm(_Command):
    """Yes to what was asked last."""

    kind: Literal["affirm"] = "affirm"


class Deny(_Command):
    """No to what was asked last."""

    kind: Literal["deny"] = "deny"


class Ask(_Command):
    """A question that is not about a flow's own steps; `about` holds the patient's words."""

    kind: Literal["ask"] = "ask"
    topic: Topic
    about: str = Field(default="", max_length=200)


class Abandon(_Command):
    """Stop what we are doing ("never mind", "leave it"). Cancelling a booked visit is Start(flow=cancel)."""

    kind: Literal["abandon"] = "abandon"


class StartOver(_Command):
    """Begin again from nothing."""

    kind: Literal["start_over"] = "start_over"


class HandOver(_Command):
    """The patient asks for a person."""

    kind: Literal["hand_over"] = "hand_over"


class SetLanguage(_Command):
    """The patient asks for another language."""

    kind: Literal["set_language"] = "set_language"
    language: Language


class StopMessages(_Command):
    """The patient withdraws consent to messages ("STOP")."""

    kind: Literal["stop_messages"] = "stop_messages"


class ResumeMessages(_Command):
    """The patient consents to messages again ("START")."""

    kind: Literal["resume_messages"] = "resume_messages"


class Repeat(_Command):
    """The patient did not follow and asks to hear it again."""

    kind: Literal["repeat"] = "repeat"


class Greet(_Command):
    kind: Literal["greet"] = "greet"


class Chat(_Command):
    """Small talk: nothing is asked, nothing answered."""

    kind: Literal["chat"] = "chat"


class Thank(_Command):
    kind: Literal["thank"] = "thank"


class Goodbye(_Command):
    kind: Literal["goodbye"] = "goodbye"


Command = Annotated[
    Start | Fill | Correct | Choose | More | Affirm | Deny | Ask | Abandon | StartOver | HandOver | SetLanguage
    | StopMessages | ResumeMessages | Repeat | Greet | Thank | Goodbye | Chat,
    Field(discriminator="kind"),
]  # fmt: skip
COMMANDS: TypeAdapter[list[Command]] = TypeAdapter(list[Command])
