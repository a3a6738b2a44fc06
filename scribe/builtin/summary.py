"""The note for the patient: plain words, in the second person, from what the doctor said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from scribe.builtin.candidates import is_command
from scribe.builtin.clauses import Clause, read_clauses
from scribe.builtin.phrasing import word_plan
from scribe.builtin.wording import finish, write_out
from scribe.dictation import has_commands
from scribe.note import Division, Section, Sentence, Written
from scribe.visit import Visit

_PLAIN = Path(__file__).parent / "data" / "plain.yaml"
_FOUND = (Division.RESULTS, Division.ASSESSMENT)
_NEXT = (Division.PLAN, Division.INSTRUCTIONS)
_SAME = 0.5
"""Share of a note sentence's words that a spoken clause must have to be taken for its source."""
_THIRD = re.compile(
    r"\b(?:he|she|him|his|her|the patient|patient's|himself|herself|\d+[- ]year[- ]old|who presents)\b", re.I
)
_ASKED = re.compile(
    r"\b(?:i|we) (?:(?:also|do|still|just|really|then) )*(?:want|would like|need|am going to have) (?:for )?you to ",
    re.I,
)
_COUNTS_OFF = re.compile(
    r"^(?:then )?(?:for|as for) (?:your|the) (?:\w+ )?(?:first|second|third|fourth|fifth|next|last|other)\b", re.I
)
_REASON = re.compile(r"^(?:for |with |because of )", re.I)


@cache
def load_plain_words() -> tuple[tuple[re.Pattern[str], str], ...]:
    words: dict[str, str] = yaml.safe_load(_PLAIN.read_text(encoding="utf-8"))
    return tuple((re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.I), plain) for term, plain in words.items())


def patient_summary(written: Written, visit: Visit) -> tuple[Sentence, ...]:
    """Why the patient came, what was found, what comes next, each sentence with its segments. Made of the doctor's own
    words behind the note's sentences; a sentence for which the transcript has none is left out."""
    if has_commands(visit):
        return (*_tell_reason(written), *_tell_dictated(written))
    said = read_clauses(visit)
    by_others = not any(one.role == "patient" for one in said)
    clauses = [one for one in said if one.role in {"doctor", "nurse"} and not one.asks and not is_command(one.text)]
    lines = [*_tell_reason(written)]
    for divisions in (_FOUND, _NEXT):
        lines += [
            made
            for section in written.sections
            if section.division in divisions
            for made in _retell(section, clauses, by_others=by_others)
        ]
    return tuple({one.text: one for one in reversed(lines)}.values())[::-1]


def _tell_reason(written: Written) -> Iterator[Sentence]:
    for section in written.sections:
        if section.division is Division.CHIEF_COMPLAINT:
            first = section.sentences[0]
            reason = _REASON.sub("", first.text.rstrip("."))
            if not _THIRD.search(reason) and len(reason.split()) < 10:
                lowered = reason if reason[:2].isupper() else f"{reason[:1].lower()}{reason[1:]}"
                yield Sentence(text=_put_plainly(f"You came because of {lowered}."), segments=first.segments)


def _tell_dictated(written: Written) -> Iterator[Sentence]:
    """A dictation is not spoken to the patient: its sentences stand for themselves."""
    for section in written.sections:
        for sentence in section.sentences if section.division in (*_FOUND, *_NEXT) else ():
            if not _THIRD.search(sentence.text):
                yield Sentence(text=_put_plainly(sentence.text), segments=sentence.segments)


def _retell(section: Section, clauses: list[Clause], *, by_others: bool) -> Iterator[Sentence]:
    """`by_others`: nobody speaks as the patient, so that "she" is the patient, spoken of to who came along."""
    for sentence in section.sentences:
        source = _find_source(sentence, clauses)
        text = _speak_to_patient(source, by_others=by_others) if source else ""
        if source and text:
            yield Sentence(text=text, segments=source.segments)


def _find_source(sentence: Sentence, clauses: list[Clause]) -> Clause | None:
    """The doctor's clause, in the segments that a sentence cites, that has most of its words."""
    words = _words(sentence.text)
    near = [clause for clause in clauses if set(clause.segments) & set(sentence.segments)]
    best = max(near, key=lambda clause: len(words & _words(clause.text)), default=None)
    return best if best and len(words & _words(best.text)) >= _SAME * len(words) else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", finish(write_out(text)).lower()))


def _speak_to_patient(clause: Clause, *, by_others: bool) -> str:
    plain = write_out(clause.text)
    if (_THIRD.search(plain) and not by_others) or _COUNTS_OFF.match(plain) or len(plain.split()) < 3:
        return ""
    plain = re.sub(r"\bi'm\b", "i am", plain, flags=re.I)
    plain = re.sub(r"\bi'd\b", "i would", plain, flags=re.I)
    return _put_plainly(finish(word_plan(_ASKED.sub("please ", plain))))


def _put_plainly(text: str) -> str:
    for term, plain in load_plain_words():
        text = term.sub(plain, text)
    return f"{text[:1].upper()}{text[1:]}"
