"""What a message wants where the rules leave it open, or read a booking only for want of a better: by likeness to
phrases (`understanding/meaning`). What each label means stands in `likely.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from agents.commands import (
    COMMANDS,
    Abandon,
    Affirm,
    Ask,
    Chat,
    Command,
    Correct,
    Deny,
    Fill,
    Goodbye,
    Greet,
    SetLanguage,
    Start,
    Thank,
)
from agents.understanding.builtin.found import ABOUT_VISITS
from agents.understanding.builtin.meaning import values_for
from agents.understanding.builtin.reading import Reading
from agents.understanding.builtin.topics import is_question
from agents.understanding.meaning.heads import Likely, read_head, words_seen
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Utterance
from agents.vocabulary import FLOWS

_MEANS: dict[str, dict[str, object]] = {
    label: means
    for label, means in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")).items()
    if means.get("start", "book") in FLOWS
}
_LEARNT = {means.get("start") for means in _MEANS.values()}
_OF_VISITS = (Start(flow="cancel"), Start(flow="reschedule"))
_FEW = 2  # words; what is shorter is an answer, not a wish
# From which share a label is believed, by how sure the rules are (`_weight`), where likely.yaml says nothing else.
_LEAST = {"least": 0.28, "over": 0.5, "whole": 0.85, "asked": 0.7, "advice": 0.6, "sure": 0.75, "aside": 1.1}
_SURE = 0.6  # where nothing is under way; needs no word that it usually has
_LAST = 0.15  # so much surer it must be after "anything else?", which most answers close
_LONG, _SAYS, _AT_MOST = 18, 4, 4  # words of a long message, of a sentence that says something; sentences looked at
_SENTENCE = re.compile(r"[.!?;\n।]+\s*")
_ASKS = re.compile(
    r"please|kindly|pls|\bcan\b|could|\bmay\b|would|want|wish|need|tell|ask|request|cancel|give|book|fix|shift|move"
    r"|chang|register|enrol|stop|remove|take|send|arrang|renew|advise|inform|enquir|inquir|oblige|confirm|when|where"
    r"|which|what|instead|chahi|dijiye|bata|karna|karo|kijiye|nivedan|kripya|[ऀ-ॿ]"
)
_NO_ASKING = ("chat", "leave", "symptom", "person")
_WHOM = ("specialty", "practitioner", "complaint")
_ASKED, _BESIDE = 0.30, 0.55  # from which share words are a complaint: an answer, and beside a wish to be seen
_OPEN = (
    None, "birth_date", "confirm", "choice", "anything_else", "day", "time", "location", "for_whom", "stop_messages",
    *_WHOM,
)  # fmt: skip
_POLITE = (Greet, Thank, Goodbye)
_CLOSED = ("choice", "confirm", "day", "time")  # where a value is an answer even of a question
_READABLE = ("choice", "confirm", "birth_date", "name", "day", "time")


def with_wishes(commands: list[Command], reading: Reading, meaning: Meaning) -> list[Command]:
    """The commands, with what the message is likely to want."""
    utterance = reading.utterance
    few = len([word for word in reading.message.text.split() if word.isalpha()]) < _FEW
    if utterance.awaiting not in _OPEN or words_seen().isdisjoint(re.findall(r"\w+", reading.message.text)):
        return commands
    weight = None if few else _weight(commands, utterance)
    best = (
        _likeliest(utterance.text, meaning, parts=weight in ("least", "over", "asked")) if weight else Likely("", 0.0)
    )
    means = _MEANS.get(best.label, {})
    opens = utterance.flow is None and utterance.awaiting in (None, "anything_else")
    of_something_else = opens and weight is not None and best.share >= _LEAST["over"] and means.get("start") != "book"
    if not of_something_else and (complaint := _complaint(commands, utterance, meaning, few=few)) is not None:
        kept = [one for one in commands if not isinstance(one, Deny | Affirm) and one not in _OF_VISITS]
        return [*kept, complaint]
    if weight is None:
        return commands
    to_be_seen = means.get("start") == "book"
    if (weight == "sure" and to_be_seen) or (weight == "advice" and not to_be_seen):
        return commands  # "move my appointment; i can come on wednesday"; and a question about a dose is no refill
    least = float(str(means.get(weight, _LEAST[weight])))
    if best.share < least + (_LAST if utterance.awaiting == "anything_else" else 0):
        return commands
    if means.get("ask") == "doctors" and any(isinstance(one, Fill) and one.slot == "complaint" for one in commands):
        return commands  # "which doctor should i see for hair fall"
    held = ["only", *(["usually"] if best.share < _SURE or weight == "aside" else [])]
    if any(name in means and not re.search(str(means[name]), reading.message.text) for name in held):
        return commands
    return _put(commands, best, means, reading)


def _likeliest(text: str, meaning: Meaning, *, parts: bool) -> Likely:
    """What the whole is likely to want or, of a long message and with `parts`, the sentence of it that is surest to ask
    for something: the rest is told beside it."""
    whole = _best(meaning.wants(text))
    if not parts or len(text.split()) < _LONG:
        return whole
    asking = [one for one in _SENTENCE.split(text) if len(one.split()) >= _SAYS and _ASKS.search(one.lower())]
    likely = [_best(meaning.wants(one)) for one in asking[-_AT_MOST:]]
    return max([whole, *(one for one in likely if one.label not in _NO_ASKING)], key=lambda one: one.share)


def _best(likely: list[Likely]) -> Likely:
    """The likeliest; a wish to be seen and a trouble that is told count as one, since they come together."""
    share = {one.label: one.share for one in likely}
    seen = share.get("book", 0) + share.get("symptom", 0)
    if seen <= likely[0].share:
        return likely[0]
    return Likely("symptom" if share["symptom"] >= share["book"] else "book", seen)


def _complaint(commands: list[Command], utterance: Utterance, meaning: Meaning, *, few: bool) -> Fill | None:
    """What is wrong, where a visit is to be booked and nothing yet says with whom: words that are like complaints."""
    begins = Start(flow="book") in commands
    asked = utterance.awaiting in ("specialty", "practitioner", "complaint")
    told = any(isinstance(one, Fill | Correct) and one.slot in _WHOM for one in commands)
    known = (Fill, Correct, Start, Greet, Thank, *((Deny, Affirm) if asked else ()))  # "no appetite for a week"
    decided = any(not isinstance(one, known) and _other(one) is None for one in commands)
    elsewhere = not asked and any(isinstance(one, Start) and one.flow != "book" for one in commands)
    if told or decided or elsewhere or not (asked or (begins and not few)):
        return None
    clauses = [part.strip() for part in re.split(r"[.!?;,\n]+", utterance.text) if len(part.split()) > 1]
    labels = read_head("departments").labels
    share, words = max(
        (meaning.departments(part, labels)[0].share, part) for part in dict.fromkeys([utterance.text.strip(), *clauses])
    )
    return Fill(slot="complaint", value=words[:200]) if share >= (_ASKED if asked else _BESIDE) else None


def _weight(commands: list[Command], utterance: Utterance) -> str | None:
    """How sure likeness must be: `least` where nothing was read, `over` where a booking was, `whole` where it was with
    whom and when, `asked` where a question about the hospital was, `advice` where one for a doctor was, `sure` where
    one other wish was, `aside` in the middle of something; None where the rules are surer than any likeness."""
    rest = [one for one in commands if not isinstance(one, _POLITE)]
    starts = [one for one in rest if isinstance(one, Start)]
    others = [one for one in rest if not isinstance(one, Start | Fill | Correct) and one != _other(one)]
    opens = utterance.flow is None and utterance.awaiting not in _READABLE
    if any(one.flow != "book" for one in starts):
        learnt = all(one.flow in _LEARNT for one in starts)  # of a flow without phrases, likeness can say nothing
        return "sure" if opens and learnt and len(starts) == 1 and not others else None
    if others and not (starts and all(isinstance(one, Ask) for one in others)):
        if opens and not starts and all(isinstance(one, Abandon | SetLanguage) for one in others):
            return "sure"  # "could you quit with these messages"
        return "asked" if all(isinstance(one, Ask) for one in others) and utterance.flow is None else None
    if any(isinstance(one, Ask) and one.topic == "medical_advice" for one in rest):
        return "advice" if opens else None
    answers = any(isinstance(one, Fill | Correct) and one.slot != "complaint" for one in rest)
    if not opens:
        asks = is_question(utterance.text.lower()) and utterance.awaiting not in _CLOSED
        return None if answers and not starts and not asks else "aside"
    slots = {one.slot for one in rest if isinstance(one, Fill)}
    if slots & {"day", "time", "location"} and slots & set(_WHOM):
        return "whole"
    return "over" if starts else "least"


def _other(command: Command) -> Command | None:
    """The question that rules read where they know no better."""
    return command if isinstance(command, Ask) and command.topic in ("other", "medical_advice") else None


def _put(commands: list[Command], best: Likely, means: Mapping[str, object], reading: Reading) -> list[Command]:
    utterance = reading.utterance
    kept: list[Command] = [one for one in commands if not isinstance(one, Start) and _other(one) is None]
    if means.get("start") in ("list", "request"):
        kept = [one for one in kept if not isinstance(one, Ask)]
    text = utterance.text.strip()[:200]
    if "fill" in means:
        known = [one for one in kept if not (isinstance(one, Fill) and one.slot in ("complaint", "location"))]
        begins = [] if utterance.flow == "book" else [Start(flow="book")]
        return [*begins, *known, Fill(slot="complaint", value=text)]
    if "start" in means:
        flow = str(means["start"])
        if flow == utterance.flow and flow != "book":
            return commands
        started: list[Command] = [Start(flow=flow)]
        if "about" in means:
            started.append(Fill(slot="request_kind", value=str(means["about"])))
        if "appointment" in means:
            started.append(Fill(slot="appointment", value=str(means["appointment"])))
            kept = [one for one in kept if not isinstance(one, Fill) or one.slot in ("birth_date", "name", "for_whom")]
        polite = [one for one in kept if isinstance(one, _POLITE)]
        if flow in ABOUT_VISITS and "appointment" not in means:
            kept = [*(one for one in kept if not isinstance(one, Fill)), *values_for(reading, flow)]
        if flow == "request":
            kept = [one for one in kept if isinstance(one, Fill) and one.slot in ("birth_date", "name")]
        return [*polite, *started, *(one for one in kept if not isinstance(one, _POLITE))]
    if "ask" in means:
        known = [
            one for one in kept if isinstance(one, _POLITE) or (isinstance(one, Fill) and one.slot == "birth_date")
        ]
        return [*known, COMMANDS.validate_python([{"kind": "ask", "topic": means["ask"], "about": text}])[0]]
    if means["kind"] == "chat":
        return commands or [Chat()]
    return [*kept, COMMANDS.validate_python([{"kind": means["kind"]}])[0]]
