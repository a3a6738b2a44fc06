"""Scores of the built-in understanding: on public dialogues (SGD) and on our own labelled messages.

    python -m evals.understanding [--file PATH] [--json]

SGD (Schema-Guided Dialogue, CC BY-SA 4.0; user turns with a frame of a medical service, Services_2 to _4).

Intent accuracy. SGD labels each user turn with the active intent FindProvider, BookAppointment or NONE. Our commands
know one flow, `book`, which begins with the search. So the label is predicted by a small state that is carried through
the dialogue and reads nothing but our commands and what the system said before (its acts stand for `awaiting`, which a
real conversation knows, for the system spoke them):

- Start(book) is BookAppointment where a provider is on the table (offered before, or named in the turn) or a day or
  time is given, and FindProvider where none is, or where the turn asks for others or for another city or specialty;
- a day or a time given while a provider is on the table is BookAppointment; a yes to "shall I book?" too;
- a no to that offer or to "anything else?" is NONE; else the intent stays.

Turns that have frames of other services only (cabs, calendar, weather) are not the hospital's. They are not counted in
the accuracy; for them is printed how often the built-in rightly begins no flow. A turn with frames of both counts by
its medical frame.

Slot F1. What is said in the turn: city is `location`, the provider's name `practitioner`, date `day`, time `time`, type
`specialty`. A filled or corrected value is right when it is alike (token-sort ratio of 85 or more, articles and
prepositions aside), or resolves to the same days or times, or, for `type`, which has no span, to the same specialty.
A practitioner or place is compared by likeness only. Left out, neither right nor wrong: a specialty where the service
has no `type` or where it only names the service itself ("dentist", "therapist", "doctor"), and days and times in turns
that give them to another service.

The directory of a turn holds the names and cities that the system spoke earlier in that dialogue, and nothing else.

Our own lists, `evals/data/understanding/*.yaml` (`messages` was at hand while the rules were written, `later` was
written after them, see its head): messages as patients write them with the commands expected; a
message counts when all commands are the same, in the same order (letter case of values aside).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from agents.commands import Abandon, Affirm, Command, Correct, Deny, Fill, FlowName, More, Start
from agents.understanding.builtin.understand import read
from agents.understanding.resolve.names import match_specialty
from agents.understanding.resolve.when import resolve_day, resolve_time
from agents.understanding.utterance import Awaiting, Directory, Known, Utterance
from evals.messages import score_own, show

DEFAULT = Path(__file__).parents[2] / "shared/data/dialogues/sgd_medical/train.json"
OWN = Path(__file__).parent / "data/understanding"
MEDICAL = ("Services_2", "Services_3", "Services_4")
NOW = datetime(2019, 3, 1, 9, 0, tzinfo=UTC)  # the day on which SGD's dialogues take place
_SLOTS = {
    "city": "location", "dentist_name": "practitioner", "doctor_name": "practitioner", "therapist_name": "practitioner",
    "appointment_date": "day", "appointment_time": "time", "type": "specialty",
}  # fmt: skip
_GENERIC = {
    "Services_2": {"dentist", "dentists", "dental"},
    "Services_3": set(),
    "Services_4": {"therapist", "therapists"},
}
_SPECIALTIES = tuple(
    Known(id=slug, name=slug)
    for slug in (
        "general-medicine", "paediatrics", "obstetrics-gynaecology", "orthopaedics", "cardiology", "dermatology",
        "ophthalmology", "ent", "neurology", "gastroenterology", "psychiatry", "dentistry",
    )
)  # fmt: skip
_SMALL = {
    "the",
    "on",
    "at",
    "a",
    "an",
    "of",
    "in",
    "for",
    "by",
    "around",
    "about",
    "to",
    "with",
    "from",
    "this",
    "month",
    "after",
    "before",
}


@dataclass(slots=True)
class Tally:
    """Counts of one run."""

    turns: int = 0
    right: int = 0
    other_turns: int = 0
    other_quiet: int = 0
    found: Counter[str] = field(default_factory=Counter)  # right values, per slot
    said: Counter[str] = field(default_factory=Counter)  # values in the gold
    given: Counter[str] = field(default_factory=Counter)  # values predicted
    messages: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Tracker:
    """The state of one dialogue: see the head of this file."""

    intent: str = "NONE"
    names: list[str] = field(default_factory=list)
    cities: list[str] = field(default_factory=list)
    on_table: bool = False
    awaiting: Awaiting | None = None
    offers_booking: bool = False
    options: tuple[str, ...] = ()
    last_answer: str = ""

    def hear_system(self, turn: dict[str, Any]) -> None:
        """Note what the system said and asked for."""
        self.last_answer, self.awaiting, self.options, self.offers_booking = turn["utterance"], None, (), False
        for frame in turn["frames"]:
            for action in frame["actions"]:
                self._note(action, medical=frame["service"] in MEDICAL)

    def _note(self, action: dict[str, Any], *, medical: bool) -> None:
        act, slot = action["act"], _SLOTS.get(action["slot"])
        if medical and slot == "practitioner":
            self.names += [value for value in action["values"] if value not in self.names]
            self.on_table = True
            if act == "OFFER":
                self.options = tuple(action["values"])
        if medical and slot == "location":
            self.cities += [value for value in action["values"] if value not in self.cities]
        if act == "REQUEST" and slot:
            self.awaiting = slot  # type: ignore[assignment]
        elif act in ("CONFIRM", "OFFER", "OFFER_INTENT"):
            self.awaiting = "confirm"
            self.offers_booking = medical and act == "OFFER_INTENT"
        elif act == "REQ_MORE":
            self.awaiting = "anything_else"

    def utterance(self, text: str) -> Utterance:
        directory = Directory(
            practitioners=tuple(Known(id=name, name=name) for name in self.names),
            specialties=_SPECIALTIES,
            locations=tuple(Known(id=city, name=city) for city in self.cities),
        )
        flow: FlowName | None = "book" if self.intent == "BookAppointment" else None
        return Utterance(
            text=text, now=NOW, awaiting=self.awaiting, flow=flow, last_answer=self.last_answer, directory=directory
        )  # fmt: skip

    def follow(self, commands: list[Command]) -> str:
        """The intent after the patient's turn."""
        slots = {c.slot for c in commands if isinstance(c, (Fill, Correct))}
        starts = any(isinstance(c, Start) and c.flow == "book" for c in commands)
        elsewhere = any(isinstance(c, More) for c in commands) or bool({"location", "specialty"} & slots)
        if elsewhere and not {"day", "time", "practitioner"} & slots and (starts or self.intent != "BookAppointment"):
            self.intent = "FindProvider"
        elif starts:
            booking = self.on_table or {"practitioner", "day", "time"} & slots
            self.intent = "BookAppointment" if booking else "FindProvider"
        elif ({"day", "time"} & slots and self.on_table) or (
            any(isinstance(c, Affirm) for c in commands) and self.offers_booking
        ):
            self.intent = "BookAppointment"
        elif any(isinstance(c, (Deny, Abandon)) for c in commands) and (
            self.offers_booking or self.awaiting == "anything_else"
        ):
            self.intent = "NONE"
        return self.intent


def score_sgd(path: Path, errors: list[str] | None = None) -> Tally:
    """Score one file of SGD dialogues."""
    tally = Tally()
    for dialogue in json.loads(path.read_text()):
        tracker = Tracker()
        for turn in dialogue["turns"]:
            if turn["speaker"] == "SYSTEM":
                tracker.hear_system(turn)
            else:
                _score_turn(turn, tracker, tally, errors)
    return tally


def _score_turn(turn: dict[str, Any], tracker: Tracker, tally: Tally, errors: list[str] | None) -> None:
    utterance = tracker.utterance(turn["utterance"])
    begun = time.perf_counter()
    commands = read(utterance)
    tally.seconds += time.perf_counter() - begun
    tally.messages += 1
    before = tracker.intent
    medical = [frame for frame in turn["frames"] if frame["service"] in MEDICAL]
    predicted = tracker.follow(commands)
    if not medical:
        tally.other_turns += 1
        tally.other_quiet += not any(isinstance(command, Start) for command in commands)
        tracker.intent = before
        return
    tally.turns += 1
    gold = medical[0]["state"]["active_intent"]
    tally.right += predicted == gold
    if errors is not None and predicted != gold:
        errors.append(f"INTENT {gold} not {predicted} | {tracker.awaiting} | {turn['utterance']} | {show(commands)}")
    _score_slots(turn, medical[0], commands, tally, errors)


def _score_slots(
    turn: dict[str, Any], frame: dict[str, Any], commands: list[Command], tally: Tally, errors: list[str] | None
) -> None:
    gold = _gold(turn, frame)
    left = [c for c in commands if isinstance(c, (Fill, Correct)) and _counts(c, turn, frame)]
    tally.given.update(c.slot for c in left)
    for slot, value in gold:
        tally.said[slot] += 1
        match = next((c for c in left if c.slot == slot and _same(slot, c.value, value)), None)
        if match is not None:
            tally.found[slot] += 1
            left.remove(match)
        elif errors is not None:
            errors.append(f"MISS {slot} {value!r} | {turn['utterance']} | {show(commands)}")
    if errors is not None:
        errors.extend(f"FALSE {c.slot} {c.value!r} | {turn['utterance']}" for c in left)


def _gold(turn: dict[str, Any], frame: dict[str, Any]) -> list[tuple[str, str]]:
    """(slot, value) said in a turn for the medical service."""
    said = [
        (_SLOTS[span["slot"]], turn["utterance"][span["start"] : span["exclusive_end"]])
        for span in frame["slots"]
        if span["slot"] in _SLOTS
    ]
    for action in frame["actions"]:
        if action["act"] == "INFORM" and action["slot"] == "type":
            said += [("specialty", value) for value in action["values"] if value != "dontcare"]
    return said


def _counts(command: Fill | Correct, turn: dict[str, Any], frame: dict[str, Any]) -> bool:
    """Whether a predicted value is scored: see the head of this file."""
    if command.slot not in set(_SLOTS.values()):
        return False
    if command.slot == "specialty":
        return frame["service"] != "Services_2" and command.value.lower() not in _GENERIC[frame["service"]]
    elsewhere = any(f["service"] not in MEDICAL and f["slots"] for f in turn["frames"])
    return not (elsewhere and command.slot in ("day", "time", "location"))


def _same(slot: str, value: str, gold: str) -> bool:
    if fuzz.token_sort_ratio(_core(value), _core(gold)) >= 85:
        return True
    if slot == "day":
        days = resolve_day(value, NOW, month_first=True)
        return days is not None and days == resolve_day(gold, NOW, month_first=True)
    if slot == "time":
        hours = resolve_time(value)
        return hours is not None and hours == resolve_time(gold)
    if slot == "specialty":
        return bool(
            {k.id for k in match_specialty(value, _SPECIALTIES)[:1]}
            & {k.id for k in match_specialty(gold, _SPECIALTIES)[:1]}
        )
    return False


def _core(value: str) -> str:
    words = [word for word in value.lower().replace(".", " ").replace(",", " ").split() if word not in _SMALL]
    return " ".join(words) or value.lower()


def f1(found: int, given: int, said: int) -> tuple[float, float, float]:
    """(precision, recall, F1)."""
    precision, recall = found / given if given else 0.0, found / said if said else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def report(tally: Tally) -> dict[str, Any]:
    """The figures of a run on SGD."""
    slots = {slot: f1(tally.found[slot], tally.given[slot], tally.said[slot]) for slot in sorted(set(_SLOTS.values()))}
    overall = f1(tally.found.total(), tally.given.total(), tally.said.total())
    return {
        "turns": tally.turns,
        "intent_accuracy": round(tally.right / max(tally.turns, 1), 4),
        "other_service_turns": tally.other_turns,
        "other_service_starts_nothing": round(tally.other_quiet / max(tally.other_turns, 1), 4),
        "slots": {"overall": _rounded(overall)} | {slot: _rounded(scores) for slot, scores in slots.items()},
        "messages_per_second": round(tally.messages / max(tally.seconds, 1e-9)),
    }


def _rounded(scores: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("precision", "recall", "f1"), (round(score, 4) for score in scores), strict=True))


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description="Scores of the built-in understanding")
    parser.add_argument("--file", type=Path, default=DEFAULT)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--errors", type=int, default=0, help="print that many errors")
    options = parser.parse_args()
    errors: list[str] = []
    result: dict[str, Any] = {}
    if options.file.is_file():
        result["sgd"] = report(score_sgd(options.file, errors))
    else:
        result["sgd_skipped"] = f"no such file: {options.file}"
    for path in sorted(OWN.glob("*.yaml")):
        right, total = score_own(path, errors)
        result[path.stem] = {"right": right, "messages": total, "exact_match": round(right / max(total, 1), 4)}
    print(json.dumps(result, indent=2) if options.json else _told(result))
    for line in errors[: options.errors]:
        print(line)


def _told(result: dict[str, Any]) -> str:
    lines = [f"SGD skipped: {result['sgd_skipped']}"] if "sgd_skipped" in result else _told_sgd(result["sgd"])
    for name, own in result.items():
        if "exact_match" in own:
            lines.append(f"own list {name}: {own['right']} of {own['messages']} exact ({own['exact_match']:.1%})")
    return "\n".join(lines)


def _told_sgd(scores: dict[str, Any]) -> list[str]:
    lines = [
        f"SGD: {scores['turns']} user turns, intent accuracy {scores['intent_accuracy']:.1%}, "
        f"{scores['messages_per_second']} messages/s",
        f"     {scores['other_service_turns']} turns of other services, nothing begun in "
        f"{scores['other_service_starts_nothing']:.1%}",
    ]
    for slot, score in scores["slots"].items():
        lines.append(f"     {slot:<13} P {score['precision']:.3f}  R {score['recall']:.3f}  F1 {score['f1']:.3f}")
    return lines


if __name__ == "__main__":
    main()
