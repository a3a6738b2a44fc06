"""What a message wants where the rules leave it open, or read a booking only for want of a better: by likeness to
phrases (`understanding/meaning`). What each label means stands in `likely.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
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
    HandOver,
    ResumeMessages,
    SetLanguage,
    Start,
    StartOver,
    StopMessages,
    Thank,
)
from agents.understanding.builtin.apart import Asked, asked_for, best, tells, trouble
from agents.understanding.builtin.found import ABOUT_VISITS
from agents.understanding.builtin.meaning import commands_of, values_for
from agents.understanding.builtin.reading import Reading
from agents.understanding.builtin.several import visit_beside, visits_apart
from agents.understanding.builtin.topics import is_question
from agents.understanding.meaning.heads import Likely, read_head, words_seen
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.names import match_location
from agents.understanding.resolve.specialty_words import ANY_COMPLAINT
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Utterance
from agents.vocabulary import FLOWS, WHO

_MEANS: dict[str, dict[str, object]] = {
    label: means
    for label, means in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")).items()
    if means.get("start", "book") in FLOWS
}
_ALWAYS = {label: re.compile(str(means["only"])) for label, means in _MEANS.items() if "only" in means}
_CALLED_OFF = ("cancel", "cancel_all")
_LEARNT = {means.get("start") for means in _MEANS.values()}
_OF_VISITS = (Start(flow="cancel"), Start(flow="reschedule"))
_TELEGRAM = 8  # words; a booking with whom and when in no more has no room for another wish
_FEW = 2  # words; what is shorter is an answer, not a wish
# From which share a label is believed, by how sure the rules are (`_weight`), where likely.yaml says nothing else.
_LEAST = {"least": 0.28, "over": 0.5, "whole": 0.85, "asked": 0.7, "advice": 0.6, "sure": 0.75, "aside": 1.1}
# A visit that there is.
_EXISTS = re.compile(
    r"(?<!\w)(?:(?:my|our|the|mera|meri|mere|current|existing) (?:[\w']+ ){0,3}"
    r"(?:appointments?|visits?|bookings?|slots?|timings?|consultations?|check ?ups?|turn|date)|booked|rebook\w*"
    r"|resched\w*|postpone\w*|prepone\w*|instead|(?:was|am|were) (?:supposed|to (?:come|see|visit))"
    r"|i (?:have|had|took) (?:an? |one )?(?:appointment|visit|booking|slot|dr|doctor)|fixed|given|allotted"
    r"|(?:mov|chang|push|swap|shift)(?:e|ed|ing)? (?:it|that|this|me|my|the|from|to|dr|by))(?!\w)"
    r"|badal|wali appointment"
)
# "Which doctor is right for this?", after what is wrong was told.
_FOR_THIS = re.compile(
    r"\w+[,.!?;] ?(?:so |and |now |please )?(?:which|what|kaun\w*|kis) (?:kind of |type of )?"
    r"(?:doctor|dr|specialist|department|dept|vibhag)(?: ko)? (?:\w+ ){0,4}?"
    r"(?:this|that|it|right|best|see|consult|meet|show|go|iske|isko|uske|dikha\w*)(?!\w)"
    r"|\w+[,.!?;] ?(?:so |and )?(?:who|kis\w*|kaun) (?:should|can|will|must|se|ko)? ?"
    r"(?:see|check|examine|look at|dikha\w*)(?!\w)"
)
_PLAINLY = 0.6
_VERY = 0.95
_PART_OVER_A_WISH = 0.85  # a sentence, over another wish that the rules read
_SURE = 0.6  # where nothing is under way; needs no word that it usually has
_LAST = 0.15  # so much surer it must be after "anything else?", which most answers close
_WHOM = ("specialty", "practitioner", "complaint")
_ASKED, _BESIDE = 0.30, 0.55  # from which share words are a complaint: an answer, and beside a wish to be seen
_TELLING = 0.15  # from which share of a trouble told words can be one: "i want an appointment" is none
_OPEN = (
    None, "birth_date", "confirm", "choice", "anything_else", "day", "time", "location", "for_whom", "stop_messages",
    *_WHOM,
)  # fmt: skip
_POLITE = (Greet, Thank, Goodbye)
_CLOSED = ("choice", "confirm", "day", "time")  # where a value is an answer even of a question
_READABLE = ("choice", "confirm", "birth_date", "name", "day", "time")


def with_wishes(commands: list[Command], reading: Reading, meaning: Meaning) -> list[Command]:
    """The commands, with what the message is likely to want."""
    found = _with_wishes(commands, reading, meaning)
    if Start(flow="book") in found and Start(flow="book") not in commands:  # known only now
        complaint = _complaint(found, reading.utterance, meaning, few=False)
        found = [*found, complaint] if complaint is not None else found
    if _opens(reading.utterance) and (complaint := _where_to(found, reading.utterance, meaning)) is not None:
        kept = [one for one in _after_the_question(found, reading) if not isinstance(one, Ask)]
        return [Start(flow="book"), *(one for one in kept if one != Start(flow="book")), complaint]
    starts = [one.flow for one in found if isinstance(one, Start)]
    if starts == ["book", "list"] and not any(isinstance(one, Fill) for one in found):
        found = [one for one in found if one != Start(flow="book")]  # "can i come .. wait, what time is my visit?"
        starts = ["list"]
    asks = any(isinstance(one, Ask) and one.topic != "other" for one in found)
    one_other = (len(starts) == 1 and starts[0] not in ("book", "reschedule", "cancel")) or (not starts and asks)
    if _opens(reading.utterance) and one_other:
        text = reading.utterance.text
        asked = " ".join(text[one.start : one.end] for one in asked_for(text, meaning))
        return [*found, *visit_beside(reading, meaning, asked)]
    return found


def _after_the_question(commands: list[Command], reading: Reading) -> list[Command]:
    """ "He wets the bed at night. which doctor is right for this? friday we can come": what is told before it says no
    time for a visit."""
    text = reading.message.text
    asked = _FOR_THIS.search(text)
    rest = text[asked.end() :] if asked else text
    return [
        one for one in commands
        if not (isinstance(one, Fill) and one.slot in ("day", "time")) or plain(one.value).text.strip() in rest
    ]  # fmt: skip


def _opens(utterance: Utterance) -> bool:
    """Whether nothing is under way, so that the message may begin anything."""
    return utterance.flow is None and utterance.awaiting in (None, "anything_else")


def _with_wishes(commands: list[Command], reading: Reading, meaning: Meaning) -> list[Command]:
    utterance = reading.utterance
    few = len(re.findall(r"[^\W\d_]+", reading.message.text)) < _FEW
    if utterance.awaiting not in _OPEN or words_seen().isdisjoint(re.findall(r"\w+", reading.message.text)):
        return commands
    weight = None if few else _weight(commands, utterance)
    opens = _opens(utterance) and not few
    asked = _different(_held(asked_for(utterance.text, meaning), reading, commands)) if opens else []
    if weight is None and not _is_muddle(commands, asked):
        asked = []
    others = [one for one in asked if _MEANS[one.likely.label].get("start") not in ("book", "cancel")]
    steered = any(isinstance(one, HandOver | StartOver | StopMessages | ResumeMessages) for one in commands)
    if opens and not steered and not others and (visits := visits_apart(reading, meaning)) is not None:
        return [*(one for one in commands if _is_beside_visits(one) and one not in visits), *visits]
    if len(asked) > 1:
        return _each(asked, reading, meaning)
    if weight is None and asked:
        return _put(commands, asked[0].likely, _MEANS[asked[0].likely.label], reading, meaning)
    if weight == "sure" and not asked and _is_plainly(commands, utterance, meaning):
        return commands
    likeliest = _likeliest(commands, asked, utterance, meaning, weight) if weight else Likely("", 0.0)
    means = _MEANS.get(likeliest.label, {})
    elsewhere = means.get("start") != "book" and likeliest.share >= _LEAST["over"]
    complaint = None if opens and elsewhere else _complaint(commands, utterance, meaning, few=few)
    if complaint is not None:
        kept = [one for one in commands if not isinstance(one, Deny | Affirm) and one not in _OF_VISITS]
        return [*kept, complaint]
    if weight is None:
        return commands
    to_be_seen = means.get("start") == "book"
    if (weight == "sure" and to_be_seen) or (weight == "advice" and not to_be_seen):
        return commands  # "move my appointment; i can come on wednesday"; and a question about a dose is no refill
    if opens and likeliest.label == "move" and _is_anew(commands, reading.message.text):
        return commands  # "skin doctor on 1 december, later than 11"
    rules_move = _OF_VISITS[1] in commands
    if opens and likeliest.label == "move" and not rules_move and not _EXISTS.search(reading.message.text):
        _, share = trouble(utterance.text, meaning)
        if share >= _LEAST["over"]:  # "my back is stiff again. can it be the 30th, or the 2nd"
            likeliest, means = Likely("symptom", share), _MEANS["symptom"]
    of_part = bool(asked) and likeliest == asked[0].likely
    if likeliest.label in _CALLED_OFF and likeliest.share < _VERY and _is_asked_for(reading.message.text):
        return commands
    least = float(str(means.get(weight, _LEAST[weight])))
    if of_part and means.get("start") in ("cancel", "reschedule"):
        least = min(least, likeliest.share)  # a sentence that says so in as many words
    if likeliest.share < least + (_LAST if utterance.awaiting == "anything_else" else 0):
        return commands
    if _is_told_beside(commands, likeliest, weight, asked=_is_asked(utterance)):
        return commands
    held = ["only", *(["usually"] if likeliest.share < _SURE or weight == "aside" or of_part else [])]
    if any(name in means and not re.search(str(means[name]), reading.message.text) for name in held):
        return commands
    return _put(commands, likeliest, means, reading, meaning)


def _is_told_beside(commands: list[Command], likeliest: Likely, weight: str, *, asked: bool) -> bool:
    """Whether what the rules read is what the message is for, and what it is like only stands beside it. `asked`: it is
    a question."""
    slots = {one.slot for one in commands if isinstance(one, Fill)}
    ask = _MEANS.get(likeliest.label, {}).get("ask")
    if ask in ("doctors", "specialties") and weight in ("over", "whole") and not asked:
        return True  # "female gynaecologist"
    if ask == "address" and slots & {"specialty", "practitioner"} and not asked:
        return True  # "nearest branch will do for a skin doctor"
    if ask == "doctors" and "complaint" in slots:
        return True  # "which doctor should i see for hair fall"
    to_be_seen = "complaint" in slots and Start(flow="book") in commands
    return likeliest.label == "complaint" and to_be_seen and likeliest.share < _VERY  # "... shut! book for itchy eyes"


def _is_plainly(commands: list[Command], utterance: Utterance, meaning: Meaning) -> bool:
    """Whether pieces of words alone say what the rules do: then the vector is not asked (of 201 first messages of four
    sets it would have said otherwise of one)."""
    flows = {one.flow for one in commands if isinstance(one, Start)}
    alike = (one.share for one in meaning.wants_by_pieces(utterance.text) if _MEANS[one.label].get("start") in flows)
    return bool(flows) and sum(alike) >= _PLAINLY


def _likeliest(
    commands: list[Command], asked: list[Asked], utterance: Utterance, meaning: Meaning, weight: str
) -> Likely:
    """What the whole is likely to want, or the part of it that is surer to ask for something: the rest is told beside
    it."""
    whole = best(_possible(meaning.wants(utterance.text), plain(utterance.text).text))
    if not asked or (weight == "sure" and asked[0].likely.share < _PART_OVER_A_WISH):
        return whole
    return max(whole, asked[0].likely, key=lambda one: one.share)


def _possible(likely: list[Likely], said: str) -> list[Likely]:
    """Without what lacks a word that such a wish always has; its share goes to the others."""
    fitting = [one for one in likely if one.label not in _ALWAYS or _ALWAYS[one.label].search(said)]
    total = sum(one.share for one in fitting)
    return [Likely(one.label, one.share / total) for one in fitting] if total else likely


def _each(asked: list[Asked], reading: Reading, meaning: Meaning) -> list[Command]:
    """What a message of several wishes means: each wish with what was told before it, read as a message of its own."""
    text, found = reading.utterance.text, list[Command]()
    ends = [*(one.end for one in asked[:-1]), len(text)]
    for one, start, end in zip(asked, [0, *ends[:-1]], ends, strict=True):
        part = replace(reading.utterance, text=text[start:end])
        alone = Reading.of(plain(part.text), part)
        commands = with_wishes(commands_of(alone), alone, meaning)
        means = _MEANS[one.likely.label]
        if not any(_does(means, command) for command in commands):
            commands = _put(commands, one.likely, means, alone, meaning)
        found += [command for command in commands if command not in found or isinstance(command, Start)]
    return found


def _is_asked(utterance: Utterance) -> bool:
    return is_question(utterance.text.lower())


def _is_muddle(commands: list[Command], asked: list[Asked]) -> bool:
    """Whether the rules read a wish and a question where parts of the message surely ask for something."""
    starts = [one for one in commands if isinstance(one, Start)]
    only = all(isinstance(one, Start | Ask | Fill | Correct | Greet | Thank) for one in commands)
    return only and len(starts) < 2 and all(one.likely.share >= _PART_OVER_A_WISH for one in asked)


def _held(asked: list[Asked], reading: Reading, commands: list[Command]) -> list[Asked]:
    """Without those that lack a word which such a wish has, or have one that it has not: in the message, but in that
    very part where a visit is moved or asked for though none is spoken of."""
    message, text = reading.message.text, reading.utterance.text
    anew = _is_anew(commands, message)

    def fits(one: Asked) -> bool:
        means = _MEANS[one.likely.label]
        sure = one.likely.label == "list" and one.likely.share >= _PART_OVER_A_WISH
        part = one.likely.label in ("list", "move") and not sure and not _EXISTS.search(message)
        if means.get("ask") in ("doctors", "specialties") and not is_question(text[one.start : one.end].lower()):
            return False  # "i need a lady doctor for my skin"
        if one.likely.label == "move" and anew:
            return False
        own = plain(text[one.start : one.end]).text
        if one.likely.label in _CALLED_OFF and _is_asked_for(own):
            return False
        said = own if part else message
        held = ("only",) if sure else ("only", "usually")
        return all(re.search(str(means[name]), said) for name in held if name in means)

    return [one for one in asked if one.likely.label in _MEANS and fits(one)]


def _is_asked_for(said: str) -> bool:
    """Whether words ask for a visit and call none off: "asking won't help, give me an appointment on the 5th"."""
    book, cancel = (FLOWS[name].starts for name in ("book", "cancel"))
    return bool(book and cancel and book.search(said) and not cancel.search(said))


def _is_anew(commands: list[Command], message: str) -> bool:
    """Whether a kind of doctor or a trouble is named, and no visit that there is: nothing can be moved."""
    kind = any(isinstance(one, Fill) and one.slot in ("specialty", "complaint") for one in commands)
    return kind and not _EXISTS.search(message)


def _different(asked: list[Asked]) -> list[Asked]:
    """Those that ask for different things, each where it is asked for last; a complaint only where it is all there
    is, since much is told that is like one."""
    last = {str(_MEANS[one.likely.label].get("start") or _MEANS[one.likely.label]): one for one in asked}
    kept = [one for one in asked if one in last.values()]
    others = [one for one in kept if one.likely.label != "complaint"]
    return others or kept


def _does(means: Mapping[str, object], command: Command) -> bool:
    """Whether a command is what a label means."""
    if isinstance(command, Start):
        return command.flow == means.get("start")
    return command.kind == means.get("kind") or (isinstance(command, Ask) and command.topic == means.get("ask"))


def _where_to(commands: list[Command], utterance: Utterance, meaning: Meaning) -> Fill | None:
    """What is wrong with one who asks which department or doctor that is for: a visit answers it best."""
    asks = [one.topic for one in commands if isinstance(one, Ask)]
    started = any(isinstance(one, Start) and one.flow != "book" for one in commands)
    whom = any(isinstance(one, Fill) and one.slot in _WHOM for one in commands)
    if started or whom or not set(asks) <= {"specialties", "doctors"}:
        return None
    if _FOR_THIS.search(plain(utterance.text).text):  # whatever was told before it
        return Fill(slot="complaint", value=utterance.text.strip()[:200])
    if not asks:
        return None
    words, share = trouble(utterance.text, meaning)
    told = share >= _LEAST["over"] or (asks == ["specialties"] and ANY_COMPLAINT.search(plain(utterance.text).text))
    return Fill(slot="complaint", value=words[:200]) if told else None


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
    parts = dict.fromkeys([utterance.text.strip(), *clauses])
    share, words = max(
        ((meaning.departments(part, labels)[0].share, part) for part in parts
         if asked or tells(part, meaning) >= _TELLING),
        default=(0.0, ""),
    )  # fmt: skip
    if share < (_ASKED if asked else _BESIDE):
        words, share = trouble(utterance.text, meaning)
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
            return "over"  # "could you quit with these messages"
        return "asked" if all(isinstance(one, Ask) for one in others) and utterance.flow is None else None
    if any(isinstance(one, Ask) and one.topic == "medical_advice" for one in rest):
        return "advice" if opens else None
    answers = any(isinstance(one, Fill | Correct) and one.slot != "complaint" for one in rest)
    if not opens:
        asks = is_question(utterance.text.lower()) and utterance.awaiting not in _CLOSED
        return None if answers and not starts and not asks else "aside"
    slots = {one.slot for one in rest if isinstance(one, Fill)}
    if slots & {"day", "time", "location"} and slots & set(_WHOM):
        return "whole" if len(utterance.text.split()) > _TELEGRAM else None
    return "over" if starts else "least"


def _is_beside_visits(command: Command) -> bool:
    """Whether a command says who writes, or asks something of its own."""
    if isinstance(command, Ask):
        return _other(command) is None
    return isinstance(command, _POLITE) or (isinstance(command, Fill) and command.slot in WHO)


def _is_told(value: Fill, utterance: Utterance) -> bool:
    """Whether a value is a part of what is told of a trouble: a complaint, or a place that is none of ours."""
    ours = value.slot == "location" and match_location(value.value, utterance.directory.locations)
    return value.slot in ("complaint", "location") and not ours


def _other(command: Command) -> Command | None:
    """The question that rules read where they know no better."""
    return command if isinstance(command, Ask) and command.topic in ("other", "medical_advice") else None


def _put(
    commands: list[Command], likely: Likely, means: Mapping[str, object], reading: Reading, meaning: Meaning
) -> list[Command]:
    utterance = reading.utterance
    kept: list[Command] = [one for one in commands if not isinstance(one, Start) and _other(one) is None]
    if means.get("start") in ("list", "request"):
        kept = [one for one in kept if not isinstance(one, Ask)]
    text = utterance.text.strip()[:200]
    if "fill" in means:
        known = [one for one in kept if not (isinstance(one, Fill) and _is_told(one, utterance))]
        begins = [] if utterance.flow == "book" else [Start(flow="book")]
        return [*begins, *known, Fill(slot="complaint", value=trouble(utterance.text, meaning)[0][:200])]
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
