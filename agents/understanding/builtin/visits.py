"""Which of the values in "move my tuesday appointment with dr rao to friday" name the visit, and which the new time."""

from __future__ import annotations

import re
from itertools import pairwise

from agents.understanding.builtin.found import Piece
from agents.understanding.resolve.shift import find_shift
from agents.understanding.resolve.spelling import Plain
from lexicon import beside

_WORDS = beside(__file__)

_NAMING = ("day", "time", "practitioner", "specialty", "location", "visit_type")
_NEW = _WORDS.pattern("new")
_NOUN = re.compile(r"(?<!\w)(?:appointments?|visits?|bookings?|consultations?|check ?ups?|slots?|one|wala)(?!\w)")
# "I cannot come on Thursday, Saturday at 11": what follows the break is the new time.
_CANNOT = re.compile(
    r"(?<!\w)(?:nahi aa \w+|can't \w+|won't \w+|unable to|not able to)(?: [^.!?]*)?[,.;!?] ?(?:\w+ ){0,4}$"
)
_INSTEAD = re.compile(r" instead(?! of)| (?:is |would be |will be )?(?:better|works|suits)(?! for the)")
_ALONE = re.compile(r"[?!] ?$")  # "can it be a bit later? 1 pm"
_FROM = re.compile(r"(?<!\w)from(?: on)? $")
_OR = re.compile(r"^,? ?(?:or|ya|and|aur)(?: on)? $")
_OF_VISIT = _WORDS.pattern("of_visit")


def split_visit(message: Plain, pieces: list[Piece], *, flow: str, at: int) -> list[Piece]:
    """The pieces of a wish to cancel, move or list a visit, those that name the visit put together as `appointment`.

    `at`: where the intent begins. In a move, what follows "to" or "for" is the new time.
    """
    new: list[Piece] = []
    naming: list[Piece] = []
    if flow == "reschedule":
        pieces = [part for piece in pieces for part in _old_and_new(message.text, piece)]
    days = _two_days(message.text, pieces) if flow == "reschedule" else {}
    for piece in pieces:
        if piece in days:
            (new if days[piece] else naming).append(piece)
        elif piece.slot not in _NAMING or (
            flow == "reschedule"
            and _is_new(
                message.text,
                piece,
                pieces,
                seen_new=any(piece.slot in ("day", "time", "practitioner") for piece in new),
            )
        ):
            new.append(piece)
        else:
            naming.append(piece)
    return ([_together(message.text, naming)] if naming else []) + [piece for piece in new if piece.slot != "complaint"]


def _old_and_new(text: str, piece: Piece) -> list[Piece]:
    """ "From the 28th, the 8th is good" are two days, and no two to choose from."""
    old, comma, _ = text[piece.start : piece.end].partition(", ")
    if piece.slot != "day" or not comma or not _FROM.search(text[: piece.start]):
        return [piece]
    between = piece.start + len(old)
    return [Piece("day", piece.start, between), Piece("day", between + len(comma), piece.end)]


def _two_days(text: str, pieces: list[Piece]) -> dict[Piece, bool]:
    """Whether each of several days is the new one: as "to" or "instead" says, or else all but the first."""
    days = [piece for piece in pieces if piece.slot == "day"]
    if len(days) < 2:
        return {}
    marked = [bool(_NEW.search(text[: one.start]) or _INSTEAD.match(text[one.end :])) for one in days]
    new = marked if any(marked) else [False, *(True for _ in days[1:])]
    for place, (one, other) in enumerate(pairwise(days)):
        if _OR.search(text[one.end : other.start]):  # "thursday or friday"
            new[place] = new[place + 1] = new[place] or new[place + 1]
    return dict(zip(days, new, strict=True))


def _is_new(text: str, piece: Piece, pieces: list[Piece], *, seen_new: bool) -> bool:
    """Whether a piece says what the visit is moved to."""
    if piece.slot in ("practitioner", "specialty", "visit_type"):
        return bool(re.search(r"(?<!\w)to $|[,.;?] ?(?:[\w]+ ){0,5}$", text[: piece.start]))
    if re.match(r" se(?!\w)", text[piece.end :]):
        return False
    if find_shift(text[piece.start : piece.end]) is not None or _CANNOT.search(text[: piece.start]):
        return True
    if seen_new or _NEW.search(text[: piece.start]) or _ALONE.search(text[: piece.start]):
        return True
    if re.match(r"(?: instead|,? or (?:later|after))", text[piece.end :]):
        return True
    if re.search(
        r"(?<!\w)(?:any|another|different|other|new|some)(?: [\w]+){0,4} $", text[: piece.start]
    ) and re.search(r"[,.;?]", text[: piece.start]):
        return True
    after_noun = _NOUN.search(text[: piece.start])
    followed = _NOUN.match(text[piece.end :].removeprefix("'s").lstrip())
    return bool(after_noun) and not followed and not _OF_VISIT.search(text[: piece.start])


def _together(text: str, naming: list[Piece]) -> Piece:
    """One span over all that names the visit, with a noun right after it."""
    start, end = min(piece.start for piece in naming), max(piece.end for piece in naming)
    return Piece("appointment", start, end)
