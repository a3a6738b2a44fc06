"""What simulated patients say: phrases by kind and manner, picked by seed and filled in."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "phrases"
MANNERS = ("terse", "rambling", "early", "changes", "typos", "hinglish", "us", "elderly", "angry", "digressing")


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase and what its bank says of it (`constraint`, `topic`, `which`, `n` ...)."""

    text: str
    about: dict[str, Any]


@cache
def _load(half: str, name: str) -> Any:
    return yaml.safe_load((FOLDER / half / f"{name}.yaml").read_text("utf-8"))


class Bank:
    """The phrases of one half, as one patient of one manner uses them."""

    def __init__(self, half: str, manner: str, rng: random.Random) -> None:
        self.half, self.manner, self.rng = half, manner, rng

    def opening(self, goal: str) -> Said:
        return _said(self.rng.choice(_load(self.half, "goals")[goal][self.manner]))

    def answer(self, kind: str, **fits: Any) -> Said:
        """`fits`: what the bank must say of the phrase."""
        by_manner = _load(self.half, "answers")[kind]
        found = [_said(one) for one in [*by_manner.get(self.manner, []), *by_manner["any"]]]
        fitting = [one for one in found if all(one.about.get(key, value) == value for key, value in fits.items())]
        own = [_said(one) for one in by_manner.get(self.manner, [])]
        preferred = [one for one in own if one in fitting]
        return self.rng.choice(preferred or fitting or found)

    def digression(self) -> Said:
        return _said(self.rng.choice(_load(self.half, "digressions")))

    def change(self, *kinds: str) -> Said:
        fitting = [_said(one) for one in _load(self.half, "changes") if one["kind"] in kinds]
        return self.rng.choice(fitting)

    def words(self, kind: str, code: str | None = None) -> str:
        """Department words or complaints in the style of the manner."""
        styles = ("hinglish",) if self.manner == "hinglish" else ("us", "en") if self.manner == "us" else ("en",)
        by_style = _load(self.half, "words")["by_style"][kind]
        for style in styles:
            found = by_style.get(style) or {}
            found = found.get(code) if code is not None else found
            if found:
                return str(self.rng.choice(found))
        whole = _load(self.half, "words")[kind]
        return str(self.rng.choice(whole[code] if code is not None else whole))

    def kin(self, relation: str) -> str:
        by_style = _load(self.half, "words")["kin"][relation]
        style = self.manner if self.manner in by_style else "en"
        return str(self.rng.choice(by_style[style]))


def _said(item: str | dict[str, Any]) -> Said:
    if isinstance(item, str):
        return Said(item, {})
    return Said(item["text"], {key: value for key, value in item.items() if key != "text"})
