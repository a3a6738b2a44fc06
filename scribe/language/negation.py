"""What is said of a term: denied, only possible, past, of a relative, or supposed. After NegEx and ConText."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from scribe.language.phrases import Phrases, read_list
from scribe.language.words import Token, tokenize

_CUES = (
    "negated_before", "negated_after", "not_negation", "stops", "hypothetical_before", "historical_before",
    "historical_after", "family_before", "uncertain_before",
)  # fmt: skip
_REACH = {"negated": 11, "hypothetical": 14, "historical": 8, "family": 14, "uncertain": 6}
"""Tokens over which a cue before a term reaches, in the same clause, counted anew from each comma, "and" and "or"."""
_FARTHEST = 40
"""Tokens that a cue reaches at most through a list whose commas and "or" carry it on."""
_LISTS = {",", "or", "nor", "and", "/"}
_REACH_BACK = 6
"""Tokens over which a cue behind a term reaches back."""
_SENTENCE_ENDS = {".", "?", "!", ";"}


@dataclass(frozen=True, slots=True)
class Assertion:
    """All False: said of the patient, now, as a fact."""

    negated: bool = False
    hypothetical: bool = False
    historical: bool = False
    family: bool = False
    uncertain: bool = False


@cache
def _cues() -> dict[str, Phrases]:
    lists = read_list("cues")
    return {name: Phrases((str(cue), name) for cue in lists[name]) for name in _CUES}


class Reading:
    """What the cues of one text say of each of its tokens, worked out once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        spans = {name: [(first, last) for _, first, last in phrases.find(tokens)] for name, phrases in _cues().items()}
        void = {place for first, last in spans["not_negation"] for place in range(first, last)}
        for name in ("negated_before", "negated_after"):
            spans[name] = [span for span in spans[name] if not void & set(range(*span))]
        spans["negated_before"] = [span for span in spans["negated_before"] if not self._is_interjection(span)]
        self._stops = {first for first, _ in spans["stops"]}
        self._ends = {place for place, token in enumerate(tokens) if token.word in _SENTENCE_ENDS}
        self.negated = self._forward("negated", spans["negated_before"])
        behind = [span for span in spans["negated_after"] if not self._leads_on(span)]
        self._backward(self.negated, behind)
        for first, last in spans["not_negation"]:
            self.negated[first + 1 : last] = b"\x01" * (last - first - 1)
        self.hypothetical = self._forward("hypothetical", spans["hypothetical_before"])
        self.historical = self._forward("historical", spans["historical_before"])
        self._backward(self.historical, spans["historical_after"])
        self.family = self._forward("family", spans["family_before"])
        self.uncertain = self._forward("uncertain", spans["uncertain_before"])

    def assess(self, start: int, end: int) -> Assertion:
        """What is said of the characters from `start` to `end`."""
        place = bisect_right(self._stretches, start)
        return self.at(place)

    @cached_property
    def _stretches(self) -> list[int]:
        return [token.end for token in self.tokens]

    def at(self, place: int) -> Assertion:
        """What is said of the token at `place`."""
        if place >= len(self.tokens):
            return Assertion()
        return Assertion(
            negated=bool(self.negated[place]),
            hypothetical=bool(self.hypothetical[place]),
            historical=bool(self.historical[place]),
            family=bool(self.family[place]),
            uncertain=bool(self.uncertain[place]),
        )

    def _is_interjection(self, span: tuple[int, int]) -> bool:
        """ "No, I have pain": the "no" answers something else."""
        first, last = span
        if self.tokens[first].word != "no" or last != first + 1:
            return False
        following = self.tokens[last].word if last < len(self.tokens) else "."
        return following in _AFTER_INTERJECTION

    def _leads_on(self, span: tuple[int, int]) -> bool:
        """ "Cardiovascular: negative for chest pain": it speaks of what follows."""
        return span[1] < len(self.tokens) and self.tokens[span[1]].word in ("for", "except", "to")

    def _forward(self, name: str, spans: Sequence[tuple[int, int]]) -> bytearray:
        """One byte a token: 1 where a cue before it reaches it."""
        marked = bytearray(len(self.tokens))
        for _, last in spans:
            end = last + _REACH[name]
            for place in range(last, min(last + _FARTHEST, len(self.tokens))):
                if (
                    place >= end
                    or place in self._ends
                    or (place in self._stops and place > last and name != "hypothetical")
                ):
                    break
                if name == "negated" and (self.tokens[place].word == ":" or self._begins_clause(place, last)):
                    break
                if self.tokens[place].word in _LISTS:
                    end = place + _REACH[name]
                marked[place] = 1
        return marked

    def _begins_clause(self, place: int, first: int) -> bool:
        """ "no fever, he has a cough": a subject begins something new, after a comma any that can be one."""
        following = self.tokens[place + 1].word if place + 1 < len(self.tokens) else ""
        if self.tokens[place].word in (",", "and") and following in _SUBJECTS:
            return True
        if place == first or self.tokens[place].word not in _RUN_ON:
            return False
        return self.tokens[place - 1].word not in _LEADS

    def _backward(self, marked: bytearray, spans: Sequence[tuple[int, int]]) -> None:
        for first, _ in spans:
            for place in range(first - 1, max(-1, first - 1 - _REACH_BACK), -1):
                if place in self._ends or place in self._stops or self.tokens[place].word == ",":
                    break
                marked[place] = 1


_AFTER_INTERJECTION = {
    ",",
    ".",
    "!",
    "no",
    "yeah",
    "i",
    "it",
    "that",
    "i'm",
    "it's",
    "that's",
    "he",
    "she",
    "they",
    "just",
}
_RUN_ON = {
    "i",
    "he",
    "she",
    "we",
    "they",
    "there",
    "you",
    "your",
    "it's",
    "there's",
    "i'm",
    "you're",
    "i've",
    "okay",
    "yeah",
}
"""Words that begin a clause even where the recogniser set no mark."""
_LEADS = {"in", "of", "on", "with", "that", "when", "to", "for", "at", "if", "as", "or", "from", "than", "by",
    "because", "think",
          "over", "hurt", "down", "like"}  # fmt: skip
_SUBJECTS = {"he", "she", "it", "they", "i", "we", "you", "there", "his", "her", "my", "the", "i'm", "it's",
    "i've", "he's",
             "she's", "there's", "that", "patient"}  # fmt: skip


def assess(text: str, start: int, end: int) -> Assertion:
    """What is said of the characters from `start` to `end` of `text`. For several places of one text, use `Reading`."""
    return Reading(tokenize(text)).assess(start, end)


_ANSWER_LEAD = re.compile(
    r"^(?:[\s,.!-]|\b(?:um+|uh+|oh|well|so|okay|ok|hmm+|ah|actually|doctor|hi|i mean|you know|er+m*|sir|ma'am"
    r"|madam|thank god|thankfully|and)\b)+",
    re.I,
)


@cache
def _answers() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    lists = read_list("cues")

    def words(name: str) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(token.word for token in tokenize(str(entry))) for entry in lists[name])

    return words("agrees"), words("refuses")


def read_answer(text: str) -> bool | None:
    """How a reply to a yes-or-no question begins: True yes, False no, None neither."""
    lead = _ANSWER_LEAD.match(text[:200])
    words = [token.word for token in tokenize(text[lead.end() if lead else 0 :][:160])][:25]
    yes, no = _answers()
    for length in range(min(6, len(words)), 0, -1):
        begin = tuple(words[:length])
        if begin in no:
            return None if _was_once(words[length:]) else _after_no(words[length:])
        if begin in yes:
            return not _turns_to_no(words[length:])
    return None


def _was_once(rest: Sequence[str]) -> bool:
    """ "No, I haven't. I did about three years ago": neither a yes nor a plain no."""
    pairs = set(pairwise(rest))
    return "ago" in rest and bool(pairs & {("i", "did"), ("i", "had"), ("i", "was"), ("but", "i")})


def _after_no(rest: Sequence[str]) -> bool:
    """ "No" stays no, but "no, yeah, I do" is yes."""
    return bool(rest) and rest[0] in (",", ".") and rest[1:2] in (["yeah"], ["yes"])


def _turns_to_no(rest: Sequence[str]) -> bool:
    """ "Yeah, no", "sure, not really"."""
    rest = [word for word in rest if word not in (",", ".")]
    return rest[:1] in (["no"], ["not"], ["nope"], ["never"])


@cache
def _question_starts() -> Phrases:
    return Phrases((str(start), "question") for start in read_list("cues")["question_starts"])


_ASKED_TOKENS = 14
"""Tokens that one unmarked question takes up at most."""


def asked_places(tokens: Sequence[Token]) -> set[int]:
    """The tokens that ask in unmarked speech ("okay and any numbness in your feet"). An "if" before makes no
    question."""
    asked: set[int] = set()
    for _, first, _ in _question_starts().find(tokens):
        if not any(
            token.word in ("if", "n't", "not", "without", "have") for token in tokens[max(0, first - 4) : first]
        ):
            asked |= set(range(first, min(first + _ASKED_TOKENS, len(tokens))))
    return asked


_TAG = re.compile(r"[,.]\s*(?:okay|ok|all ?right|you know|sound good|sounds good|yeah|fair enough)\s*\?\s*$", re.I)
"""What turns no statement into a question: "we'll repeat the echo, okay?"."""


def is_question(sentence: str) -> bool:
    """Whether a sentence asks: by its mark, or by how it begins where the recogniser left the mark out."""
    if "?" in sentence and not _TAG.search(sentence):
        return True
    if sentence.rstrip().endswith((".", "!")):
        return False
    lead = _ANSWER_LEAD.match(sentence[:200])
    tokens = tokenize(sentence[lead.end() if lead else 0 :][:60])
    return any(first == 0 for _, first, _ in _question_starts().find(tokens))
