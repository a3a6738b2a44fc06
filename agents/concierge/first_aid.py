"""What to do until help is there, word for word from `first_aid.yaml`: only what health services publish for
everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Instruction:
    """`codes`: of the signs that it is for; `said`: by language; `signed_off`: None while it awaits clinical
    sign-off."""

    codes: frozenset[str]
    source: str
    signed_off: str | None
    said: dict[str, str]


def while_waiting(codes: Iterable[str], language: str) -> list[str]:
    """The sentence for the first of these signs that has one, or none."""
    for code in codes:
        for instruction in INSTRUCTIONS.values():
            if code in instruction.codes:
                return [instruction.said.get(language, instruction.said["en"])]
    return []


def _read() -> dict[str, Instruction]:
    book = yaml.safe_load(Path(__file__).with_name("first_aid.yaml").read_text("utf-8"))
    return {
        name: Instruction(
            frozenset(one["for"]), one["source"], one["signed_off"],
            {key: text for key, text in one.items() if key not in ("for", "source", "signed_off")},
        )
        for name, one in book["instructions"].items()
    }  # fmt: skip


INSTRUCTIONS = _read()  # at the start: a file that cannot be read must not stop an answer
