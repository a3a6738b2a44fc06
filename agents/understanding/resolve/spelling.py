"""A message in plain spelling: lower case, short forms written out, slips of the finger put right.

Every character of the plain text remembers where in the message it came from, so that what a rule finds in the
plain text is handed on in the patient's own words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from agents.understanding.resolve.spelling_lists import (
    EMOJI,
    MEANT,
    NOT_SLIPS,
    PHRASES,
    ROMANISED,
    SHORT_FORMS,
    SHORTENED,
)
from governance.redaction.devanagari import is_devanagari, romanise

_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\u0900-\u0963\u0966-\u097f\u200c\u200d]|['’](?=[^\W_]))*|\s+|.", re.DOTALL)
_REPEATED = re.compile(r"([a-z])\1{2,}")
_BY_LETTER: dict[str, list[str]] = {}
for _word in MEANT:
    _BY_LETTER.setdefault(_word[0], []).append(_word)
_LEAST_CONSONANTS = 3  # behind the first letter of a word whose vowels were left out: fewer fit too many words


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` in plain spelling; `starts` and `ends` give, for each of its characters, a span of `original`."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def words(self, start: int, end: int) -> str:
        """The patient's own words behind `text[start:end]`."""
        if start >= end:
            return ""
        return self.original[self.starts[start] : self.ends[end - 1]].strip()


@lru_cache(maxsize=512)
def plain(text: str) -> Plain:
    """The message in plain spelling."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        said = _spell(match.group())
        if said.isspace() and (not chars or chars[-1] == " "):
            continue
        same = len(said) == len(match.group())  # letter by letter; else every letter stands for the whole word
        for place, char in enumerate(said):
            chars.append(char)
            starts.append(match.start() + place if same else match.start())
            ends.append(match.start() + place + 1 if same else match.end())
    return _put_phrases(text, "".join(chars), starts=starts, ends=ends)


def _put_phrases(original: str, said: str, *, starts: list[int], ends: list[int]) -> Plain:
    """Write out short forms of several words."""
    for pattern, instead in PHRASES:
        for match in reversed(list(pattern.finditer(said))):
            start, end = match.span()
            first, last = starts[start], ends[end - 1]
            said = said[:start] + instead + said[end:]
            starts[start:end] = [first] * len(instead)
            ends[start:end] = [last] * len(instead)
    return Plain(original, said, tuple(starts), tuple(ends))


def _spell(token: str) -> str:
    if token.isspace():
        return ". " if "\n" in token else " "
    if not token[0].isalnum():
        return EMOJI.get(token, "'" if token in "’‘`" else ("-" if token in "–—" else token if token.isascii() else ""))
    return spell_word(token)


@lru_cache(maxsize=8192)
def spell_word(token: str) -> str:
    """One word in plain spelling (it may become several)."""
    word = token.lower().replace("’", "'")
    if is_devanagari(word):
        word = romanise(word)
        word = ROMANISED.get(word, word)
    elif not word.isascii():
        word = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode() or word
    if word in SHORT_FORMS:
        return SHORT_FORMS[word]
    if _REPEATED.search(word):
        double, single = _REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)
        word = double if double in MEANT or double in NOT_SLIPS else single
        word = SHORT_FORMS.get(word, word)
    return _put_right(word)


def _put_right(word: str) -> str:
    """The word of this domain that was meant: a long one off by a letter (two in a very long one), or one of which
    vowels were left out."""
    if not word.isalpha() or word in MEANT or word in NOT_SLIPS:
        return word
    if word.endswith("s") and word[:-1] in MEANT:
        return word
    allowed = 1 if len(word) < 9 else 2
    best, distance = word, allowed + 1
    for meant in _BY_LETTER.get(word[0], ()) if len(word) > 4 else ():
        if abs(len(meant) - len(word)) <= allowed and len(meant) >= 5:
            here = OSA.distance(word, meant, score_cutoff=allowed)
            if here < distance:
                best, distance = meant, here
    return best if best != word else _written_out(word)


def _consonants(word: str) -> str:
    """The first letter and the consonants behind it, a doubled one once."""
    return word[0] + re.sub("[aeiouy]", "", re.sub(r"(.)\1", r"\1", word[1:]))


def _written_out(word: str) -> str:
    """The word with the letters that were left out ("prscrptn"), or as it is."""
    consonants = _consonants(word)
    if len(consonants) <= _LEAST_CONSONANTS:
        return word
    fitting = [meant for meant in _BY_CONSONANTS.get(consonants, ()) if _is_within(word, meant)]
    return min(fitting, key=len, default=word)


def _is_within(word: str, meant: str) -> bool:
    """Whether the letters of `word` stand in `meant` in that order."""
    letters = iter(meant)
    return all(letter in letters for letter in word)


_BY_CONSONANTS: dict[str, list[str]] = {}
for _word in SHORTENED:
    _BY_CONSONANTS.setdefault(_consonants(_word), []).append(_word)
