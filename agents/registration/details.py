"""What a message says about who is to be registered: forms, read by rules. What is no name is not taken for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.understanding.resolve.births import find_birth_date, read_birth_date
from agents.understanding.resolve.names import FOR_SELF, ME, SENDS_ME, name_words
from agents.understanding.resolve.spelling import Plain, plain
from lexicon import beside

_WORDS = beside(__file__)
_RELATIONS = {name: re.compile(rf"(?<!\w){one}(?!\w)") for name, one in _WORDS.table("relations").items()}
_SEX = {name: re.compile(rf"(?<!\w){one}(?!\w)") for name, one in _WORDS.table("sex").items()}
_OF_SEX = {
    name.replace("_", " "): sex for sex in ("female", "male") for name in _WORDS.words(sex)
}  # fmt: skip
_SELF, _OTHER = _WORDS.pattern("self"), _WORDS.pattern("other")
_NEW_SELF = _WORDS.pattern("new_self")
_SURE_SEX = re.compile(rf"(?<!\w){_WORDS.text('sure_sex')}(?!\w)")
_ALONG = re.compile(r"(?<!\w)(?:with|by|from|via|through|to|at|and|than|like) (?:(?:my|our|his|her|the) )?(?:\w+ )?$")
_AFTER_CUE = re.compile(rf"{_WORDS.text('sex_cue')} ?$")
_NAME_CUE = re.compile(rf"(?<!\w)(?:{_WORDS.text('name_cue')})")
_NAMED_FIRST = _WORDS.pattern("named_first")
_PRESENTS = _WORDS.pattern("presents")
_BESIDE_FACTS = re.compile(
    r"(?:^|[.!:,;-] ?|(?<!\w)(?:for|is|naam|daughter|son|mother|father|wife|husband|brother|sister|child|baby) )"
    r"(?P<name>[^\W\d]+(?: [^\W\d]+\.?){1,3}) ?[,(.-]+ ?"
    r"(?=(?:fe)?male(?!\w)|(?:girl|boy|lady|man|woman)(?!\w)|[mf](?!\w)|born|dob|d\.o\.b|,,)"
)
_NO_NAME = _WORDS.words("no_name")
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0900-\u0963\u200c\u200d]|['’.-])*")
_CAPITALISED = re.compile(r"(?<![\w.])[A-Z][a-z]+(?: [A-Z][a-z]*\.?)*(?: [A-Z][a-z]+)")
_EDGE = re.compile(r"^[\s,.:;!-]+|[\s,.:;!-]+$")
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "shri", "smt", "sri", "master", "baby", "kumari"])
_ENDS = re.compile(r"[,;\n]|(?<!\w)(?:and|born|dob|d\.o\.b|date of birth|hai|aged?)(?!\w)")
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Details:
    """`relation`: what the one to be registered is to the writer; `self`: the writer is meant."""

    name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    relation: str | None = None
    self: bool = False
    other: bool = False


def read_details(text: str, *, awaiting: str | None, month_first: bool, today: date) -> Details:
    """All that a message says of it. `awaiting`: what was asked; then a bare name, sex or "me" is an answer."""
    said = plain(text)
    relation = _relation(said.text, awaited=awaiting == "whose")
    other = relation is not None or bool(_OTHER.search(said.text))
    born, left = _birth_date(said, of="other" if other else "writer", month_first=month_first, today=today)
    return Details(
        name=_name(said, left, awaited=awaiting == "name"),
        birth_date=born,
        sex=_sex(said.text, awaiting),
        relation=relation,
        self=relation is None and is_self(said.text, awaited=awaiting == "whose"),
        other=other,
    )


def is_self(text: str, *, awaited: bool) -> bool:
    """Whether the writer is who is meant: "me" as an answer, or "i am new here"."""
    answers = _SELF.fullmatch(text.strip(" .!,")) or ME.search(text)
    return bool(awaited and answers) or bool(_NEW_SELF.search(text) or FOR_SELF.search(text))


def sex_of(relation: str | None) -> str | None:
    """The sex that goes with a relation."""
    return _OF_SEX.get(relation or "")


def is_name(words: str) -> bool:
    """Whether words can be a person's name: letters, five words at most, and none that is no part of a name."""
    parts = words.split()
    if not 1 <= len(parts) <= _MOST_WORDS or sum(char.isalpha() for char in words) < 2 or "?" in words:
        return False
    if not all(_NAME_WORD.fullmatch(part) for part in parts):
        return False
    spelt = plain(words).text.replace(".", " ").split() if "." not in words else []
    return not any(word in _NO_NAME for word in (*name_words(words), *spelt))


def split_name(name: str) -> tuple[str, str]:
    """(given, family), with capital letters. One who has one name alone has it in both, as on an airline's ticket."""
    parts = [_capital(part) for part in name.split() if part.lower().strip(".") not in _TITLES] or [name]
    return (parts[0], parts[0]) if len(parts) == 1 else (" ".join(parts[:-1]), parts[-1])


def _capital(word: str) -> str:
    return word.capitalize() if word.islower() or (word.isupper() and len(word) > 2) else word


def _relation(text: str, *, awaited: bool) -> str | None:
    """Whom the message speaks of; not one who only comes along ("i live with my son") or sends the writer ("my son
    wants me to come")."""
    for name, pattern in _RELATIONS.items():
        for match in pattern.finditer(text):
            beside = _ALONG.search(text[: match.start()]) or SENDS_ME.match(text[match.end() :])
            if awaited or not beside:
                return name
    return None


def _birth_date(
    said: Plain, *, of: Literal["writer", "other"], month_first: bool, today: date
) -> tuple[date | None, str]:
    """The birth date, and the text with its place blanked."""
    span = find_birth_date(said.text, of=of)
    if span is None:
        return None, said.text
    found = read_birth_date(said.text[slice(*span)], month_first=month_first, today=today)
    left = said.text[: span[0]] + "," * (span[1] - span[0]) + said.text[span[1] :]
    return (found[0] if found else None), left


def _sex(text: str, awaiting: str | None) -> str | None:
    """A sex that is named beyond doubt, that answers the question, or that alone puts right what was read back."""
    for name in ("other", "female", "male"):
        for match in _SEX[name].finditer(text):
            alone = awaiting in ("sex", "confirm", "register_detail") and text.strip(" .!,") == match.group()
            cued = awaiting == "sex" and (_AFTER_CUE.search(text[: match.start()]) or len(text.split()) <= 3)
            if alone or cued or (name != "other" and _SURE_SEX.fullmatch(match.group())):
                return name
    return None


def _name(said: Plain, left: str, *, awaited: bool) -> str | None:
    """The name after a cue, or the whole of an answer where it was asked for."""
    cue = next(iter(_NAME_CUE.finditer(left)), None)
    if cue is None and (beside := _beside_facts(said, left)) is not None:
        return beside
    lead = _PRESENTS.match(left) if awaited else None
    if cue is None and not awaited:
        return None
    if (first := _NAMED_FIRST.match(left)) and is_name(words := said.words(*first.span("name"))):
        return words
    start = cue.end() if cue else lead.end() if lead else 0
    found = [one for one in _pieces(said, left, start) if one]
    if found and is_name(found[0]):
        return found[0]
    if not awaited:
        return None
    runs = [match.group() for match in _CAPITALISED.finditer(said.original)]
    return next((one for one in [*found, *runs] if is_name(one) and one.istitle() and " " in one), None)


def _beside_facts(said: Plain, left: str) -> str | None:
    """A name that stands before a birth date or a sex: "Anita Desai, female, born ..."."""
    for match in _BESIDE_FACTS.finditer(left):
        words = said.words(*match.span("name")).split()
        for first in range(len(words) - 1):  # "my father Ram Prasad"
            if is_name(name := " ".join(words[first:])):
                return name
    return None


def _pieces(said: Plain, left: str, start: int) -> Iterator[str]:
    """The parts of what follows, in the patient's own words, without what cannot belong to a name."""
    for piece in _ENDS.split(left[start:]):
        place = left.index(piece, start) if piece else start
        words = re.sub(r"(?i)[ ,]+(?:fe)?male$|[ ,]+[mf]$", "", _trimmed(said.words(place, place + len(piece))))
        yield words if is_name(words) else _trimmed(words.split(". ")[0])
        yield from (_trimmed(one) for one in words.split(". ")[1:])


def _trimmed(words: str) -> str:
    return _EDGE.sub("", words)
