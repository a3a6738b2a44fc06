"""What was said, cut into clauses: one statement or question each, with its speaker and the segments that hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from scribe.builtin.roles import read_roles
from scribe.builtin.words import read_words
from scribe.language.sentences import clean
from scribe.visit import Role, Segment, Visit

LONGEST_CLAUSE = 80
"""Words. Longer unpunctuated speech is cut here, so that one sentence of the note never holds a whole visit."""
_LONG = 22
_LONG_UNMARKED = 12
"""Words from which a sentence is looked into for clauses, with and without marks in it."""
_ENDS = re.compile(r"[.?!]+[\"')]*$")
_TITLE = re.compile(r"^(?:dr|mr|mrs|ms|st|vs|approx|e\.g|i\.e|no|a\.m|p\.m)\.$", re.I)
_STARTS = re.compile(
    r"^(?:(?:okay|ok|alright|all right|yeah|mm-hmm|uh-huh)\b|(?:well|now) (?:i|let|do|on|your|for|you|the|we|it"
    r"|have|are|so|when)\b"
    r"|so (?:i|you|your|we|that|what|let|the|it|he|she|when|for|on|any|do|have|how|are)\b|let's\b|lets\b"
    r"|i'm (?:gonna|going)\b"
    r"|i (?:want|wanna|also|do|would|am|will|recommend|think|have|don't)\b|we'll\b|we (?:will|can|should|are|need"
    r"|did)\b|i'll\b"
    r"|(?:and )?(?:do|did|have|are|were|is|any|what|when|where|how|can|does|has) (?:you|your|there|it|that|long"
    r"|often|about|the|other|much|many|does|do|is|are|chest|fever|nausea|numb\w*|history|shortness)\b"
    r"|and (?:then|i|you|your|you're|on|for|any|we|so|also|she|he|it|they)\b|but (?:i|it|you|then|the|my|we|she|he)\b"
    r"|on (?:your|the|her|his) (?:\w+ ){0,3}(?:exam|examination|x-ray)\b|for (?:your"
    r"|the) (?:\w+ ){0,2}(?:problem|issue|diagnosis)\b"
    r"|for (?:your|the) (?:first|second|third|fourth|next|last)\b|as far as\b|in terms of\b"
    r"|your (?:vital|blood|heart|lungs?|abdomen|vitals|labs?|x-ray|ekg|pulse|temperature|oxygen|respiratory|neck)\b"
    r"|there(?:'s| is| are)\b|you (?:do|don't|also) (?:have)?\b|number (?:one|two|three|four|five|six)\b|follow ?up\b"
    r"|next (?:is|we|i)\b|does it\b|does that\b|it (?:does|doesn't|is|was|hurts|started)\b|because\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`text` cleaned of stumbles, ending in "?" where it is a question. `segments`: ids, in order. `turn` counts
    changes of speaker; `place` is where in the visit it was said, 0 to 1."""

    text: str
    role: Role
    segments: tuple[str, ...]
    turn: int
    place: float
    asks: bool


ANSWERING: frozenset[Role] = frozenset({"patient", "other"})
"""Who answers a doctor: the patient, or somebody who came along."""

Word = tuple[str, str]  # a word as spoken, and the id of its segment


def read_clauses(visit: Visit) -> list[Clause]:
    """Every clause of the visit in order. Segments of one speaker that follow each other are read as one text, since
    voice activity cuts sentences in the middle."""
    roles = read_roles(visit.segments)
    pairs = list(zip(roles, visit.segments, strict=True))
    clauses: list[Clause] = []
    words_total = max(1, sum(len(segment.text.split()) for segment in visit.segments))
    before = 0
    for turn, (role, group) in enumerate(groupby(pairs, key=lambda pair: pair[0])):
        words = _read_words([segment for _, segment in group])
        for piece in _cut(words):
            clause = _make(piece, role, turn=turn, place=before / words_total)
            before += len(piece)
            if clause:
                clauses.append(clause)
    return clauses


def _read_words(segments: Sequence[Segment]) -> list[Word]:
    words = _join_tokens([(word, one.id) for one in segments for word in one.text.replace("’", "'").split()])
    return [("point", segment) if _is_point(words, at) else (word, segment) for at, (word, segment) in enumerate(words)]


_LONGEST_WORD = 40
"""Letters of a word that an ending still belongs to."""
_ENDING = re.compile(r"^(?:'(?:m|ve|re|ll|d|s)|n't)\b", re.I)
_PAIRS = {
    ("gon", "na"): "gonna",
    ("wan", "na"): "wanna",
    ("got", "ta"): "gotta",
    ("lem", "me"): "let me",
    ("gim", "me"): "give me",
}


def _join_tokens(words: list[Word]) -> list[Word]:
    """Tokens of a tokenised transcript as words: "do", "n't" -> "don't"; "gon", "na" -> "gonna"."""
    joined: list[Word] = []
    for word, segment in words:
        before = joined[-1][0] if joined else ""
        if joined and _ENDING.match(word) and before[-1:].isalpha() and len(before) <= _LONGEST_WORD:
            joined[-1] = (before + word, joined[-1][1])
        elif (before.lower(), word.lower()) in _PAIRS:
            joined[-1] = (_PAIRS[before.lower(), word.lower()], joined[-1][1])
        else:
            joined.append((word, segment))
    return joined


_FIGURE = re.compile(
    r"^(?:\d+|zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|\w*teen|\w+ty|hundred|twenty)[,.]?$", re.I
)


def _is_point(words: list[Word], at: int) -> bool:
    """Whether a lone full stop stands between two figures: "a hundred . four" is 100.4."""
    if words[at][0] != "." or not 0 < at < len(words) - 1:
        return False
    return bool(_FIGURE.match(words[at - 1][0]) and _FIGURE.match(words[at + 1][0]))


def _cut(words: list[Word]) -> Iterator[list[Word]]:
    for sentence in _split_at_marks(words):
        marked = any(word[-1] in ",.?!" for word, _ in sentence)
        if len(sentence) <= (_LONG if marked else _LONG_UNMARKED):
            yield sentence
        else:
            yield from _split_at_starts(sentence)


def _split_at_marks(words: list[Word]) -> Iterator[list[Word]]:
    piece: list[Word] = []
    for at, (word, segment) in enumerate(words):
        piece.append((word, segment))
        if _ENDS.search(word) and not _goes_on(words, at):
            yield piece
            piece = []
    if piece:
        yield piece


def _goes_on(words: list[Word], at: int) -> bool:
    """ "dr. lee" does not end a sentence."""
    word = words[at][0]
    if _TITLE.match(word) or word.startswith("...") or word == "…":
        return True
    before = words[at - 1][0] if at else ""
    return word == "." and before.lower() in {"dr", "mr", "mrs", "ms"}


def _split_at_starts(sentence: list[Word]) -> Iterator[list[Word]]:
    piece: list[Word] = []
    marked = any("," in word for word, _ in sentence)
    for at in range(len(sentence)):
        ahead = " ".join(word for word, _ in sentence[at : at + 5])
        if len(piece) >= 4 and (_may_start(ahead, piece, marked) or len(piece) >= LONGEST_CLAUSE) and not _bound(piece):
            yield piece
            piece = []
        piece.append(sentence[at])
    if piece:
        yield piece


def _may_start(ahead: str, piece: list[Word], marked: bool) -> bool:
    """In speech with commas a clause begins only after one."""
    return bool(_STARTS.match(ahead)) and (not marked or piece[-1][0].endswith(","))


_BINDING = read_words("binding")


def _bound(piece: list[Word]) -> bool:
    """Whether the piece ends in a word that leans on the next."""
    return piece[-1][0].lower() in _BINDING and len(piece) < LONGEST_CLAUSE


_QUESTION = re.compile(
    r"^(?:(?:and|so|but|now|okay|ok|alright|all right|well|yeah|then|good|great|uh|um|you know),? )*(?:"
    r"(?:do|did|does|have|has|had|are|were|is|was|can|could|would|will|should) (?:you|your|it|that|there|they"
    r"|she|he|the|we|this|those|these|anyone|anybody|any)\b"
    r"|(?:what|when|where|which|who|why|how)(?:'s|'re)?\b(?! (?:that means|this means|i))"
    r"|any (?!more of)\w+)",
    re.I,
)


def looks_like_question(text: str) -> bool:
    """Whether a clause asks, by its mark or, in a transcript without marks, by its first words."""
    return text.endswith("?") or (bool(_QUESTION.match(text)) and not text.endswith((".", "!")))


_TAG = re.compile(
    r",? (?:okay|ok|alright|all right|right|yeah|you know|is that (?:right|correct|okay)|does that sound (?:good"
    r"|okay))\s*\?$",
    re.I,
)


_STUMBLE = re.compile(
    r"(?<!\bno)(?<!\byes)(?<!\byeah)(?<!\bokay)(?<!\bwell)(?<!\bso)(?<!\bright)\s*,\s*(?:uh+|um+|er+m*"
    r"|hm+)\s*,\s*(?!(?:i|we|he|she|they|it|you|but|and|so)\b)",
    re.I,
)
_FALSE_START = re.compile(
    r"^(?:[a-z']+ ){0,3}[a-z']+\s*\.\.\.\s*(?=(?:i|we|you|he|she|they|it|there|the|your|so)\b)", re.I
)


def _make(piece: list[Word], role: Role, *, turn: int, place: float) -> Clause | None:
    spoken = _STUMBLE.sub(" ", " ".join(word for word, _ in piece))
    text = clean(_FALSE_START.sub("", spoken))
    untagged = _TAG.sub(".", text)
    text = text if looks_like_question(untagged) else untagged
    if not re.search(r"\w", text):
        return None
    segments = tuple(dict.fromkeys(segment for _, segment in piece))
    return Clause(text, role, segments, turn, min(place, 1.0), looks_like_question(text))
