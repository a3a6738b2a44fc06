"""Whether the patient's words are an explicit yes, and nothing besides.

This is the gate before anything is booked, moved or cancelled: every word must be known to belong to a yes. One word
that is not ("friday", "maybe", "but", a question mark) and it is no plain yes.
"""

from __future__ import annotations

import re
from typing import Literal

from agents.understanding.resolve.spelling import plain

Action = Literal["book", "cancel", "reschedule", "waitlist"]

# Phrases that are a yes on their own.
_YES = (
    "yes", "ya", "yes i do", "yes it is", "yes that is", "yes i am", "yes i would", "yes i want to", "yes i would like that",
    "yes i'd like that", "yes that's it", "yes that's the one", "yes that's right", "y", "ok", "okay", "sure", "of course",
    "absolutely", "definitely", "certainly", "correct", "that's correct", "that is correct", "it's correct",
    "all correct", "right", "that's right", "that is right", "all right", "alright", "exactly", "confirm", "confirmed",
    "confirm it", "i confirm", "please confirm", "confirm this", "confirm that", "go ahead", "go for it", "do it", "do that",
    "do so", "do this", "please do", "go on", "carry on", "proceed", "please proceed", "let's do it", "let's do that",
    "let's go", "let's go ahead", "let's go with that", "sounds good", "sounds great", "sounds perfect", "sounds fine",
    "sounds right", "that sounds good", "that sounds great", "that sounds perfect", "that sounds fine", "looks good",
    "looks right", "looks correct", "that looks good", "looks great", "perfect", "that's perfect", "that is perfect",
    "great", "that's great", "good", "that's good", "that is good", "fine", "that's fine", "that is fine", "it's fine",
    "it's ok", "it's okay", "that's ok", "that's okay", "that is ok", "that is okay", "works for me", "that works",
    "that works for me", "this works", "it works", "it works for me", "works", "agreed", "i agree", "agree", "very good",
    "very well", "excellent", "awesome", "wonderful", "lovely", "cool", "super", "by all means", "for sure",
    "that would be great", "that would be good", "that would be perfect", "that would be fine", "that would work",
    "that will be fine", "that will be great", "that will be good", "that will be perfect", "that will work",
    "that will do", "that'll work", "that'll do", "that'd be great", "that'd be good", "that'd be perfect",
    "this is fine", "this is good", "this is correct", "this is perfect", "everything is correct", "everything looks good",
    "all good", "done", "yes do it", "you got it", "please go ahead", "i'd like that", "i would like that", "i'm sure",
    "haan", "haan haan", "ji", "haan ji", "ji haan", "theek hai", "theek", "thik hai", "theek rahega", "bilkul",
    "bilkul theek", "sahi hai", "sahi", "accha", "acha", "achha", "haan theek hai", "pakka", "zaroor", "jarur", "zarur",
    "kar do", "karo", "kar dijiye", "karein", "kar dein", "haan kar do", "haan karo", "confirm karo", "confirm kar do",
    "confirm karein", "confirm hai", "kardo", "kar den", "han", "haan bilkul", "chalega", "chal jayega", "chalo theek hai",
    "manzoor hai", "manjoor hai", "ho jayega", "sab theek hai", "yahi theek hai", "ye theek hai", "yeh theek hai",
    "yes ji", "ok ji", "yes sir", "yes ma'am", "yes madam", "ok sir",
)  # fmt: skip
# What names the action itself; a yes only where that action was read back.
_IT = r"(?: it| this| that| this one| that one| the appointment| my appointment| the visit| the slot| appointment| slot| me in| the booking| booking)?"
_ACTIONS: dict[Action, str] = {
    "book": rf"(?:book|schedule|reserve|fix|take|make the booking|make{_IT} )(?:{_IT})(?: in)?(?: for me)?|i(?:'ll| will) take it|book (?:kar do|karo|kar dijiye|karein|kardo|kar den)|fix (?:kar do|karo)|i want it|i'd like to book(?: it)?",
    "cancel": rf"cancel{_IT}(?: for me)?|cancel (?:kar do|karo|kar dijiye|karein|kardo|kar den)|radd (?:kar do|karo|karein)|call it off|i want to cancel(?: it)?|drop it",
    "reschedule": rf"(?:reschedule|move|change|shift|postpone|book|switch){_IT}(?: for me)?|(?:reschedule|change|shift|move|badal) (?:kar do|karo|kar dijiye|karein|kardo|do)|badal do|i(?:'ll| will) take it",
    "waitlist": rf"(?:put me (?:on|down|in)(?: it| the list| the waitlist)?|join{_IT}(?: the (?:wait)? ?list)?|keep me posted|let me know|add me(?: to (?:the|it)(?: (?:wait(?:ing)? ?)?list)?)?)",
}  # fmt: skip
_BARE_ACTIONS = {"cancel", "change", "move", "shift", "book", "reschedule"}  # "cancel" alone may also mean "forget it"
_SOFT = r"(?:please|thanks|thank you|thank you so much|thanks a lot|ji|sir|madam|ma'am|dear|then|now|and|so|thank you very much)"
_PIECE = re.compile(r"[,.!;:\-]+")
_DOUBT = re.compile(r"\?")


def _alternatives(action: Action | None) -> str:
    phrases = "|".join(re.escape(phrase) for phrase in sorted(_YES, key=len, reverse=True))
    return f"{phrases}|{_ACTIONS[action]}" if action else phrases


def _pattern(action: Action | None) -> re.Pattern[str]:
    one = rf"(?>(?:{_alternatives(action)}|{_SOFT})(?!\w))"  # atomic: no number of yeses makes it slow
    return re.compile(rf"{one}(?: {one})*+")


_PATTERNS: dict[Action | None, re.Pattern[str]] = {action: _pattern(action) for action in (None, *_ACTIONS)}
_HAS_YES: dict[Action | None, re.Pattern[str]] = {
    action: re.compile(rf"(?<!\w)(?:{_alternatives(action)})(?!\w)") for action in (None, *_ACTIONS)
}  # fmt: skip


def is_plain_yes(text: str, action: Action | None = None) -> bool:
    """Whether the words are an explicit yes and nothing that changes or doubts it.

    `action`: what was read back. "Yes cancel it" is a yes to a cancellation, and to nothing else.
    """
    if _DOUBT.search(text) or len(text) > 120:
        return False
    said = plain(text).text
    words = " ".join(_PIECE.sub(" ", said).split())
    if not words or words in _BARE_ACTIONS - ({"book"} if action == "book" else set()):
        return False
    if not _PATTERNS[action].fullmatch(words):
        return False
    left = re.sub(rf"(?<!\w){_SOFT}(?!\w)", " ", words) if words not in _YES else words
    return bool(_HAS_YES[action].search(left)) or words in _YES
