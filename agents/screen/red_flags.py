"""Signs of an emergency in a patient's message, by rules alone.

Whose danger signs they are stands with each rule in `red_flag_words.yaml`; all await clinical sign-off. They are no
diagnosis. What a rule does not see, likeness may (`likeness.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.screen.red_flag_words import RULES, Rule
from agents.understanding.resolve.spelling import plain
from lexicon import beside

_WORDS = beside(__file__)


@dataclass(frozen=True, slots=True)
class RedFlag:
    """`code` names the sign, `label` says it in plain English, `source` is the patient's words that showed it."""

    code: str
    label: str
    source: str


_CLAUSE = re.compile(r"[.!?;\n]+|,? (?:but|however|lekin|par|magar) ")
_NEGATED = _WORDS.pattern("negated")
_NEGATED_AFTER = re.compile(
    r"^(?: \w+){0,1} (?:nahi|nahin|na)(?: (?:hai|tha|thi|hua|hui))?(?!\w)(?! (?:aa|a|le|ho|pa|ruk))"
)
_LABELS = {rule.code: rule.label for rule in RULES}
_PAST = _WORDS.pattern("past")
_NOT_NOW = _WORDS.pattern("not_now")
_ELSEWHERE, _HERE = _WORDS.pattern("elsewhere"), _WORDS.pattern("here")


def label_of(code: str) -> str:
    """What a sign is called. Raises KeyError."""
    return _LABELS[code]


def red_flags(text: str) -> tuple[RedFlag, ...]:
    """The signs of an emergency that a message speaks of, each once, in the order of `RULES`; empty where none."""
    message = plain(text)
    found: dict[str, RedFlag] = {}
    if _ELSEWHERE.search(message.text) and not _HERE.search(message.text):
        return ()
    for rule in RULES:
        for match in rule.pattern.finditer(message.text):
            if rule.code not in found and _counts(message.text, match, rule):
                found[rule.code] = RedFlag(rule.code, rule.label, message.words(*match.span()))
    return tuple(found.values())


def _counts(text: str, match: re.Match[str], rule: Rule) -> bool:
    """Whether the sign is said to be there now: not denied, not long ago, not a test or a question of knowledge."""
    clause, start = _clause_around(text, match.start())
    before = text[start : match.start()]
    if rule.deniable and (_NEGATED.search(before) or _NEGATED_AFTER.match(text[match.end() :])):
        return False
    if rule.past and _PAST.search(clause):
        return False
    return not _NOT_NOW.search(clause)


def _clause_around(text: str, place: int) -> tuple[str, int]:
    """The clause that holds a place of the text, and where it begins."""
    start = 0
    for match in _CLAUSE.finditer(text):
        if match.end() <= place:
            start = match.end()
        elif match.start() > place:
            return text[start : match.start()], start
    return text[start:], start
