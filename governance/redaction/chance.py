"""Whether words that read like a full name are one."""

from __future__ import annotations

import re
from operator import or_

from governance.redaction.ordinary import is_ordinary, word_set
from governance.redaction.person import Words
from governance.redaction.phrases import Hit
from governance.redaction.tokens import is_shouted

OPENING = re.compile(r"(?:^|[.!?:\n\"“(])\s*$")
_CALENDAR = word_set("days and months")


def is_chance(words: Words, hit: Hit) -> bool:
    """Whether words that read like a full name are so by chance: "Hema has" is not "Hema Das", "you may park" nobody's
    name.

    An everyday word tells of a name where its capital does, and that is not its sentence's; a word that is not everyday
    tells of itself. With an edit the word that has it must tell; without, one must, and all be capitals or tell, or the
    whole be written small. "Das, Hema" is a name too, "Hema, das Labor" is none."""
    span = range(hit.first, hit.last + 1)
    if any(_parted(words, place) for place in span[:-1]):
        return True
    if not any(is_ordinary(words.plain[place]) for place in span):
        return False
    shouted = is_shouted(words.text)
    telling = [
        not is_ordinary(words.plain[place]) or _named_by_capital(words, place, shouted=shouted) for place in span
    ]
    if hit.edits:
        return not telling[hit.edited - hit.first] if hit.edited >= 0 else not all(telling)
    if all(words.shown(place).islower() for place in span):
        return not any(telling)
    capital = [not shouted and words.shown(place)[0].isupper() for place in span]
    return not any(telling) or not all(map(or_, telling, capital))


def _named_by_capital(words: Words, place: int, *, shouted: bool) -> bool:
    """Whether a word has a capital that is not its sentence's, nor that of a day or month."""
    start = words.spans[place][0]
    if shouted or words.plain[place] in _CALENDAR or not words.text[start].isupper():
        return False
    return start > 0 and OPENING.search(words.text[max(0, start - 4) : start]) is None


def _parted(words: Words, place: int) -> bool:
    """Whether a comma parts a word with a capital from one with a small letter."""
    (begin, end), start = words.spans[place], words.spans[place + 1][0]
    return "," in words.text[end:start] and words.text[begin].isupper() and words.text[start].islower()
