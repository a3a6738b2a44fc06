"""The word lists of the wording, from `data/words.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "data" / "words.yaml"


@cache
def _load() -> dict[str, str]:
    lists: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return lists


def read_words(name: str) -> frozenset[str]:
    """The list of that name. Raises KeyError where there is none."""
    return frozenset(_load()[name].split())
