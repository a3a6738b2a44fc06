"""What a reply to something read back, or to a list of times, means where the rules' own words do not say: by likeness
to replies. A yes stays an explicit one: likeness alone makes none, it only tells a yes from what begins like one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.commands import Abandon, Choose, Command, Deny, More
from agents.understanding.builtin.answers import find_yes
from agents.understanding.meaning.heads import Likely
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.confirmation import (
    agrees_by_name,
    doubts,
    is_plain_yes,
    is_yes_among_other_words,
    keeps_to,
)
from agents.understanding.resolve.spelling import plain

# Shares, of 610 yeses and 1,512 other replies held out: a yes among other words that is not like one at all is none (of
# 19 that the rules alone took for a yes 10 are left, and 2 of 610 yeses lost); one that is so like it, says yes in
# words and has no word of doubt, is one; a no.
_NO_YES, _YES, _NO = 0.2, 0.8, 0.8
_REFUSES = re.compile(
    r"(?<!\w)(?:no|not|nah|nope|never|none|nahi|nahin|mat|don't|won't|can't|cannot|skip|leave|rehne)(?!\w)"
)
_PUTS_OFF = re.compile(
    r"(?<!\w)(?:wait|hold|maybe|perhaps|let me|ask|think|check|ruk\w*|shayad|later|sure|sec\w*|minute|soch\w*|poo?ch\w*"
    r"|puch\w*|yet)(?!\w)"
)
_NAME, _WORD = re.compile(r"(?<![.?!:] )(?<!^)\b[A-Z]\w+|\d+"), re.compile(r"\w+")
_PICK = 0.7
_PICKS: dict[str, Command] = {
    "first": Choose(value="first"), "none": Deny(), "later": More(direction="later"),
    "earlier": More(direction="earlier"), "other_doctor": More(direction="other_practitioner"), "stop": Abandon(),
}  # fmt: skip


def agrees(text: str, read_back: str, action: str | None, meaning: Meaning | None) -> bool:
    """Whether the patient's own words are an explicit yes to what was read back. To be asked of longer messages only
    where understanding found nothing in them but a yes."""
    if is_plain_yes(text, action):
        return True
    among = is_yes_among_other_words(text, read_back, action)
    if meaning is None or not (among or keeps_to(text, read_back)):
        return among
    named = agrees_by_name(text, action)  # "no need for it now, cancel please"
    if among and named:
        return True
    share = _share(meaning.replies(_without_names(text, read_back)), "yes")
    if among:
        return share >= _NO_YES
    explicit = (named or find_yes(plain(text).text) is not None) and not doubts(text)
    return explicit and meaning.embeddings is not None and share >= _YES


def denies(text: str, action: str | None, meaning: Meaning | None) -> bool:
    """Whether a reply to what was read back surely does not want it, and says so; to put it off is no such reply."""
    said = plain(text).text
    explicit = _REFUSES.search(said) and not _PUTS_OFF.search(said) and not agrees_by_name(text, action)
    return bool(explicit) and meaning is not None and _share(meaning.replies(text), "no") >= _NO


def picked(text: str, options: Sequence[str], meaning: Meaning | None) -> Command | None:
    """What a reply means to a list of times; None where that is open, or the list is of something else."""
    if meaning is None or not options or not all(_is_a_time(one) for one in options):
        return None
    likeliest = meaning.picks(text)[0]
    return _PICKS.get(likeliest.label) if likeliest.share >= _PICK else None


def _without_names(text: str, read_back: str) -> str:
    """A reply without the names and figures that were read back: "yes confirm my visit with dr hayes thursday at 5"."""
    told = {word.lower() for word in _NAME.findall(read_back)}
    return _WORD.sub(lambda match: "" if match.group().lower() in told else match.group(), text)


def _is_a_time(option: str) -> bool:
    return any(found.times.exact for found in find_times(plain(option).text))


def _share(likely: list[Likely], label: str) -> float:
    return next(one.share for one in likely if one.label == label)
