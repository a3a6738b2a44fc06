"""Messages in a language that is not offered: known by their script, or by strong evidence of telling words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.screen.language import count_words
from governance.redaction.devanagari import is_devanagari
from lexicon import Lexicon, beside

_BOOK = beside(__file__)
UNNAMED = "other"  # a script that none of these has
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LEAST_WORDS, _LEAST_SHARE = 3, 0.4  # telling words of a message in Latin letters
_LATIN_ENDS = "\u024f"


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """`sentence`, `still`: what it is answered, with `{number}` for the emergency number."""

    code: str
    name: str
    sentence: str
    still: str
    script: re.Pattern[str] | None
    letters: re.Pattern[str] | None
    words: frozenset[str]
    stop: re.Pattern[str] | None
    urgent: re.Pattern[str] | None


def other_language(text: str) -> OtherLanguage | None:
    """The language of a message that is neither English nor Hindi; None where it is one of them, or unsure."""
    letters = [char for char in text if char.isalpha()]
    foreign = [char for char in letters if char > _LATIN_ENDS and not is_devanagari(char)]
    if len(foreign) >= 2 and len(foreign) * 2 >= len(letters):
        return next((one for one in _BY_SCRIPT if _written_in(one, text, foreign)), LANGUAGES[UNNAMED])
    if foreign or any(map(is_devanagari, letters)):
        return None
    return _by_words(text)


def says_stop(text: str) -> bool:
    """Whether a message is the word of another language by which messages are stopped, and nothing else."""
    said = text.strip(" .!।。！").casefold()
    return any(one.stop is not None and one.stop.fullmatch(said) for one in LANGUAGES.values())


def _written_in(one: OtherLanguage, text: str, foreign: list[str]) -> bool:
    assert one.script is not None
    in_script = sum(bool(one.script.match(char)) for char in foreign)
    return in_script * 2 >= len(foreign) and (one.letters is None or bool(one.letters.search(text)))


def _by_words(text: str) -> OtherLanguage | None:
    said = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    found = {one.code: len(one.words & set(said)) for one in _BY_WORDS}
    best = max(found, key=lambda code: found[code])
    hits, ours = found[best], max(count_words(text))
    if hits < _LEAST_WORDS or hits < _LEAST_SHARE * len(said) or hits <= ours * 2:
        return None
    return LANGUAGES[best]


def _read(code: str, words: Lexicon) -> OtherLanguage:
    def pattern(name: str, frame: str = "{}") -> re.Pattern[str] | None:
        return re.compile(frame.format(words.text(name)), re.IGNORECASE) if name in words else None

    return OtherLanguage(
        code, words.text("name"), words.text("sentence"), words.text("still"), pattern("script", "[{}]"),
        pattern("letters", "[{}]"), words.words("words", ""), pattern("stop"), pattern("urgent"),
    )  # fmt: skip


LANGUAGES = {code: _read(code, _BOOK.at(code)) for code in _BOOK}
_BY_SCRIPT = tuple(one for one in LANGUAGES.values() if one.script is not None)
_BY_WORDS = tuple(one for one in LANGUAGES.values() if one.words)
