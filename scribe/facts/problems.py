"""The problems of a note's assessment, in the doctor's words, with codes as suggestions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

from db.json import JsonObject
from scribe.coding.suggesting import suggest
from scribe.facts.sources import of_divisions, said_as_fact
from scribe.language.reading import Read
from scribe.language.terms import Mention, concepts
from scribe.note import CodeSuggestion, Division, Problem, Section, Sentence

_DOUBT = re.compile(
    r"\b(?:likely|probabl[ey]|possibl[ey]|suspect\w*|rule out|versus|vs|concern\w* (?:for|about)|worried about"
    r"|question of|may be|might be|could be)\b"
)
_NEAR_CHARS = 60
"""Characters within which a site belongs to a fracture."""
_FEARED = re.compile(r"\b(?:concerned|worried) (?:for|about)(?: (?:a|an|the|possible|some|your|his|her|their))*\s*$")
_OVER = re.compile(r"\b(?:resolved|in remission|cured)\b")


@cache
def _lists() -> dict[str, frozenset[str]]:
    read: JsonObject = yaml.safe_load(Path(__file__).with_name("problems.yaml").read_text())
    return {name: frozenset(str(word) for word in words) for name, words in read.items()}


def find_problems(sections: Iterable[Section]) -> tuple[Problem, ...]:
    """Conditions that the assessment states, or symptoms where it names no condition, each once, in its order."""
    assessed = list(of_divisions(sections, Division.ASSESSMENT))
    found: dict[str, Problem] = {}
    for kinds in (("condition",), ("symptom",)):
        for _, sentence, one in assessed:
            never = _lists()["never"]
            named = [mention for mention in one.concepts if mention.kind in kinds and mention.concept not in never]
            for mention, text in _wordings(one, named):
                feared = (
                    _FEARED.search(one.text[: mention.start].lower())
                    and not one.cues.assess(mention.start, mention.end).negated
                )
                if feared or said_as_fact(one, mention.start, mention.end):
                    found.setdefault(mention.concept, _problem(one, mention, text=text, sentence=sentence))
        if found:
            break
    return tuple(found.values())


def _problem(one: Read, mention: Mention, *, text: str, sentence: Sentence) -> Problem:
    asserted = one.cues.assess(mention.start, mention.end)
    around = one.text[max(0, mention.start - 40) : mention.end + 40].lower()
    doubted = asserted.uncertain or _DOUBT.search(around) is not None
    return Problem(
        text=text[0].upper() + text[1:].removesuffix("'s"),
        certainty="suspected" if doubted else "confirmed",
        status="resolved" if _OVER.search(around) else "active",
        segments=sentence.segments,
        codes=_codes(one, mention, text),
    )


def _codes(one: Read, mention: Mention, text: str) -> tuple[CodeSuggestion, ...]:
    """Suggestions for a problem; for a fracture and the like with the side and site that stand close by."""
    if mention.concept not in _lists()["needs_site"] or any(other.kind == "site" for other in concepts(text)):
        return suggest(text)
    near = min(
        (other for other in one.concepts if other.kind == "site" and other.concept not in _lists()["no_site"]),
        key=lambda other: max(other.start - mention.end, mention.start - other.end),
        default=None,
    )
    if near is None or max(near.start - mention.end, mention.start - near.end) > _NEAR_CHARS:
        return ()
    side = re.search(r"\b(?:left|right|bilateral)\s+$", one.text[: near.start].lower())
    return suggest(f"{text} of {side[0] if side else ''}{one.text[near.start : near.end]}")


def _wordings(one: Read, named: list[Mention]) -> Iterator[tuple[Mention, str]]:
    """Each condition with the words about it ("acute", "of the left knee"), none of them given to two."""
    words, last_given = [token.word for token in one.tokens], -1
    for index, mention in enumerate(named):
        inside = [place for place, token in enumerate(one.tokens) if mention.start <= token.start < mention.end]
        if not inside:
            continue
        first, last = inside[0], inside[-1]
        limit = next(
            (
                place
                for place, token in enumerate(one.tokens)
                if index + 1 < len(named) and token.start >= named[index + 1].start
            ),
            len(words),
        )
        while first - 1 > last_given and words[first - 1] in _lists()["before"]:
            first -= 1
        while last + 1 < limit and words[last + 1] in _lists()["behind"]:
            last += 1
        while last > inside[-1] and words[last] in _lists()["never_last"]:
            last -= 1
        while first < inside[0] and words[first] in ("of", "history", "i", "and"):
            first += 1
        last_given = last
        yield mention, one.text[one.tokens[first].start : one.tokens[last].end]
