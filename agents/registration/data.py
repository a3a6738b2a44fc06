"""What a registration keeps between turns, and how a message adds to it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from pydantic import Field

from agents.flows import FlowData
from agents.registration.details import Details, is_name, read_details, sex_of
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.spelling import plain

NEEDED = ("whose", "name", "birth_date", "sex")
_NAMED = {
    "name": re.compile(r"(?<!\w)(?:name|naam|spelling)(?!\w)"),
    "birth_date": re.compile(r"(?<!\w)(?:birth|born|date|dob|year|month|day|age|janm)"),
    "sex": re.compile(r"(?<!\w)(?:sex|gender|ling)(?!\w)"),
}

_OF_OTHER = re.compile(r"(?i)(?<!\w)(?:his|her|their|patient's|uska|uski|unka|unki)(?: \w+)? (?:name|naam)(?!\w)")


class RegisterData(FlowData):
    """Who is to be registered: `whose` is "self" or "other". `known`: the number is some patient's already;
    `verifying`: who writes is asked first."""

    whose: str | None = None
    sex: str | None = None
    register_detail: str | None = None
    name: str | None = None
    birth_date: date | None = None
    relation: str | None = None
    single: str | None = None  # a name of one word, of which the family name was asked for
    known: bool | None = None
    verifying: bool = False
    greeted: bool = False
    asked: list[str] = Field(default_factory=list)
    refused: int = 0
    shown: str = ""  # what was read back last

    def for_later(self) -> RegisterData:
        """What was asked is asked again, in other words."""
        return self.model_copy(update={"verifying": False})


def missing(data: RegisterData) -> str | None:
    """What is to be asked next."""
    return next((name for name in NEEDED if getattr(data, name) is None), None)


def take(dialogue: Dialogue, data: RegisterData, asked: str | None, *, part: str | None = None) -> bool:
    """Keep what the message (or that part of it) says, and what was said before this began. True: something is new."""
    before = data.model_dump(include=_KEPT)
    for queued in dialogue.state.queued if data.whose is None else ():
        said = getattr(queued.data, "for_whom", None)
        if said:
            _put(data, _read(dialogue, str(said), asked="whose"))
    said = _read(dialogue, part or dialogue.text, asked=asked)
    if asked == "whose" and not (said.self or said.other):  # a name for an answer
        said = replace(said, name=_read(dialogue, dialogue.text, asked="name").name)
        said = replace(said, self=said.name is not None)
    _put(data, said)
    if data.single is not None and asked == "name":
        _complete(data)
    if not data.known:
        _take_noted(dialogue, data)
    sex = next((one.value for one in dialogue.fills() if one.slot == "sex"), None)
    if data.sex is None:
        data.sex = sex_of(data.relation) or (_read(dialogue, sex, asked="sex").sex if sex else None)
    return data.model_dump(include=_KEPT) != before


def of_other(text: str) -> str | None:
    """The part of a message that tells of somebody else than the writer: "i am Karthik, born 4 july 1972. Her name is
    Maria Fernandez, female, born 14 march 1976"."""
    match = _OF_OTHER.search(text)
    return text[match.start() :] if match else None


def answers(dialogue: Dialogue, asked: str | None) -> bool:
    """Whether what was asked for stands in the message."""
    said = _read(dialogue, dialogue.text, asked=asked)
    if asked == "whose":
        return said.self or said.other
    if asked in ("confirm", "register_detail"):  # what was read back is put right
        return said.sex is not None or said.name is not None or said.birth_date is not None
    return asked in NEEDED and getattr(said, asked) is not None


def forget(data: RegisterData, text: str) -> bool:
    """Let go of the details that are said to be wrong. True: there was one."""
    said = plain(text).text
    wrong = [name for name, pattern in _NAMED.items() if pattern.search(said)]
    for name in wrong:
        setattr(data, name, None)
    return bool(wrong)


def _complete(data: RegisterData) -> None:
    """Put the family name to the given one; where there is none, or it is not read, the one name is the whole."""
    assert data.single is not None
    said, single = data.name or "", data.single
    whole = len(said.split()) > 1 or not said or said.lower() == single.lower()
    data.name = (said if len(said.split()) > 1 else single) if whole else f"{single} {said}"


_KEPT = {*NEEDED, "relation"}


def _read(dialogue: Dialogue, text: str, *, asked: str | None) -> Details:
    return read_details(text, awaiting=asked, month_first=dialogue.tenant.month_first, today=dialogue.now.date())


def _put(data: RegisterData, said: Details) -> None:
    data.name = said.name or data.name
    data.birth_date = said.birth_date or data.birth_date
    data.sex = said.sex or data.sex
    if data.whose is None and (said.self or said.other):
        data.whose, data.relation = ("other" if said.other else "self"), said.relation
    elif data.whose == "other" and data.relation is None:
        data.relation = said.relation


def _take_noted(dialogue: Dialogue, data: RegisterData) -> None:
    """A name or birth date that was said earlier is the writer's own, where nobody else was spoken of."""
    noted = dialogue.state.noted
    name, born = noted.pop("name", None), noted.pop("birth_date", None)
    if name is not None and is_name(name) and (data.name or name).lower() == name.lower():
        data.name = name
        data.whose = data.whose or "self"
    if data.birth_date is None and born is not None:
        data.birth_date = _read(dialogue, born, asked="birth_date").birth_date
