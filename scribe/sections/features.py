"""What the section classifiers see of a text: words, word pairs, beginnings, topics and who said them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import yaml

from scribe.language.terms import concepts
from scribe.sections.signs import SIGNS

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|\?")
_LINE = re.compile(r"^\s*\[?([A-Za-z_ ]{2,20}?)\]?\s*[:\]]\s*(.*)$")
_DATA = Path(__file__).parent / "data"
_STEM = 6
TOPIC_WEIGHT = 2


@cache
def load_topics() -> Mapping[str, re.Pattern[str]]:
    """Topic -> the expression whose presence in lower-case text tells it."""
    raw: dict[str, str] = yaml.safe_load((_DATA / "topics.yaml").read_text(encoding="utf-8"))
    return {name: re.compile(expression) for name, expression in raw.items()}


def split_turns(dialogue: str) -> list[tuple[str, str]]:
    """(speaker, text) of `Doctor: ...` lines; a line without a speaker belongs to the one before it."""
    turns: list[tuple[str, str]] = []
    for line in dialogue.splitlines():
        found = _LINE.match(line)
        if found and len(found[1].split()) <= 3:
            turns.append((found[1].strip().lower()[:8], found[2].strip()))
        elif line.strip() and turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line.strip()}")
        elif line.strip():
            turns.append(("unknown", line.strip()))
    return turns


def find_words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def find_topics(text: str) -> Iterator[str]:
    lowered = text.lower().replace("’", "'")
    return (name for name, expression in load_topics().items() if expression.search(lowered))


def describe_dialogue(dialogue: str) -> Counter[str]:
    """Feature -> weight of a dialogue between `Doctor:`, `Patient:` and others."""
    turns = split_turns(dialogue)
    found: Counter[str] = Counter()
    for speaker, text in turns:
        words = find_words(text)
        found.update(_words_and_pairs(words))
        found.update(f"{speaker[:1]}:{word}" for word in set(words))
        found.update(f"{speaker[:1]}#{topic}" for topic in find_topics(text))
    questions = [text for speaker, text in turns if "?" in text and speaker.startswith("doc")]
    for at, text in enumerate(questions[:2]):
        found.update(f"q{at}#{topic}" for topic in find_topics(text))
        found.update(f"q{at}:{word}" for word in set(find_words(text)))
    found.update(f"last#{topic}" for _, text in turns[-2:] for topic in find_topics(text))
    found.update(_weigh_background(turns))
    for feature in [one for one in found if "#" in one]:
        found[feature] *= TOPIC_WEIGHT
    found.update(_name_terms(turns))
    found.update(_describe_shape(turns))
    return found


_BACKGROUND = (
    "family_history", "family", "household", "tobacco", "alcohol", "street_drugs", "allergy", "immunization", "surgery",
    "chronic", "medication", "symptom", "exam", "imaging", "results", "plan", "diagnosis", "discharge", "emergency",
    "pregnancy",
)  # fmt: skip


def _weigh_background(turns: list[tuple[str, str]]) -> Iterator[str]:
    """What most turns are about, what no turn is about, and the clear signs of a part of the history."""
    topics = [set(find_topics(text)) for _, text in turns]
    counts = Counter(topic for one in topics for topic in one if topic in _BACKGROUND)
    most = max(counts.values(), default=0)
    yield from (f"most#{topic}" for topic, count in counts.items() if count == most)
    yield from (f"half#{topic}" for topic, count in counts.items() if 2 * count >= len(turns))
    yield from (f"never={topic}" for topic in _BACKGROUND if topic not in counts)
    for (speaker, text), own in zip(turns, topics, strict=True):
        if "?" in text and speaker.startswith("doc"):
            yield from (f"asks#{topic}" for topic in own)
        for division, sign in SIGNS:
            if sign.search(text):
                yield from (f"sign#{division}", f"{speaker[:1]}sign#{division}")


def _name_terms(turns: list[tuple[str, str]]) -> Iterator[str]:
    """Kinds of clinical terms and the terms themselves, so that a rare word counts as what it names."""
    for speaker, text in turns:
        for mention in concepts(text):
            yield from (f"k={mention.kind}", f"{speaker[:1]}k={mention.kind}", f"c={mention.concept}")


def _words_and_pairs(words: list[str]) -> Iterator[str]:
    yield from words
    yield from (f"{one}_{two}" for one, two in pairwise(words))
    yield from (f"{word[:_STEM]}~" for word in words if len(word) > _STEM)


_TURN_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 14, 20)
_WORD_STEPS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)


def _describe_shape(turns: list[tuple[str, str]]) -> Iterator[str]:
    """How long it is, in steps that a linear model can add up, and who speaks."""
    lengths = [(len(text.split()), speaker.startswith("doc")) for speaker, text in turns]
    questions = sum("?" in text for speaker, text in turns if speaker.startswith("doc"))
    figures = (
        ("turns", len(turns), _TURN_STEPS),
        ("questions", questions, _TURN_STEPS),
        ("words", sum(length for length, _ in lengths), _WORD_STEPS),
        ("answers", sum(length for length, asks in lengths if not asks), _WORD_STEPS),
    )
    for name, figure, steps in figures:
        yield from (f"{name}{'>' if figure > step else '<='}{step}" for step in steps)
    yield f"length={min(sum(length for length, _ in lengths).bit_length(), 10)}"
    yield from (f"speaks={speaker}" for speaker in sorted({speaker for speaker, _ in turns}))


def hash_feature(feature: str) -> int:
    return crc32(feature.encode())


def hash_features(features: Iterable[str]) -> list[int]:
    return [hash_feature(feature) for feature in features]
