"""Phrases in files, a language a file: `emergency` and `harmless`, under each the kinds, a phrase a line; of
`[one|other]` any one."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from agents.screen.red_flags import red_flags
from agents.understanding.meaning.heads import FOLDER as MEANING

PHRASES = Path(__file__).parents[2] / "agents" / "screen" / "phrases"
_LANGUAGES = ("en", "hi-Latn", "hi", "ta")
_CHOICE = re.compile(r"(\[[^\]]*\])")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`line`: the number of the line that it comes from, over all files: what is held out together."""

    text: str
    language: str
    emergency: bool
    kind: str
    line: int


OF_A_LABEL = 110  # lines of a wish in a language: they are easy, and more of them would outweigh what is hard to tell


def read_phrases(*, of_a_line: int, seed: int, folder: Path = PHRASES) -> list[Phrase]:
    """At most `of_a_line` of what each line says."""
    chance = random.Random(seed)
    found = []
    for number, (language, emergency, kind, line) in enumerate(_lines(folder)):
        found += [Phrase(text, language, emergency, kind, number) for text in _said(line, of_a_line, chance)]
    return found


def fingerprint(folder: Path = PHRASES) -> str:
    """Of the phrases as they stand, whatever the comments around them."""
    return hashlib.sha256(repr(sorted(_lines(folder))).encode()).hexdigest()[:16]


def _lines(folder: Path) -> Iterator[tuple[str, bool, str, str]]:
    for path in sorted(folder.glob("*.yaml")):
        for name, kinds in yaml.safe_load(path.read_text("utf-8")).items():
            for kind, block in kinds.items():
                for line in block.splitlines():
                    if line.strip():
                        yield path.stem, name == "emergency", kind, line.strip()
    if folder != PHRASES:
        return
    for head in (
        "wants",
        "departments",
    ):  # wishes, and complaints that can wait, are harmless
        for path in sorted((MEANING / head).glob("*.yaml")):
            for label, block in yaml.safe_load(path.read_text("utf-8")).items():
                for line in block.splitlines()[: None if head == "departments" else OF_A_LABEL]:
                    if line.strip() and path.stem in _LANGUAGES and not red_flags(line):
                        yield path.stem, False, f"{head} {label}", line.strip()


def _said(line: str, most: int, chance: random.Random) -> list[str]:
    choices = [part[1:-1].split("|") if part[0] == "[" else [part] for part in _CHOICE.split(line) if part]
    if math.prod(map(len, choices)) <= most:
        every = ["".join(parts) for parts in itertools.product(*choices)]
    else:
        every = ["".join(map(chance.choice, choices)) for _ in range(2 * most)]
    return list(dict.fromkeys(map(_tidy, every)))[:most]


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" ,", ",").strip(" ,")
