"""English verbs, as far as turning "i take" into "she takes" needs them."""

from __future__ import annotations

from scribe.builtin.words import read_words

_FIXED = {
    "am": "is", "are": "is", "were": "was", "have": "has", "do": "does", "haven't": "has not", "don't": "does not",
    "aren't": "is not", "weren't": "was not", "go": "goes", "be": "is",
}  # fmt: skip
_PAST = read_words("past")
_MODAL = read_words("modal")
_ADVERBS = read_words("adverbs")
_OTHER = read_words("other")
_PARTICIPLES = read_words("participles")


def is_adverb(word: str) -> bool:
    return word in _ADVERBS or (
        word.endswith("ly") and len(word) > 4 and word not in {"apply", "rely", "supply", "reply"}
    )


def is_participle(word: str) -> bool:
    return word in _PARTICIPLES or (word.endswith("ed") and word not in {"need", "feed", "bleed"})


def inflect(word: str) -> str:
    """The verb after "she", from the verb after "i" or "you"; past tenses, modals and other words as they are."""
    if word in _FIXED:
        return _FIXED[word]
    if word in _PAST or word in _MODAL or word in _OTHER or not word.isalpha() or word.endswith("ing"):
        return word
    if word.endswith("ed") and word not in {"need", "feed", "bleed", "speed", "succeed", "proceed"}:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{word}es"
    return f"{word}s"
