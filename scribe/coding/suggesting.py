"""ICD-10-CM codes for a problem as a doctor words it, ranked, each with its reason. Suggestions for a person to choose
from: words alone do not tell all that coding rules ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import numpy as np

from scribe.coding.asking import Asked, Group, lists, read_wording, weigh
from scribe.coding.fitting import fit, visit_of
from scribe.coding.tables import FREE, Index, display_of, index, is_billable, signed_words, words_of
from scribe.language.phrases import Phrases
from scribe.language.words import tokenize
from scribe.note import CodeSuggestion

_LEAST = 0.45  # of 1: below it, nothing is suggested
_EXTRA = 0.35  # what a word costs that the code says and the doctor did not, as a share of its weight
_KNOWN = 0.35  # what being the usual code of a named condition adds, where nothing else was said
_MEANT = 0.9  # what a name counts that was not said but meant by what was said
_CANDIDATES = 80
_LEAVES = 4  # codes taken from under a beginning of codes
_TYPE_1 = re.compile(r"\btype 1\b|\bjuvenile diabetes\b")


@cache
def _usual() -> Phrases:
    """Wordings with the codes, or beginnings of codes, that they usually mean."""
    return Phrases((str(name), str(codes)) for codes, names in lists()["usual"].items() for name in names)


@lru_cache(maxsize=4096)
def suggest(text: str, *, most: int = 5) -> tuple[CodeSuggestion, ...]:
    """The likeliest billable ICD-10-CM codes for a problem ("acute medial meniscus tear of the left knee"), best first.
    Empty where nothing fits. `score` from 0 to 1 orders them; it is no probability."""
    asked = read_wording(text)
    if not asked.groups:
        return ()
    best = _by_words(index(), asked)
    for rank, (phrase, code) in enumerate(_usual_codes(asked)):
        share, covered = _shares(asked, phrase, code)
        fits = fit(code, display_of(code), asked) - 0.01 * rank
        score = fits + max(share + _KNOWN * covered**2, _LEAST + 0.1 * covered)
        if score > best.get(code, (0.0, ""))[0]:
            best[code] = (score, phrase)
    ranked = sorted(
        ((score, code) for code, (score, _) in best.items() if score >= _LEAST), key=lambda one: (-one[0], one[1])
    )
    return tuple(
        CodeSuggestion(
            code=code,
            display=display_of(code),
            score=round(min(1.0, max(0.0, score)), 3),
            reason=_reason(best[named][1], asked.said),
        )
        for score, named in ranked[:most]
        for code in (visit_of(named, asked.said),)
    )


def _by_words(table: Index, asked: Asked) -> dict[str, tuple[float, str]]:
    """The best entry of each code: its score and its wording."""
    scores = _scores(table, asked.groups)
    best: dict[str, tuple[float, str]] = {}
    for place in np.argsort(-scores, kind="stable")[:_CANDIDATES]:
        code, wording = table.codes[place], table.wordings[place]
        score = float(scores[place]) + fit(code, wording, asked)
        if score > best.get(code, (0.0, ""))[0]:
            best[code] = (score, wording)
    return best


@cache
def _free() -> frozenset[str]:
    return frozenset(word for one in FREE for word in words_of(one))


def _scores(table: Index, groups: tuple[Group, ...]) -> Any:
    """For each entry: the share of what was asked that it says, less what it says beyond that."""
    total = sum(group.weight() for group in groups) or 1.0
    found = np.zeros(len(table.codes), np.float32)
    named = np.zeros(len(table.codes), np.float32)
    for group in groups:
        best = np.zeros(len(table.codes), np.float32)
        for way in group.known():
            said, whole = np.zeros(len(table.codes), np.float32), weigh(way)
            for word in way:
                if word in table.postings:
                    said[table.postings[word]] += table.weight(word) / whole
            np.maximum(best, said, out=best)
        found += best * group.weight()
    for word in {word for group in groups for way in group.ways for word in way} - _free():
        if word in table.postings and word[0] != "~":
            named[table.postings[word]] += table.weight(word)
    extra = np.maximum(0.0, table.burden - named)
    return found / total - _EXTRA * extra / (total + extra) * (found > 0)


def _shares(asked: Asked, phrase: str, code: str) -> tuple[float, float]:
    """Of what was asked, the share that a named condition and its code say; and the share that its name alone says."""
    named, shown = set(words_of(phrase)), set(signed_words(display_of(code)))
    total = sum(group.weight() for group in asked.groups)
    if not total:
        return 1.0, 1.0
    covered = said = 0.0
    for group in asked.groups:
        if any(named.issuperset(way) for way in group.ways):
            covered += group.weight() * (1.0 if named.issuperset(group.ways[0]) else _MEANT)
        else:
            parts = (weigh([word for word in way if word in shown]) / (weigh(way) or 1.0) for way in group.ways)
            said += group.weight() * max(parts, default=0.0)
    return (covered + said) / total, covered / total


def _usual_codes(asked: Asked) -> Iterator[tuple[str, str]]:
    """(wording, billable code) of the named conditions in what was said, of several together first; a beginning of
    codes gives the likeliest of them."""
    for codes, phrase in (*_together(asked), *_named(asked.said), *_named(asked.clinical)):
        for code in codes.split():
            typed = _typed(code, asked)
            if is_billable(typed):
                yield phrase, typed
            else:
                yield from ((phrase, leaf) for leaf in _leaves(typed, asked))


def _named(said: str) -> Iterator[tuple[str, str]]:
    tokens = tokenize(said)
    for codes, first, last in _usual().find(tokens):
        before = said[: tokens[first].start].split()[-3:]
        if not {"no", "without", "not", "w/o"} & set(before):
            yield codes, said[tokens[first].start : tokens[last - 1].end]


def _together(asked: Asked) -> Iterator[tuple[str, str]]:
    """Conditions that have one code where they stand together ("hypertension + heart failure")."""
    for code, wordings in lists()["together"].items():
        for wording in wordings:
            if asked.plain.issuperset(words_of(wording)):
                yield str(code), wording.replace(" + ", " with ")
                break


def _typed(code: str, asked: Asked) -> str:
    """Diabetes is of type 2 unless type 1 is said."""
    return "E10" + code[3:] if code.startswith("E11") and _TYPE_1.search(asked.clinical) else code


def _leaves(beginning: str, asked: Asked) -> list[str]:
    """The billable codes under a beginning, those that fit what was said best first."""
    scored = [(fit(code, display_of(code), asked) + _shared(code, asked.plain), code) for code in _under(beginning)]
    return [code for _, code in sorted(scored, key=lambda one: (-one[0], one[1]))[:_LEAVES]]


def _shared(code: str, plain: frozenset[str]) -> float:
    words = signed_words(display_of(code))
    return 0.1 * len(set(words) & plain) - 0.01 * len(words)


@cache
def _under(beginning: str) -> tuple[str, ...]:
    wanted = beginning.rstrip("-")
    return tuple(dict.fromkeys(code for code in index().codes if code.startswith(wanted)))


def _reason(wording: str, said: str) -> str:
    shared = [
        word
        for word in re.findall(r"[a-z0-9'-]+", said)
        if set(words_of(word)) & set(words_of(wording)) and len(word) > 1
    ]
    return f"“{wording}”" + (f": {', '.join(dict.fromkeys(shared))}" if shared else "")
