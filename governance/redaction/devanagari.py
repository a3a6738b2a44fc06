"""Devanagari in Latin letters, as Hindi is written in chats, so that one set of rules reads both."""

from __future__ import annotations

_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "chh", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v", "श": "sh",
    "ष": "sh", "स": "s", "ह": "h", "ळ": "l",
}  # fmt: skip
_VOWELS = {
    "अ": "a",
    "आ": "a",
    "इ": "i",
    "ई": "i",
    "उ": "u",
    "ऊ": "u",
    "ऋ": "ri",
    "ए": "e",
    "ऐ": "ai",
    "ऑ": "o",
    "ओ": "o",
    "औ": "au",
}
_SIGNS = {
    "ा": "a",
    "ि": "i",
    "ी": "i",
    "ु": "u",
    "ू": "u",
    "ृ": "ri",
    "े": "e",
    "ै": "ai",
    "ॉ": "o",
    "ो": "o",
    "ौ": "au",
}
_NASAL = "ंँ"
_VIRAMA, _NUKTA = "्", "़"
_NUKTA_FORMS = {"ज": "z", "फ": "f", "ड": "r", "ढ": "rh"}
_DIGITS = {chr(0x0966 + digit): str(digit) for digit in range(10)}


def is_devanagari(text: str) -> bool:
    """Whether any letter of the text is Devanagari."""
    return not text.isascii() and any("\u0900" <= char <= "\u097f" for char in text)


def romanise(word: str) -> str:
    """One word in Latin letters; the unsaid `a` at the end and in the middle is left out."""
    units = _units(word)
    said: list[str] = []
    for place, (consonant, vowel) in enumerate(units):
        said.append(consonant)
        if vowel != "A":
            said.append(vowel)
        elif not _unsaid(units, place):
            said.append("a")
    return "".join(said)


def _units(word: str) -> list[tuple[str, str]]:
    """(consonant, vowel) pairs; the inherent vowel is `A`."""
    units: list[tuple[str, str]] = []
    for place, char in enumerate(word):
        if char in _CONSONANTS:
            after = word[place + 1 : place + 2]
            letter = _NUKTA_FORMS.get(char, _CONSONANTS[char]) if after == _NUKTA else _CONSONANTS[char]
            units.append((letter, "A"))
        elif char in _VOWELS:
            units.append(("", _VOWELS[char]))
        elif char in _SIGNS and units:
            units[-1] = (units[-1][0], _SIGNS[char])
        elif char == _VIRAMA and units:
            units[-1] = (units[-1][0], "")
        elif char in _NASAL:
            units.append(("n", ""))
        elif char in _DIGITS:
            units.append((_DIGITS[char], ""))
        elif "a" <= char.lower() <= "z" or char.isdigit():
            units.append((char.lower(), ""))
    return units


def _unsaid(units: list[tuple[str, str]], place: int) -> bool:
    """Whether the inherent vowel is silent: at the end, or between two syllables that have vowels."""
    if place == len(units) - 1:
        return len(units) > 1
    before = units[place - 1][1] if place else ""
    after = units[place + 1][1]
    return bool(before) and place > 0 and after not in ("", "A") and place + 1 < len(units)
