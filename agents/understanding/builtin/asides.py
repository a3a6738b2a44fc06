"""A long message tells much beside its wish. What stands in the wish's own clause counts; a day, a place or a relative
of another clause is told in passing, unless the wish names none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agents.understanding.builtin.found import OF_A_VISIT, Intent, Piece

_LONG = 15  # words
_BREAK = re.compile(
    r"[.!?;\n]+(?: |$)"
    r"|, (?=(?:so|but|because|since|then|and|as|which|who|please|my|i|we|he|she|it|mother|father|wife|husband|son) )"
    r"|(?<!\w)(?=(?:so|but|because|isliye|lekin|kyunki|kyonki) )|(?<!\w)(?=as (?:i|my|we|our|he|she|the|they) )"
)
# "At Lakeside only, as i stay nearby": a place that is wished for, wherever it stands.
_ONLY = re.compile(r" (?:only|itself|hi|please|is (?:near\w*|close\w*|better|best|fine|convenient)|suits|would)(?!\w)")
_ALONE = ("for_whom", "location")  # told in passing wherever they stand far from a wish and from what else it says
_BESIDE = ("day", "time", "practitioner", "specialty", "complaint")
_TOLD = (*_ALONE, "day", "time", "practitioner", "specialty")


def without_asides(text: str, pieces: Sequence[Piece], starts: Sequence[Intent]) -> list[Piece]:
    """The pieces that count, of a message of one wish; all of a short one's."""
    if len(text.split()) < _LONG or len({str(intent.command) for intent in starts}) > 1:
        return list(pieces)
    edges = [0, *(match.end() for match in _BREAK.finditer(text)), len(text) + 1]
    clauses = [(low, high) for low, high in pairwise(edges) if low < high]

    def clause(at: int) -> tuple[int, int]:
        return next(one for one in clauses if one[0] <= at < one[1])

    wishes = {clause(intent.end - 1) for intent in starts}
    wishes = wishes or {clause(piece.start) for piece in pieces if piece.slot in ("practitioner", "specialty")}
    if not wishes or (not starts and len(wishes) > 1):
        return list(pieces)
    of_a_visit = any(intent.command in OF_A_VISIT for intent in starts)
    told = [piece for piece in pieces if piece.slot in _BESIDE and not (of_a_visit and piece.slot == "complaint")]
    named = {piece.slot for piece in pieces if clause(piece.start) in wishes}
    kept = []
    for piece in pieces:
        home = clause(piece.start)
        beside = any(
            clause(other.start) == home and not (piece.slot == "location" and other.slot == "complaint")
            for other in told
        )
        aside = (piece.slot in named and starts and not of_a_visit) or (piece.slot in _ALONE and not beside)
        aside = aside and not (piece.slot == "location" and _ONLY.match(text, piece.end))
        if home in wishes or piece.slot not in _TOLD or not aside:
            kept.append(piece)
    return kept


_TELLS = re.compile(r"(?<!\w)(?:says?|said|told|born|birth\w*|mother|father|mummy|papa|parents|family|wedding)(?!\w)")
_COMMA = re.compile(r"[.!?;,\n]+(?: |$)|(?<!\w)(?:but|and) ")


def without_birth_story(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """What counts of an answer to "what is your date of birth?": "5 july 1966, my mother says in the evening"."""
    if not any(piece.slot == "birth_date" for piece in pieces):
        return list(pieces)
    edges = [0, *(match.end() for match in _COMMA.finditer(text)), len(text) + 1]

    def told(piece: Piece) -> bool:
        low, high = next((low, high) for low, high in pairwise(edges) if low <= piece.start < high)
        for_one = piece.slot == "for_whom" and text[: piece.start].endswith("for ")
        return bool(_TELLS.search(text, low, high)) and not for_one

    return [piece for piece in pieces if piece.slot in ("birth_date", "name") or not told(piece)]
