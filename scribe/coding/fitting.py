"""What speaks for or against a code beyond its words: side, visit, and chapters that need their own words."""

from __future__ import annotations

import re
from functools import cache

from scribe.coding.asking import Asked, lists
from scribe.coding.tables import display_of, is_billable, words_of

_SIDES = ("right", "left", "bilateral")
_SIDE = re.compile(r"\b(right|left|bilateral)\b")
_NO_SIDE = re.compile(
    r"unspecified (?:side|knee|shoulder|hip|ankle|ear|eye|foot|hand|wrist|elbow|leg|arm|limb|breast|\w+ limb)"
)
_KINDS = tuple(
    (re.compile(words), re.compile(told))
    for words, told in (
        ("subsequent encounter", r"\b(?:follow|subsequent|heal)"), ("sequela", r"\bsequela|late effect"),
        ("open fracture", r"\bopen\b"), ("nonunion", r"\bnonunion"), ("malunion", r"\bmalunion"),
        ("delayed healing", r"delayed"),
        (r"(?<!pathological )(?<!from )\bfracture\b", r"\bfractur|\bfx\b|\bbroke|\bbreak"),
    )
)  # fmt: skip
_VISITS = tuple(
    (re.compile(told), seventh)
    for told, seventh in (
        (r"\bsequela|\blate effect", "S"), (r"\bnon-?union", "K"), (r"\bmal-?union", "P"), (r"\bdelayed healing", "G"),
        (r"\bfollow(?:ing)?[ -]?up|\bf/u\b|\bsubsequent|\bheal(?:ing|ed)\b|\brecheck", "D"),
    )
)  # fmt: skip


def fit(code: str, wording: str, asked: Asked) -> float:
    lower = f"{wording} {display_of(code)}".lower()
    told = set(_SIDE.findall(asked.clinical)) | set(_SIDE.findall(asked.said))
    bonus = sum(0.12 if side in told else -0.3 for side in set(_SIDE.findall(lower)))
    if told and _NO_SIDE.search(lower):
        bonus -= 0.12
    bonus += 0.04 if "unspecified" in lower or "nos" in lower.split() else 0.0
    bonus -= 0.35 * sum(bool(words.search(lower)) and not said.search(asked.said) for words, said in _KINDS)
    return bonus + _chapter(code, asked.plain)


@cache
def _gates() -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    return tuple(
        (re.compile(beginning), frozenset(word for one in needed for word in words_of(one)))
        for beginning, needed in lists()["only_with"].items()
    )


def _chapter(code: str, plain: frozenset[str]) -> float:
    """Codes of pregnancy, the newborn, external causes, injury, history and so on, only where their words are said."""
    return -1.0 if any(where.match(code) and plain.isdisjoint(needed) for where, needed in _gates()) else 0.0


def visit_of(code: str, said: str) -> str:
    """An injury's code of the first visit as that of a later one, where the wording tells of it."""
    if code.replace(".", "")[6:] == "A":
        for told, seventh in _VISITS:
            if told.search(said) and is_billable(code[:-1] + seventh):
                return code[:-1] + seventh
    return code
