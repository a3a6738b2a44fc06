"""Orders of a note's plan, as suggestions: what kind of thing is to be done, in the words of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from scribe.facts.sources import of_divisions
from scribe.language.phrases import Phrases
from scribe.language.reading import Read
from scribe.note import Division, Order, OrderKind, Section

_DONE = (
    "was done",
    "were done",
    "has had",
    "showed",
    "shows",
    "revealed",
    "was normal",
    "were normal",
    "underwent",
    "previous",
)


@cache
def _lists() -> Any:
    return yaml.safe_load(Path(__file__).with_name("orders.yaml").read_text())


@cache
def _words() -> Phrases:
    return Phrases((word, kind) for kind, words in _lists()["by_words"].items() for word in words)


def find_orders(sections: Iterable[Section]) -> tuple[Order, ...]:
    """What the plan says is to be done, a kind once for a sentence, in the plan's own words with its conditions ("if
    not better"). Nothing that it refuses ("no need for an MRI") or tells of as done."""
    found: dict[tuple[str, str], Order] = {}
    for _, sentence, one in of_divisions(sections, Division.PLAN):
        if any(words in sentence.text.lower() for words in _DONE):
            continue
        for kind, what in _kinds(one):
            key = (kind, what or sentence.text)
            found.setdefault(key, Order(kind=kind, what=what, text=sentence.text, segments=sentence.segments))
    return tuple(found.values())


def _kind_of_test(test: str) -> OrderKind:
    if test in _lists()["imaging"]:
        return "imaging"
    return "procedure" if test in _lists()["study"] else "laboratory"


def _kinds(one: Read) -> Iterator[tuple[OrderKind, str | None]]:
    named = [
        (cast(OrderKind, kind), one.tokens[first].start, one.tokens[last - 1].end)
        for kind, first, last in _words().find(one.tokens)
    ]
    for mention in one.concepts:
        if any(start < mention.end and mention.start < end for _, start, end in named):
            continue
        if one.cues.assess(mention.start, mention.end).negated:
            continue
        if mention.concept in _lists()["never"]:
            continue
        if mention.kind == "test":
            yield _kind_of_test(mention.concept), mention.concept
        elif mention.kind == "procedure":
            yield "procedure", mention.concept
    planned = {kind for kind, start, end in named if not one.cues.assess(start, end).negated}
    for kind in sorted(planned - ({"referral"} if "therapy" in planned else set())):
        yield kind, None
