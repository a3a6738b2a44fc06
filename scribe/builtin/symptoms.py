"""Symptoms as they are named in a question or answer, and the body system that each belongs to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from scribe.builtin.wording import Person, turn_to_third
from scribe.language.figures import write_figures
from scribe.language.terms import Mention, concepts

_DATA = Path(__file__).parent / "data"


@cache
def load_systems() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(name as a review of systems has it, expression over symptom names), in the order of a review of systems."""
    raw: dict[str, str] = yaml.safe_load((_DATA / "systems.yaml").read_text(encoding="utf-8"))
    return tuple((name, re.compile(rf"\b(?:{expression})", re.I)) for name, expression in raw.items())


def find_system(symptom: str) -> str | None:
    """The body system of a symptom, by its last word that tells one ("elbow rash"); None where none does."""
    ends = [(match.end(), name) for name, expression in load_systems() for match in expression.finditer(symptom)]
    return max(ends, key=lambda end: end[0], default=(0, None))[1]


def list_symptoms(text: str, person: Person) -> list[str]:
    """The symptoms of a question in the order asked, as a note names them and in the third person."""
    mentions = _outermost([mention for mention in concepts(text) if mention.kind == "symptom"])
    named = [_name(text, mention, person) for mention in mentions]
    return list(dict.fromkeys(name for name in named if name))


def _outermost(mentions: list[Mention]) -> list[Mention]:
    """Of mentions that overlap, the longest."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: one.start - one.end):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda one: one.start)


def _name(text: str, mention: Mention, person: Person) -> str | None:
    if mention.concept in {"smoking", "alcohol use", "drug use", "marijuana use", "caffeine use", "fall", "injury"}:
        return None
    said = text[mention.start : mention.end].lower()
    plain = re.search(r"\b(?:you|i|my|hurt\w*|throw\w*|feel\w*|been|lost|trouble|pass\w*)\b", said)
    return write_figures(mention.concept if plain and "your" not in said else turn_to_third(said, "doctor", person))


def join_names(names: list[str] | tuple[str, ...], *, last: str) -> str:
    """ "a", "a or b", "a, b, or c"."""
    if len(names) < 3:
        return f" {last} ".join(names)
    return f"{', '.join(names[:-1])}, {last} {names[-1]}"
