"""Every language says everything, with the same facts."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
import yaml

from tools.conversations.texts import LANGUAGES

FOLDERS = [*sorted(Path("agents").glob("**/texts")), Path("tools/conversations/texts")]


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_the_languages_agree(folder: Path) -> None:
    books = {language: yaml.safe_load((folder / f"{language}.yaml").read_text("utf-8")) for language in LANGUAGES}
    english = {name: _facts(text) for name, text in books["en"].items() if isinstance(text, str)}
    assert len(english) >= 5
    for language, book in books.items():
        assert {name: _facts(text) for name, text in book.items() if isinstance(text, str)} == english, language


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
