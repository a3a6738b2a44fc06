"""The problems that the doctor names when going through assessment and plan ("for your second problem, your gout")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scribe.builtin.clauses import Clause
from scribe.builtin.wording import Person, finish, turn_to_third, write_out
from scribe.language.terms import concepts

_NUMBERED = re.compile(
    r"\b(?:for|as for|with|regarding|on|to) (?:the|your|his|her|their|our) (?:very )?(?:first|second|third"
    r"|fourth|fifth|sixth|next|last|other|final|main)"
    r"(?: (?:problem|issue|diagnosis|concern|thing|one|chief complaint))?(?: (?:of|is|with|being"
    r"|here is))?[,:]?\s*(?P<name>.*)$",
    re.I,
)
_NAMED = re.compile(
    r"^(?:for|as for|regarding|as far as|in terms of|with regards? to|in regards? to|from an?|moving on to"
    r"|concerning|about) (?P<name>(?:the|your|his|her|their|a|an)?.{3,60}?)"
    r"(?: (?:goes|is concerned|standpoint|perspective|point of view))?(?:,|\.|$| (?=i |we |let |you |it |that "
    r"|there ))",
    re.I,
)
_NUMBER = re.compile(r"^(?:number|problem)(?: number)? (?:one|two|three|four|five|six|\d)[,.:]?\s*(?P<name>.*)$", re.I)
_STOP_AT = re.compile(
    r"\s*(?:,|\.|\bi\b|\bi'\w+|\bwe\b|\bwe'\w+|\blet\b|\blet's\b|\byou\b|\byou're\b|\bthat\b|\bwhich\b|\bit\b"
    r"|\bthere\b|\bas we\b|\bso\b|\bcontinue\b|\bagain\b|\bokay\b).*$",
    re.I,
)
_LONGEST_NAME = 9


@dataclass(frozen=True, slots=True)
class Named:
    """`text` finished as a heading ("Gout."). `clause`: its place; `rest`: what the clause says beyond the name."""

    text: str
    clause: int
    rest: str
    segments: tuple[str, ...]


def find_problems(clauses: Sequence[Clause], phases: Sequence[str], person: Person) -> dict[int, Named]:
    """Clause -> the problem that the doctor turns to there, by name. Only where the name is a known condition or
    symptom, or where the doctor counts the problems."""
    found: dict[int, Named] = {}
    for at, clause in enumerate(clauses):
        if clause.role != "patient" and phases[at] == "plan":
            named = _read_name(clause.text)
            following = clauses[at + 1] if at + 1 < len(clauses) else None
            if named == ("", "") and following and following.role == clause.role:
                continue
            if named and named[0]:
                text = finish(
                    re.sub(r"^(?:your|the|his|her|their|a|an|of) ", "", turn_to_third(named[0], "patient", person))
                )
                found[at] = Named(text, at, named[1], clause.segments)
    return found


def _read_name(spoken: str) -> tuple[str, str] | None:
    plain = write_out(spoken)
    for pattern in (_NUMBERED, _NUMBER, _NAMED):
        match = pattern.search(plain)
        if match:
            start = match.start("name")
            name = _STOP_AT.sub("", plain[start : match.end("name")]).strip(" ,.")
            rest = plain[start + len(name) :].strip(" ,.") if name else ""
            name = re.sub(r"^(?:your|his|her|their|the|of|is|a|an) (?:your |the )?", "", name, flags=re.I)
            return (name, rest) if _is_problem(name) else None
    return None


def _is_problem(name: str) -> bool:
    if not name or len(name.split()) > _LONGEST_NAME:
        return False
    return any(mention.kind in {"condition", "symptom", "site"} for mention in concepts(name))
