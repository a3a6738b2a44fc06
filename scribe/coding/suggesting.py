"""ICD-10-CM codes for a problem as a doctor words it, ranked, each with its reason. Suggestions for a person to choose
from: words alone do not tell all that coding rules ask for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scribe.coding.tables import Index, display_of, index, is_billable, words_of
from scribe.language.phrases import Phrases
from scribe.language.terms import concepts
from scribe.language.words import tokenize
from scribe.note import CodeSuggestion

_LEAST = 0.45  # of 1: below it, nothing is suggested
_EXTRA = 0.35  # what a word costs that the code says and the doctor did not, as a share of its weight
_KNOWN = 0.35  # what being the usual code of a named condition adds
_CANDIDATES = 80
_SIDES = ("right", "left", "bilateral")


@cache
def _lists() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("usual.yaml").read_text(encoding="utf-8"))
    return read


@cache
def _usual() -> Phrases:
    """Wordings with the codes, or beginnings of codes, that they usually mean."""
    return Phrases((str(name), str(codes)) for codes, names in _lists()["usual"].items() for name in names)


@lru_cache(maxsize=4096)
def suggest(text: str, *, most: int = 5) -> tuple[CodeSuggestion, ...]:
    """The likeliest billable ICD-10-CM codes for a problem ("acute medial meniscus tear of the left knee"), best first.
    Empty where nothing fits. `score` from 0 to 1 orders them; it is no probability."""
    table, said = index(), text.lower()
    asked, plain = _asked(said), frozenset(words_of(said))
    if not asked:
        return ()
    usual = list(_usual_codes(said))
    scores = _scores(table, asked)
    best: dict[str, tuple[float, str]] = {}
    for place in np.argsort(-scores)[:_CANDIDATES]:
        code, wording = table.codes[place], table.wordings[place]
        score = float(scores[place]) + _fit(code, wording, said, plain)
        if score > best.get(code, (0.0, ""))[0]:
            best[code] = (score, wording)
    for rank, (phrase, code) in enumerate(usual):
        score = (
            max(best.get(code, (0.0, ""))[0], 0.55) + _KNOWN + _fit(code, display_of(code), said, plain) - 0.01 * rank
        )
        best[code] = (score, phrase)
    ranked = sorted(
        ((score, code) for code, (score, _) in best.items() if score >= _LEAST), key=lambda one: (-one[0], one[1])
    )
    return tuple(
        CodeSuggestion(
            code=code,
            display=display_of(code),
            score=round(min(1.0, max(0.0, score)), 3),
            reason=_reason(best[code][1], said),
        )
        for score, code in ranked[:most]
    )


def _asked(said: str) -> dict[str, float]:
    """The words asked for, each with how much it counts: what the doctor said, and the clinical names of lay words."""
    asked = {word: 1.0 for word in words_of(said) if word not in _stop()}
    for mention in concepts(said):
        named = words_of(mention.concept)
        for word in named:
            asked.setdefault(word, 0.8)
        if mention.concept != said[mention.start : mention.end]:
            for word in words_of(said[mention.start : mention.end]):
                if word not in named and word in asked:
                    asked[word] = 0.4
    return asked


@cache
def _stop() -> frozenset[str]:
    return frozenset(word for one in _lists()["stop"] for word in words_of(one))


def _scores(table: Index, asked: dict[str, float]) -> Any:
    """For each entry: the share of what was asked that it says, less what it says beyond that."""
    total = sum(table.weight(word) * counts for word, counts in asked.items()) or 1.0
    found = np.zeros(len(table.codes), np.float32)
    named = np.zeros(len(table.codes), np.float32)
    for word, counts in asked.items():
        places = table.postings.get(word)
        if places is not None:
            found[places] += table.weight(word) * counts
            named[places] += table.weight(word)
    extra = np.maximum(0.0, table.burden - named)
    return found / total - _EXTRA * extra / (total + extra) * (found > 0)


def _fit(code: str, wording: str, said: str, plain: frozenset[str]) -> float:
    """What speaks for or against a code beyond its words: side, encounter, and chapters that need their own words."""
    lower, bonus = f"{wording} {display_of(code)}".lower(), 0.0
    sides = [side for side in _SIDES if re.search(rf"\b{side}\b", said)] or (
        ["bilateral"] if re.search(r"\bboth\b", said) else []
    )
    for side in _SIDES:
        if re.search(rf"\b{side}\b", lower):
            bonus += 0.12 if side in sides else -0.3
    if sides and re.search(
        r"unspecified (?:side|knee|shoulder|hip|ankle|ear|eye|foot|hand|wrist|elbow|leg|arm|limb|\w+ limb)", lower
    ):
        bonus -= 0.12
    bonus += 0.04 if "unspecified" in lower or "nos" in lower.split() else 0.0
    return bonus + _encounter(lower, said) + _chapter(code, plain)


def _encounter(lower: str, said: str) -> float:
    """Injuries: the first visit, a closed and ordinary fracture, unless said otherwise."""
    bonus = 0.0
    for words, told in (
        ("subsequent encounter", r"\b(?:follow|subsequent|healing|heal)"), ("sequela", r"\bsequela|late effect"),
        ("open fracture", r"\bopen\b"), ("nonunion", r"\bnonunion"), ("malunion", r"\bmalunion"), ("delayed healing", r"delayed"),
    ):  # fmt: skip
        if words in lower and not re.search(told, said):
            bonus -= 0.35
    return bonus


def _chapter(code: str, plain: frozenset[str]) -> float:
    """Codes of pregnancy, the newborn, external causes, poisoning, history and the like only where their words are said."""
    for beginning, needed in _lists()["only_with"].items():
        if re.match(beginning, code) and plain.isdisjoint(word for one in needed for word in words_of(one)):
            return -1.0
    return 0.0


def _usual_codes(said: str) -> Iterator[tuple[str, str]]:
    """(wording, billable code) of the named conditions in what was said; a beginning of codes gives the likeliest of them."""
    tokens = tokenize(said)
    for codes, first, last in _usual().find(tokens):
        phrase = said[tokens[first].start : tokens[last - 1].end]
        for code in codes.split():
            if is_billable(code):
                yield phrase, code
            else:
                yield from ((phrase, leaf) for leaf in _leaves(code, said))


def _leaves(beginning: str, said: str) -> list[str]:
    """The billable codes under a beginning, those that fit what was said best first, at most four."""
    plain = frozenset(words_of(said))
    scored = [(_fit(code, display_of(code), said, plain) + _shared(code, plain), code) for code in _under(beginning)]
    return [code for _, code in sorted(scored, key=lambda one: (-one[0], one[1]))[:4]]


def _shared(code: str, plain: Iterable[str]) -> float:
    words = words_of(display_of(code))
    return 0.1 * len(set(words) & set(plain)) - 0.01 * len(words)


@cache
def _under(beginning: str) -> tuple[str, ...]:
    wanted = beginning.rstrip("-")
    found: dict[str, None] = defaultdict()
    for code in index().codes:
        if code.startswith(wanted):
            found[code] = None
    return tuple(found)


def _reason(wording: str, said: str) -> str:
    shared = [
        word
        for word in re.findall(r"[a-z0-9'-]+", said)
        if set(words_of(word)) & set(words_of(wording)) and len(word) > 1
    ]
    return f"“{wording}”" + (f": {', '.join(dict.fromkeys(shared))}" if shared else "")
