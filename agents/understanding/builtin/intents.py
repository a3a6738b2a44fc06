"""What a message wants: flows to begin, and words that steer the conversation."""

from __future__ import annotations

import re
from typing import Literal

from agents.commands import (
    Abandon,
    Command,
    Goodbye,
    Greet,
    HandOver,
    Repeat,
    ResumeMessages,
    SetLanguage,
    Start,
    StartOver,
    StopMessages,
    Thank,
)  # fmt: skip
from agents.screen.languages import says_stop
from agents.understanding.builtin.answers import find_no, find_yes
from agents.understanding.builtin.found import BOUNDARY, Intent, Piece, overlaps
from agents.understanding.builtin.seeking import DOCTOR, FREE, SEEK, SEEKING_COMPLAINT
from agents.understanding.resolve.spelling import plain
from agents.vocabulary import FLOWS
from lexicon import beside

_WORDS = beside(__file__)

_PERSON = _WORDS.part("person")
_STEERING: tuple[tuple[str, Command], ...] = (
    ("hand_over", HandOver()),
    ("start_over", StartOver()),
    ("abandon", Abandon()),
    ("repeat", Repeat()),
    ("in_hindi", SetLanguage(language="hi")),
    ("in_english", SetLanguage(language="en")),
    ("thanks", Thank()),
    ("goodbye", Goodbye()),
    ("greeting", Greet()),
)
_STEERING_PATTERNS = tuple(
    (re.compile(rf"(?<!\w)(?:{_WORDS.text(name)})(?!\w)"), command) for name, command in _STEERING
)
_STOP = _WORDS.pattern("stop")
_SOFT_NO = _WORDS.pattern("soft_no")
_RESUME = _WORDS.pattern("resume")
_NEGATED_BEFORE = re.compile(
    r"(?<!\w)(?:don't|do not|didn't|not|never|no need to|without|mat|not asking to|don't want to|not to) (?:\w+ ){0,1}$"
)
_NOT_NEEDED = re.compile(r"(?<!\w)(?:not|don't|doesn't|no need|without|nahi)(?: \w+){0,3} $")
# "Do you give certificates" asks what there is, and asks for none.
_WHETHER = re.compile(r"(?<!\w)(?:do|does) (?:you|u|they|the hospital)(?: (?!have my)\w+){0,3} $")
# "I had taken an appointment with ...": a visit that is there already; "the cough won't go": no visit is called off.
_HELD = re.compile(
    r"(?<!\w)(?:i|we|he|she|who|have|has|already)(?:'ve|'d)? (?:already )?(?:had|have|has|took|got|was|were|been)"
    r"(?: (?:already|been|taken|given|booked|got|made|fixed))* (?:an? |one |this |the |my )?(?:[\w-]+ )?"
    r"(?:appointments?|bookings?|visits?|slots?)(?!\w)(?! (?:please|chahiye))"
    r"|(?<!\w)(?:the|my|our) (?:appointments?|bookings?|visits?|slots?) (?:that |which )?(?:i|we)"
    r" (?:have|had|got|took|booked)"
)
_HAPPENED = re.compile(r"(?<!\w)(?:been|was|were|got|getting|being|gets?) $")  # "i've been rescheduled so often"
_PAST = re.compile(r"\w+ed(?!\w)")
_ASKS_FOR = re.compile(r"(?<!\w)(?:can|could|may|shall|if|when|to|should|would|do|did) $")
_AILMENT = re.compile(
    r"(?<!\w)(?:that|which|it|they|this|pain|cough|fever|rash|itch\w*|swelling|lump|cold) (?:just )?$"
)
_NO_MESSAGES, _SOME_MESSAGES, _JUST_STOP = (
    _WORDS.pattern(name) for name in ("no_messages", "some_messages", "just_stop")
)
_TALE = 18  # words
_PART = re.compile(r"[.!?;\n]+ ?|(?<!\w)(?:and|also|aur|plus)(?!\w) ?")


def only_messages_wanted(text: str) -> Command | None:
    """The command of a message that is consent withdrawn or given, and nothing else."""
    said = text.strip(" .!")
    if _STOP.fullmatch(said):
        return StopMessages()
    if _RESUME.fullmatch(said):
        return ResumeMessages()
    return None


def messages_wanted(text: str) -> Command | None:
    """The same of a message as it was written, in whatever language."""
    said = only_messages_wanted(plain(text).text)
    return StopMessages() if said is None and says_stop(text) else said


def answer_to_stop(text: str) -> Literal["yes", "no"] | None:
    """What was answered to "shall I stop all messages?", by the words alone. A doubt is read for the patient, who has
    asked for it before: any yes is one, and so is the same wish again, or "just stop"."""
    said = plain(text).text
    if _NO_MESSAGES.search(said):
        return "yes"
    if _SOME_MESSAGES.search(said):
        return None
    if find_no(said):
        return "no"
    return "yes" if find_yes(said) or _JUST_STOP.search(said) else None


def is_soft_no(text: str) -> bool:
    """Whether a message says no for now and nothing else ("not just yet", "nothing, thanks", "maybe in the future")."""
    return bool(_SOFT_NO.fullmatch(text.strip(" .!,")))


def steering(text: str) -> list[Intent]:
    """Hand over, start over, never mind, repeat, language, thanks, greeting, goodbye; each kind once."""
    found: list[Intent] = []
    for pattern, command in _STEERING_PATTERNS:
        match = pattern.search(text)
        if match and not overlaps(match.start(), match.end(), [(intent.start, intent.end) for intent in found]):
            found.append(Intent(command, match.start(), match.end()))
    return found


def flow_starts(text: str, pieces: list[Piece], *, claimed: list[tuple[int, int]]) -> list[Intent]:
    """The flows that the message begins, in order: direct phrases first, then a doctor or help sought."""
    found: list[Intent] = []
    held = [match.span() for match in _HELD.finditer(text) if not _ASKS_FOR.search(text[: match.start()])]
    for flow in FLOWS.values():
        for longest in flow.starts.finditer(text) if flow.starts is not None else ():
            spans = [*claimed, *((intent.start, intent.end) for intent in found)]
            match = _up_to(longest, spans)
            if flow.first and _WHETHER.search(text[: match.start()]):
                continue
            if _no_wish(text, match, flow.name, held):
                continue
            if not overlaps(match.start(), match.end(), spans) and not _NEGATED_BEFORE.search(text[: match.start()]):
                found.append(Intent(Start(flow=flow.name), match.start(), match.end()))
    if all(_stands_first(intent) for intent in found):
        elsewhere, others = _elsewhere(text, found, pieces) if found else (text, pieces)
        if found and len(text.split()) > _TALE:  # an ailment that a long message tells of is no wish
            others = [piece for piece in others if piece.slot != "complaint"]
        beside = _sought(elsewhere, others)
        found += [intent for intent in beside if not (found and _NOT_NEEDED.search(text[: intent.start]))]
    else:
        found += _beside(text, pieces, found)
    return sorted(found, key=lambda intent: intent.start)


def _up_to(match: re.Match[str], spans: list[tuple[int, int]]) -> re.Match[str]:
    """The match, or a shorter one that ends before what is another's: "book dr rao on friday and cancel my booking"."""
    ahead = [start for start, _ in spans if match.start() < start < match.end()]
    return (match.re.match(match.string, match.start(), min(ahead)) if ahead else None) or match


def _no_wish(text: str, match: re.Match[str], flow: str, held: list[tuple[int, int]]) -> bool:
    """Whether words that begin a flow elsewhere only tell of a visit that is there, or of an ailment."""
    if flow == "book":
        return overlaps(*match.span(), held)
    if flow == "reschedule" and _PAST.match(text, match.start()) and _HAPPENED.search(text[: match.start()]):
        return True
    return flow == "cancel" and match.group().endswith(" go") and bool(_AILMENT.search(text[: match.start()]))


def _stands_first(intent: Intent) -> bool:
    return isinstance(intent.command, Start) and FLOWS[intent.command.flow].first


def _elsewhere(text: str, found: list[Intent], pieces: list[Piece]) -> tuple[str, list[Piece]]:
    """The text with the parts of what was found blanked, and the pieces that stand elsewhere: "my bill is wrong, and i
    need a dentist" seeks a dentist too."""
    for intent in found:
        left = max((match.end() for match in _PART.finditer(text, 0, intent.start)), default=0)
        after = _PART.search(text, intent.end)
        right = after.start() if after else len(text)
        text = text[:left] + "." * (right - left) + text[right:]
        pieces = [piece for piece in pieces if piece.end <= left or piece.start >= right]
    return text, pieces


def _beside(text: str, pieces: list[Piece], found: list[Intent]) -> list[Intent]:
    """A kind of doctor in a clause of its own beside a cancellation: a visit that is wanted too."""
    if not any(intent.command == Start(flow="cancel") for intent in found):
        return []
    edges = [0, *(match.end() for match in BOUNDARY.finditer(text)), len(text)]
    for piece in pieces:
        if piece.slot != "specialty":
            continue
        start = max(edge for edge in edges if edge <= piece.start)
        end = min((edge for edge in edges if edge > piece.start), default=len(text))
        if not any(start < intent.end <= end for intent in found):
            return [Intent(Start(flow="book"), start, piece.end)]
    return []


def _sought(text: str, pieces: list[Piece]) -> list[Intent]:
    """A visit wished for without its name: "need a skin doctor", "is dr nair free on friday", "knee pain, see
    someone"."""
    targets = [(piece.start, piece.end) for piece in pieces if piece.slot in ("specialty", "practitioner")]
    targets += [match.span() for match in DOCTOR.finditer(text)]
    for start, end in sorted(targets):
        sentence = max(text.rfind(mark, 0, start) for mark in ".!?;") + 1
        for cue in SEEK.finditer(text, sentence, start):
            weak = cue.group() in ("is", "are", "does", "which", "tell", "have", "please", "can i", "could i")
            if not weak or FREE.search(text, end) or cue.group() in ("can i", "could i"):
                return [Intent(Start(flow="book"), cue.start(), end)]
        if FREE.match(text[end:].lstrip()) or re.match(
            r" ?(?:chahiye|please|ko dikhana|se milna|ki zarurat)", text[end:]
        ):
            return [Intent(Start(flow="book"), start, end)]
    if any(piece.slot == "complaint" for piece in pieces) and SEEKING_COMPLAINT.search(text):
        first = next(piece for piece in pieces if piece.slot == "complaint")
        return [Intent(Start(flow="book"), first.start, first.end)]
    return []
