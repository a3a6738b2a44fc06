"""All that the rules see in one message, before it is decided what counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from agents.commands import Abandon, Command, Goodbye, Greet, HandOver, Repeat, Start, Thank, Topic
from agents.understanding.builtin.answers import find_choice, find_more, find_no, find_yes
from agents.understanding.builtin.asides import without_asides, without_birth_story
from agents.understanding.builtin.found import Intent, Piece, overlaps
from agents.understanding.builtin.intents import flow_starts, steering
from agents.understanding.builtin.pieces import find_pieces
from agents.understanding.builtin.topics import asked, clause
from agents.understanding.resolve.spelling import Plain
from agents.understanding.utterance import Utterance
from agents.vocabulary import FLOWS

_FIRST_OF_ALL = re.compile(r" *before (?:that|this) *")  # "before that, what is the fee"
_SIDE: frozenset[Topic] = frozenset({"doctors", "specialties"})  # a question that may be a wish to book


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found where; spans are places in the plain text."""

    message: Plain
    utterance: Utterance
    steer: tuple[Intent, ...] = ()
    questions: tuple[tuple[Topic, int, int], ...] = ()
    pieces: tuple[Piece, ...] = ()
    starts: tuple[Intent, ...] = ()
    yes: tuple[int, int] | None = None
    no: tuple[int, int] | None = None
    more: Intent | None = None
    choice: Intent | None = None
    _zones: tuple[tuple[int, int], ...] = field(default=())

    @classmethod
    def of(cls, message: Plain, utterance: Utterance) -> Reading:
        """Read a message."""
        text = message.text
        steer = steering(text)
        claimed = [(intent.start, intent.end) for intent in steer if not isinstance(intent.command, (Repeat, Abandon))]
        pieces = find_pieces(message, utterance, today=utterance.now.date(), claimed=claimed)
        starts = flow_starts(text, pieces, claimed=claimed)
        pieces = without_asides(text, pieces, starts)
        if utterance.awaiting == "birth_date" and not starts:
            pieces = without_birth_story(text, pieces)
        names = [(piece.start, piece.end) for piece in pieces if piece.slot == "practitioner" and piece.sure]
        reading = cls(
            message, utterance, tuple(steer), tuple(asked(text, names)), tuple(pieces), tuple(starts), find_yes(text),
            find_no(text),
        )  # fmt: skip
        return reading._without_question_words()._with_answers()

    def _without_question_words(self) -> Reading:
        """Drop what only belongs to a question beside the flow ("are you open on sunday")."""
        questions, zones = [], []
        for topic, start, end in self.questions:
            if topic in _SIDE and self._books_instead():
                continue
            if topic in ("address", "hours") and any(intent.command == Start(flow="list") for intent in self.starts):
                continue  # "where do i go for my appointment"
            if any(
                intent.command == Start(flow="waitlist") and intent.start <= start < intent.end
                for intent in self.starts
            ):
                continue
            left, right = clause(self.message.text, start, end)
            if any(_outranks(intent) and overlaps(start, end, [(intent.start, intent.end)]) for intent in self.starts):
                continue
            if any(left <= intent.start < start and intent.end <= start for intent in self.starts):
                left = start
            questions.append((topic, left, right))
            zones.append((left, right))
        starts = [intent for intent in self.starts if not overlaps(intent.start, intent.end, zones)]
        pieces = [
            piece for piece in self.pieces if not overlaps(piece.start, piece.end, zones) and not self._closing(piece)
        ]
        return replace(
            self, questions=tuple(questions), starts=tuple(starts), pieces=tuple(pieces), _zones=tuple(zones)
        )

    def _closing(self, piece: Piece) -> bool:
        """Whether a day only belongs to a farewell or a no ("that's all for today", "not right now")."""
        said = self.message.text[piece.start : piece.end]
        now = said in ("today", "now", "right now", "for today", "aaj", "soon")
        return now and not self.starts and (self.no is not None or self.has(Goodbye, Thank, Abandon))

    def _books_instead(self) -> bool:
        """Whether "which skin doctors are free on friday" is meant as a wish for a visit."""
        return bool(self.starts) and any(
            piece.slot in ("day", "time", "specialty", "practitioner") for piece in self.pieces
        )

    def _with_answers(self) -> Reading:
        utterance = self.utterance
        choice = find_choice(self.message, utterance, list(self.pieces))
        if choice and overlaps(choice.start, choice.end, list(self._zones)):
            choice = None
        in_talk = bool(utterance.options or utterance.flow or utterance.awaiting or utterance.last_answer)
        moves = any(intent.command == Start(flow="reschedule") for intent in self.starts)
        more = find_more(self.message.text) if moves or (in_talk and not self.others_started()) else None
        if more and self.questions and _FIRST_OF_ALL.fullmatch(self.message.text, more.start, more.end):
            more = None
        if more and overlaps(
            more.start,
            more.end,
            [(intent.start, intent.end) for intent in self.steer if isinstance(intent.command, (Goodbye, Abandon))]
            + [
                (intent.start, intent.end)
                for intent in self.starts
                if intent.command == Start(flow="reschedule")
                and "prepon" in self.message.text[intent.start : intent.end]
            ],
        ):
            more = None
        if more is not None and (
            overlaps(more.start, more.end, list(self._zones))
            or (choice and overlaps(more.start, more.end, [(choice.start, choice.end)]))
        ):
            more = None
        return replace(self, choice=choice, more=more)

    def others_started(self) -> bool:
        """Whether a flow other than the running one begins."""
        return any(
            isinstance(intent.command, Start)
            and intent.command.flow != self.utterance.flow
            and intent.command.flow != "book"
            for intent in self.starts
        )

    def has(self, *kinds: type[Command]) -> bool:
        """Whether a phrase of such a kind was found."""
        return any(isinstance(intent.command, kinds) for intent in self.steer)

    def polite_only(self) -> list[Intent]:
        """Greeting, thanks and goodbye."""
        return [intent for intent in self.steer if isinstance(intent.command, (Greet, Thank, Goodbye))]

    def hand_over(self) -> Intent | None:
        return next((intent for intent in self.steer if isinstance(intent.command, HandOver)), None)


def _outranks(intent: Intent) -> bool:
    """Whether the words of a flow's start are no question, whatever they look like ("where is my report")."""
    return isinstance(intent.command, Start) and FLOWS[intent.command.flow].first
