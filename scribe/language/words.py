"""Words of a text with their places, and their stems: the layer under every other reading of a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST_WORD = 60
"""Characters. A longer run of letters is noise, and is cut to this for matching."""

_TOKEN = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|n['’]t\b|(?:[^\W\d_](?:\.[^\W\d_])+\.?(?!\w))"
    r"|[^\W\d_]+?(?=n['’]t\b)|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]|_",
)
_IRREGULAR = {
    "fell": "fall", "fallen": "fall", "felt": "feel", "took": "take", "taken": "take", "ate": "eat", "eaten": "eat",
    "threw": "throw", "thrown": "throw", "got": "get", "gotten": "get", "went": "go", "gone": "go", "goes": "go",
    "broke": "break", "broken": "break", "swollen": "swell", "bled": "bleed", "woke": "wake", "slept": "sleep",
    "ran": "run", "came": "come", "saw": "see", "seen": "see", "began": "begin", "begun": "begin", "gave": "give",
    "given": "give", "told": "tell", "said": "say", "thought": "think", "lost": "lose", "feet": "foot",
    "teeth": "tooth", "children": "child", "women": "woman", "men": "man", "grew": "grow", "grown": "grow",
    "wore": "wear", "worn": "wear", "tore": "tear", "torn": "tear", "drank": "drink", "drunk": "drink",
    "spoke": "speak", "kept": "keep", "left": "left", "does": "do", "did": "do", "done": "do", "has": "have",
    "had": "have", "having": "have", "was": "be", "were": "be", "is": "be", "are": "be", "am": "be", "been": "be",
    "being": "be", "made": "make", "met": "meet", "brought": "bring", "bought": "buy", "stung": "sting",
    "bitten": "bite", "bit": "bit", "hit": "hit", "hurts": "hurt", "died": "die", "dying": "die", "lying": "lie",
    "laid": "lay", "biopsies": "biopsy", "diagnoses": "diagnosis", "diagnosed": "diagnosis", "diagnose": "diagnosis",
    "metastases": "metastasis", "vertebrae": "vertebra", "pelvic": "pelvis", "abdominal": "abdomen", "found": "find",
    "knew": "know", "known": "know", "this": "this", "his": "his", "us": "us", "yes": "yes", "as": "as", "its": "its",
    "during": "during", "evening": "evening", "morning": "morning", "something": "something", "nothing": "nothing",
    "anything": "anything", "everything": "everything", "thing": "thing", "spring": "spring", "need": "need",
    "bed": "bed", "red": "red", "ring": "ring", "sting": "sting", "bring": "bring", "thyroid": "thyroid", "gas": "gas",
    "diabetic": "diabetes", "asthmatic": "asthma", "chronically": "chronic", "plus": "plus", "always": "always",
    "noted": "note", "noting": "note", "used": "use", "using": "use", "uses": "use", "caring": "care", "cared": "care",
    "perhaps": "perhaps", "pus": "pus", "lens": "lens", "mass": "mass", "virus": "virus", "ms": "ms", "gi": "gi",
}  # fmt: skip
_KEPT = {
    "care",
    "here",
    "note",
    "cane",
    "site",
    "tube",
    "pine",
    "bite",
    "hope",
    "wine",
    "plane",
    "cute",
    "rate",
    "fine",
    "quite",
}
"""Words that would turn into others without their last letter."""
_BRITISH = (
    ("haem", "hem"), ("aem", "em"), ("oedem", "edem"), ("oesoph", "esoph"), ("oestr", "estr"), ("rrhoea", "rrhea"),
    ("paed", "ped"), ("gynae", "gyne"), ("anaes", "anes"), ("tumour", "tumor"), ("colour", "color"),
    ("behaviour", "behavior"), ("caesar", "cesar"), ("apnoea", "apnea"), ("pnoea", "pnea"), ("odour", "odor"),
    ("labour", "labor"), ("foet", "fet"), ("coeliac", "celiac"), ("aesthe", "esthe"),
)  # fmt: skip
_VOWEL = re.compile(r"[aeiouy]")


class Token(NamedTuple):
    """`word` in lower case with straight apostrophes; `stem` for matching; places in the text."""

    word: str
    stem: str
    start: int
    end: int


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without plural, -ing and -ed, American spelling. `word` in lower case."""
    word = word[:LONGEST_WORD]
    for british, american in _BRITISH:
        if british in word:
            word = word.replace(british, american)
    if word in _IRREGULAR:
        return _shorten(_IRREGULAR[word])
    if len(word) > 2 and word.endswith("'s"):
        word = word[:-2]
    return _shorten(_without_ending(word))


def _without_ending(word: str) -> str:
    if len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return _without_ending(word[:-1]) if word.endswith(("ings",)) else word[:-1]
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) > 2 and _VOWEL.search(root) and not word.endswith("eed"):
            return _undoubled(root + "y" if root.endswith("i") and ending == "ed" else root)
    return word


def _undoubled(root: str) -> str:
    root = root[:-2] + "y" if root.endswith("iy") else root
    return root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz" else root


def _shorten(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("e") and word not in _KEPT else word


def tokenize(text: str) -> list[Token]:
    """Words, numbers and marks in order. "don't" and "do n't" both become two tokens, the second "n't"."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group().lower().replace("’", "'")
        if "." in word and word[0].isalpha():
            word = word.replace(".", "")
        found.append(Token(word, stem(word) if word[0].isalpha() else word, match.start(), match.end()))
    return found
