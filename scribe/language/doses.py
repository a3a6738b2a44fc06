"""Doses of drugs, as they are said ("800 milligrams every six hours with food for two weeks") and as they are written
("800 mg p.o. q.6h. prn x 14 days"), in one normal form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from scribe.language.drugs import Mention, drugs_of
from scribe.language.phrases import Phrases, read_list
from scribe.language.quantities import Found, quantities_of
from scribe.language.words import Token, tokenize

DOSE_CODES = frozenset({"mg", "ug", "g", "mL", "[iU]", "meq", "%", "mg/mL", "mg/kg", "{tbl}", "{capsule}", "{puff}",
    "[drp]",
                        "{spray}", "[tsp_us]", "[tbs_us]", "{patch}", "ug/h"})  # fmt: skip
_DURATION_CODES = {"d": 1, "wk": 7, "mo": 30, "a": 365, "h": 0}
_EVERY = {"h": Decimal(24), "d": Decimal(1), "wk": Decimal(1) / 7, "mo": Decimal(1) / 30}
_ONCE_PER = {"day": Decimal(1), "daily": Decimal(1), "week": Decimal(1) / 7, "weekly": Decimal(1) / 7,
             "month": Decimal(1) / 30, "monthly": Decimal(1) / 30, "night": Decimal(1),
             "morning": Decimal(1)}  # fmt: skip
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_REACH_CHARS = 90
"""Characters behind a drug's name in which its dose is looked for, up to the next drug or the end of the sentence."""
_BEFORE_CHARS = 40
_END = re.compile(r"(?<!\b[a-zA-Z])(?<!p\.o)(?<!\d)[.](?=\s+[A-Z]|\s*$)|[?!;\n]|(?<=\s)\.(?=\s)")

_LEADS_ON = re.compile(r"\s*(?:of|tablets? of|dose of)?(?:\s+the)?\s*")
_FORMERLY = re.compile(r"\b(?:from|instead of|rather than|not)(?: the)?\s*$", re.I)
_LASTS = re.compile(r"(?:for|x|times|next|over|another|about|course of|-)\s*(?:the |a |about |next |another )*$")


@dataclass(frozen=True, slots=True)
class Frequency:
    """`per_day`: how often in a day, 1/7 for once a week; None for "as needed" alone. `text` as said."""

    per_day: Decimal | None
    text: str
    start: int
    end: int

    @property
    def normal(self) -> str | None:
        """As a prescription is written out: "twice a day", "every 6 hours"."""
        return _NORMAL.get(round(self.per_day, 3)) if self.per_day is not None else None


@dataclass(frozen=True, slots=True)
class Dose:
    """One drug as it is taken. `code` is the dose's unit in UCUM; `duration` as said; `drug` None where no name
    stands by; `varies` where more than one strength is said, so that only the words tell which is taken when."""

    drug: Mention | None
    value: Decimal | None
    unit: str | None
    code: str | None
    route: str | None
    frequency: Frequency | None
    duration: str | None
    duration_days: Decimal | None
    as_needed: bool
    varies: bool
    start: int
    end: int


_NORMAL = {
    round(value, 3): text
    for value, text in (
        (Decimal(1), "once a day"), (Decimal(2), "twice a day"), (Decimal(3), "three times a day"),
        (Decimal(4), "four times a day"), (Decimal(5), "five times a day"), (Decimal(6), "every 4 hours"),
        (Decimal(8), "every 3 hours"), (Decimal(12), "every 2 hours"), (Decimal(1) / 2, "every other day"),
        (Decimal(1) / 7, "once a week"), (Decimal(2) / 7, "twice a week"), (Decimal(3) / 7, "three times a week"),
        (Decimal(1) / 30, "once a month"), (Decimal(1) / 14, "every 2 weeks"), (Decimal(1) / 90, "every 3 months"),
    )
}  # fmt: skip


@cache
def _words() -> Phrases:
    lists = read_list("dosing")
    pairs = [(str(name), f"route:{route}") for route, names in lists["routes"].items() for name in names]
    pairs += [(str(name), f"often:{per_day}") for per_day, names in lists["frequencies"].items() for name in names]
    return Phrases(pairs + [(str(name), "needed:") for name in lists["as_needed"]])


def doses(text: str) -> list[Dose]:
    """Every drug of the text with what is said of how it is taken, in order of place; a drug without a dose too."""
    tokens = tokenize(text)
    return doses_of(tokens, text, named=drugs_of(tokens, text), found=quantities_of(tokens, text))


def doses_of(tokens: Sequence[Token], text: str, *, named: Sequence[Mention], found: Sequence[Found]) -> list[Dose]:
    """As `doses`, for a text that is already read."""
    named = [
        drug
        for at, drug in enumerate(named)
        if not (drug.kind == "class" and at and _is_form(text, named[at - 1], drug))
    ]
    often, marks = frequencies_of(tokens, text, found), _marks(tokens)
    ends = sorted({0, len(text), *(match.start() for match in _END.finditer(text))})
    made, claimed = [], 0
    for index, drug in enumerate(named):
        limit = min((end for end in ends if end >= drug.end), default=len(text))
        limit = max(min(limit, drug.end + _REACH_CHARS), drug.end)
        if index + 1 < len(named):
            limit = max(drug.end, min(limit, _turn(text, drug, following=named[index + 1], found=found)))
        low = max(claimed, max(end for end in ends if end <= drug.start), drug.start - _BEFORE_CHARS)
        made.append(_dose(text, drug, low=low, high=limit, found=found, often=often, marks=marks))
        claimed = limit
    return made


def _is_form(text: str, drug: Mention, following: Mention) -> bool:
    """ "Albuterol inhaler" is one drug."""
    return drug.kind == "drug" and not text[drug.end : following.start].strip()


def _turn(text: str, drug: Mention, *, following: Mention, found: Sequence[Found]) -> int:
    """Where the words for the next drug begin: at its name, or at its dose where that stands before it."""
    for one in found:
        between = text[one.end : following.start] if one.end <= following.start else "-"
        if drug.end <= one.start and one.code in DOSE_CODES and _LEADS_ON.fullmatch(between):
            return one.start
    return following.start


def _dose(
    text: str,
    drug: Mention,
    *,
    low: int,
    high: int,
    found: Sequence[Found],
    often: Sequence[Frequency],
    marks: Sequence[tuple[str, str, int, int]],
) -> Dose:
    behind = [one for one in found if drug.end <= one.start < high and one.code in DOSE_CODES]
    before = [one for one in found if low <= one.start and one.end <= drug.start and one.code in DOSE_CODES]
    now = [one for one in behind if not _FORMERLY.search(text[drug.end : one.start])] or behind
    amount = _strength(now) or _strength(before[-1:]) or _bare(text, drug, found)
    frequency = next((one for one in often if low <= one.start < high and one.start >= drug.start), None)
    frequency = frequency or next((one for one in often if low <= one.start < high), None)
    lasting = _duration(text, found, often=often, low=drug.end, high=high)
    near = [(kind, value) for kind, value, start, _ in marks if low <= start < high]
    parts = [part for part in (amount, frequency, lasting) if part]
    return Dose(
        drug=drug,
        value=amount.value if amount else None,
        unit=amount.unit if amount else None,
        code=amount.code if amount else None,
        route=next((value for kind, value in near if kind == "route"), None),
        frequency=frequency,
        duration=text[lasting.start : lasting.end] if lasting else None,
        duration_days=lasting.value * _DURATION_CODES[str(lasting.code)] if lasting else None,
        as_needed=any(kind == "needed" for kind, _ in near),
        varies=_varies(now),
        start=min([drug.start, *(part.start for part in parts)]),
        end=max([drug.end, *(part.end for part in parts)]),
    )


def _strength(found: Sequence[Found]) -> Found | None:
    """The milligrams rather than the tablets, where both are said."""
    weights = [one for one in found if one.code and not one.code.startswith("{")]
    return next(iter([*weights, *found]), None)


def _varies(found: Sequence[Found]) -> bool:
    """Whether two strengths are said, or a strength and how many of that: "500 mg tablets, two tablets"."""
    strengths = {one.value for one in found if one.code and not one.code.startswith("{")}
    counts = {one.value for one in found if one.code and one.code.startswith("{")}
    return len(strengths) > 1 or len(counts) > 1 or bool(strengths and counts - {1})


def _bare(text: str, drug: Mention, found: Sequence[Found]) -> Found | None:
    """ "Metformin 500": the number right behind the name, where its unit was left out."""
    following = (one for one in found if drug.end <= one.start and not one.unit and not one.ordinal and one.value >= 1)
    one = next(following, None)
    return one if one and re.fullmatch(r"[\s,]*(?:at|to|of)?\s*", text[drug.end : one.start]) else None


def _duration(text: str, found: Sequence[Found], *, often: Sequence[Frequency], low: int, high: int) -> Found | None:
    for one in found:
        if not (low <= one.start < high) or one.code not in _DURATION_CODES or one.code == "h":
            continue
        if any(other.start < one.end and one.start < other.end for other in often):
            continue
        lead = text[max(0, one.start - 18) : one.start].lower()
        behind = text[one.end : one.end + 5].lower()
        if _LASTS.search(lead) and not behind.strip().startswith("ago"):
            return one
    return None


def _marks(tokens: Sequence[Token]) -> list[tuple[str, str, int, int]]:
    return [
        (*_pair(meaning), tokens[first].start, tokens[last - 1].end)
        for meaning, first, last in _words().find(tokens)
        if not meaning.startswith("often")
    ]


def _pair(meaning: str) -> tuple[str, str]:
    kind, value = meaning.split(":", 1)
    return kind, value


def frequencies(text: str) -> list[Frequency]:
    """Every frequency of the text: "b.i.d.", "twice a day" and "every 12 hours" are 2 per day."""
    tokens = tokenize(text)
    return frequencies_of(tokens, text, quantities_of(tokens, text))


def frequencies_of(tokens: Sequence[Token], text: str, found: Sequence[Found]) -> list[Frequency]:
    """As `frequencies`, for a text that is already read."""
    made = [
        Frequency(
            _per_day(meaning),
            text[tokens[first].start : tokens[last - 1].end],
            tokens[first].start,
            tokens[last - 1].end,
        )
        for meaning, first, last in _words().find(tokens)
        if meaning.startswith("often")
    ]
    made += [*_written(text), *_every(text, found), *_times(tokens, text, found)]
    kept: list[Frequency] = []
    for one in sorted(made, key=lambda entry: (entry.start, -entry.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _per_day(meaning: str) -> Decimal:
    upper, _, lower = _pair(meaning)[1].partition("/")
    return Decimal(upper) / Decimal(lower or 1)


_WRITTEN = re.compile(r"\bq\.?\s?(\d{1,2})(?:\s?-\s?(\d{1,2}))?\s?(h|hr|hrs|hours?|d|days?|wk|weeks?)\b\.?", re.I)
_WRITTEN_CODES = {"h": "h", "d": "d", "w": "wk"}


def _written(text: str) -> list[Frequency]:
    return [
        Frequency(
            _EVERY[_WRITTEN_CODES[match[3][0].lower()]] / Decimal(match[1]), match.group(), match.start(), match.end()
        )
        for match in _WRITTEN.finditer(text)
        if int(match[1])
    ]


def _every(text: str, found: Sequence[Found]) -> list[Frequency]:
    """ "every six hours", "every 2 weeks"."""
    made = []
    for one in found:
        lead = re.search(r"\b(?:every|each)\s*$", text[max(0, one.start - 8) : one.start], re.I)
        if lead and one.code in _EVERY and one.value:
            start = one.start - len(lead.group())
            made.append(Frequency(_EVERY[one.code] / one.value, text[start : one.end], start, one.end))
    return made


def _times(tokens: Sequence[Token], text: str, found: Sequence[Found]) -> list[Frequency]:
    """ "three times a day", "twice weekly", "2 times per week", "20 mg a day"."""
    counts = {one.end: one.value for one in found if one.code == "{times}"}
    firsts = {one.end: one.start for one in found if one.code == "{times}"}
    amounts = {one.end for one in found if one.code in DOSE_CODES}
    made = []
    for place, token in enumerate(tokens):
        value = counts.get(token.end, Decimal(_TIMES[token.word]) if token.word in _TIMES else None)
        start = firsts.get(token.end, token.start)
        if value is None and token.end in amounts:
            value, start = Decimal(1), -1
        if value is None:
            continue
        words = [following.word for following in tokens[place + 1 : place + 3]]
        length = 2 if words[:1] and words[0] in ("a", "per", "every", "each", "in", "-", "the") else 1
        unit = words[length - 1] if len(words) >= length else ""
        if unit in _ONCE_PER and not (start == -1 and length == 1):
            first = tokens[place + 1].start if start == -1 else start
            end = tokens[place + length].end
            made.append(Frequency(value * _ONCE_PER[unit], text[first:end], first, end))
    return made
