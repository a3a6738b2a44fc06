"""The review of systems: symptoms that the patient affirmed or denied, by body system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scribe.builtin.candidates import Candidate
from scribe.builtin.symptoms import find_system, load_systems
from scribe.language.negation import Reading
from scribe.language.terms import Mention, concepts_of
from scribe.language.words import tokenize
from scribe.sections.signs import find_history

_TOO_BROAD = frozenset(
    {
        "pain",
        "swelling",
        "discharge",
        "fall",
        "injury",
        "stress",
        "side effect",
        "flare-up",
        "scar",
        "bleeding",
        "tenderness",
    }
)
Held = dict[str, tuple[str, ...]]  # symptom -> the segments that tell it


def review_systems(candidates: Sequence[Candidate]) -> Iterator[tuple[str, str, Mapping[str, tuple[str, ...]]]]:
    """(system, "Reports" or "Denies", symptoms with their segments), in the order of a review of systems. A symptom
    that was both affirmed and denied is left to the history."""
    reported, denied = _collect(candidates)
    both = set(reported) & set(denied)
    for system, _ in load_systems():
        for verb, held in (("Reports", reported), ("Denies", denied)):
            items = {
                name: segments for name, segments in held.items() if name not in both and find_system(name) == system
            }
            if items:
                yield system, verb, items


def _collect(candidates: Sequence[Candidate]) -> tuple[Held, Held]:
    reported: Held = {}
    denied: Held = {}
    for candidate in candidates:
        if candidate.kind in {"denial", "report"}:
            held = denied if candidate.kind == "denial" else reported
            for item in candidate.items:
                held.setdefault(item, candidate.segments)
        elif candidate.kind == "told" and find_history(candidate.text, candidate.question) is None:
            for name in _affirmed(candidate.text):
                reported.setdefault(name, candidate.segments)
    return reported, denied


def _affirmed(text: str) -> Iterator[str]:
    """Symptoms that a patient's statement says he has now."""
    tokens = tokenize(text)
    reading = Reading(tokens)
    for mention in concepts_of(tokens):
        said = text[mention.start : mention.end].lower()
        named = mention.kind == "symptom" and mention.concept not in _TOO_BROAD and _is_plain(said, mention.concept)
        if named and _holds(reading, mention):
            yield mention.concept


_PLAIN = frozenset({"tired", "exhausted", "winded", "breathless", "queasy", "sweats", "clammy", "throwing", "puking"})
_SAME_BEGINNING = 4


def _is_plain(said: str, concept: str) -> bool:
    """Whether the words name the symptom beyond doubt: one everyday word ("run", "fit") may mean something else."""
    return (
        " " in said
        or said in _PLAIN
        or any(word[:_SAME_BEGINNING] == said[:_SAME_BEGINNING] for word in concept.split())
    )


def _holds(reading: Reading, mention: Mention) -> bool:
    said = reading.assess(mention.start, mention.end)
    return not (said.negated or said.hypothetical or said.historical or said.family or said.uncertain)
