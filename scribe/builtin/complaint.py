"""Why the patient came, in a few words, as it was said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scribe.builtin.candidates import is_command, speaks_of_self
from scribe.builtin.clauses import ANSWERING, Clause
from scribe.builtin.wording import Person, finish, turn_to_third, write_out
from scribe.language.terms import concepts
from scribe.note import Sentence

_FOR = re.compile(
    r"\b(?:chief complaint (?:is|of|today is)?|present(?:s|ing|ed)? (?:here |today |to the \w+ |to \w+ "
    r"|in the \w+ )*(?:today )?(?:with|for)|(?:is |are |'re |'m )?here (?:today |to day |in the \w+ |this \w+ )*for"
    r"|come in (?:today )?(?:for|with)|came in (?:today )?(?:for|with|because of)|coming in (?:today )?(?:for"
    r"|with)|seen (?:today )?for|complain(?:s|ing)? of|evaluation of|(?:i )?(?:hear|heard|see"
    r"|understand) (?:that )?(?:you(?:'re| are) (?:having|here for|here with)|you(?:'ve| have)(?: been having"
    r"| had| got)?)) (?:some |a |an |your |his |her |my |the |that |with )*(?P<what>.+)$",
    re.I,
)
_STOP_AT = re.compile(
    r"\s*(?:,|\.|\?|\band\b (?:i|you|she|he|they|it|that|your|a|was|has)\b|\bthat\b|\bwhich\b|\bwho\b|\bsince\b"
    r"|\bfor (?:the|a|about|over|two|three|\d)\b|\bso\b|\bbut\b|\bcan you\b|\btell me\b|\bwhat\b|\bafter\b"
    r"|\bon the\b|\btoday\b|\bis that\b|\bokay\b|\byou\b|\bi\b|\bi'm\b|\bright$).*$",
    re.I,
)
_ASKS_ABOUT = re.compile(
    r"\b(?:how long|since when|when did|tell me (?:more )?about|how(?:'s| is| are| has| have) (?:your|the|that|you))\b",
    re.I,
)
"""A doctor's question that names what the patient came for."""
_EARLY = 30
"""Clauses from the beginning in which the reason for the visit is looked for."""
_LONGEST = 9


def find_complaint(clauses: Sequence[Clause], person: Person) -> Sentence | None:
    """The reason for the visit: as announced ("here for ..."), or else the first symptom that the patient tells
    of."""
    early = [clause for clause in clauses[:_EARLY] if not is_command(clause.text)]
    for clause in early:
        announced = _FOR.search(write_out(clause.text))
        text = _trim_reason(announced["what"], person) if announced else None
        if text:
            return Sentence(text=text, segments=clause.segments)
    return _first_symptom(early)


def _trim_reason(what: str, person: Person) -> str | None:
    plain = _STOP_AT.sub("", what).strip(" ,.")
    if (
        not plain
        or len(plain.split()) > _LONGEST
        or (not concepts(plain) and not re.search(r"follow|exam|check|physical|visit|refill|annual|labs?", plain))
    ):
        return None
    return finish(turn_to_third(plain, "doctor", person))


def _first_symptom(clauses: Sequence[Clause]) -> Sentence | None:
    for at, clause in enumerate(clauses):
        if clause.role not in ANSWERING or clause.asks or speaks_of_self(clause):
            continue
        asked = [clauses[at - 1]] if at and _ASKS_ABOUT.search(clauses[at - 1].text) else []
        for one in (*asked, clause):
            named = [mention for mention in concepts(one.text) if mention.kind in {"symptom", "condition"}]
            if named:
                here = [mention for mention in named if mention.start < named[0].end]
                widest = max(here, key=lambda mention: mention.end - mention.start)
                segments = tuple(dict.fromkeys((*one.segments, *clause.segments)))
                return Sentence(text=finish(widest.concept), segments=segments)
    return None
