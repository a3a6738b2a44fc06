"""Which of a visit's candidate sentences a clinician's note has, and under which of our divisions: the labels
for training."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

from scribe.language.words import tokenize
from scribe.note import Division

_HEADINGS = (
    (r"chief complaint|^cc", Division.CHIEF_COMPLAINT), (r"history of present|^hpi", Division.PRESENT_ILLNESS),
    (r"review of systems|^ros", Division.REVIEW_OF_SYSTEMS), (r"surgical history|^surgical$", Division.PAST_SURGICAL),
    (r"family history|^family$", Division.FAMILY), (r"social history|^social$", Division.SOCIAL),
    (r"medical history|past history|^medical$", Division.PAST_MEDICAL), (r"medications", Division.MEDICATIONS),
    (r"allerg", Division.ALLERGIES), (r"immuni", Division.IMMUNIZATIONS), (r"vital", Division.VITALS),
    (r"exam", Division.EXAM), (r"results|imaging|labs", Division.RESULTS), (r"assessment and plan", Division.PLAN),
    (r"assessment|impression", Division.ASSESSMENT), (r"plan", Division.PLAN), (r"instructions", Division.INSTRUCTIONS),
)  # fmt: skip
_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "with",
        "and",
        "or",
        "but",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "have",
        "has",
        "had",
        "do",
        "does",
        "did",
        "she",
        "he",
        "her",
        "his",
        "him",
        "they",
        "their",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "i",
        "we",
        "my",
        "our",
        "you",
        "your",
        "patient",
        "as",
        "by",
        "from",
        "will",
        "would",
        "should",
        "can",
        "could",
        "not",
        "no",
        "any",
        "some",
        "so",
        "there",
        "also",
        "today",
        "which",
        "who",
        "what",
        "when",
        "where",
        "if",
        "than",
        "then",
        "about",
        "up",
        "out",
        "reports",
        "states",
        "denies",
        "notes",
    ]
)
_LONGEST_HEADING = 45
RAREST = 4.2  # of a word that no note has: as rare as one note in 67


def read_divisions(note: str) -> list[tuple[Division, str]]:
    """(division, sentence) of a clinician's note with headings on lines of their own."""
    division, found = Division.PRESENT_ILLNESS, []
    for line in note.splitlines():
        plain = line.strip().strip(":").strip()
        heading = next(
            (to for sign, to in _HEADINGS if len(plain) < _LONGEST_HEADING and re.search(sign, plain.lower())), None
        )
        if heading and (
            plain.isupper() or line.strip().endswith(":") or plain in {"Medical", "Surgical", "Social", "Family"}
        ):
            division = heading
        elif plain:
            found += [(division, piece) for piece in re.split(r"(?<=[.?!])\s+", plain) if len(piece) > 2]
    return found


def content(text: str) -> set[str]:
    return {token.stem for token in tokenize(text) if token.stem[:1].isalnum() and token.word not in _STOP}


def align(
    text: str, sentences: list[tuple[Division, str]], weights: Mapping[str, float]
) -> tuple[float, Division | None]:
    """(agreement 0 to 1, division) of the note's sentence that a candidate agrees with best: the harmonic mean of the
    weighted shares of words in common."""
    words = content(text)
    own = sum(weights.get(word, RAREST) for word in words)
    best, division = 0.0, None
    for where, sentence in sentences:
        others = content(sentence)
        common = words & others
        if len(common) < min(2, len(words)) or not common:
            continue
        weight = sum(weights.get(word, RAREST) for word in common)
        share = 2 * weight / (own + sum(weights.get(word, RAREST) for word in others))
        if share > best:
            best, division = share, where
    return best, division


def weigh_words(notes: list[str]) -> dict[str, float]:
    """Stem -> weight by rarity among the notes."""
    seen = Counter(word for note in notes for word in content(note))
    return {word: math.log(1 + len(notes) / count) for word, count in seen.items()}
