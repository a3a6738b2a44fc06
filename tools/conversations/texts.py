"""What patients are told: sentences in files, one a language (`<folder>/<language>.yaml`), and how a time is said."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import yaml

from db.json import JsonObject

LANGUAGES = {"en": "English", "hi": "हिन्दी"}


class Phrasebook:
    """The sentences of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tell(self, language: str, name: str, /, **facts: object) -> str:
        """The sentence of that name, with the facts filled in; a missing fact is an error, never a blank."""
        sentence: str = _load(self._folder, language)[name]
        return sentence.format(**facts)

    def spoken(self, language: str, name: str, /, **facts: object) -> str:
        """The sentence of that name as it is said on the phone, where that differs."""
        on_phone = f"phone_{name}"
        return self.tell(language, on_phone if on_phone in _load(self._folder, language) else name, **facts)

    def all_words(self, language: str) -> str:
        """Every sentence of a language in one text: what an answer may say without another ground."""
        return _all_words(self._folder, language)


@lru_cache(maxsize=16)
def _all_words(folder: Path, language: str) -> str:
    return json.dumps(_load(folder, language), ensure_ascii=False)


_FOLDER = Path(__file__).parent / "texts"
tell = Phrasebook(_FOLDER).tell


@lru_cache
def _load(folder: Path, language: str) -> JsonObject:
    loaded: JsonObject = yaml.safe_load((folder / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def say_day(at: datetime, language: str) -> str:
    """Tuesday 24 November."""
    words = _load(_FOLDER, language)
    return f"{words['weekdays'][at.weekday()]} {at.day} {words['months'][at.month - 1]}"


def say_date(day: date, language: str) -> str:
    """14 March 1984."""
    return f"{day.day} {_load(_FOLDER, language)['months'][day.month - 1]} {day.year}"


def say_time(at: datetime, language: str) -> str:
    """10:30 am; in Hindi with the part of the day before it."""
    hour = at.hour % 12 or 12
    if language == "hi":
        parts = _load(_FOLDER, language)["parts"]
        part = parts[0 if at.hour < 12 else 1 if at.hour < 16 else 2 if at.hour < 20 else 3]
        return f"{part} {hour}:{at.minute:02d} बजे"
    return f"{hour}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def say_soon(at: datetime, now: datetime, language: str) -> str:
    """The hour of a time that is today, and else day and hour."""
    return say_time(at, language) if at.date() == now.date() else say_when(at, language)


def say_when(at: datetime, language: str) -> str:
    """Tuesday 24 November, 10:30 am. `at` is in the location's zone."""
    return f"{say_day(at, language)}, {say_time(at, language)}"
