"""Answers to our questions as people write them (`data/answers/*.yaml`): whether each is read as it was meant.

`python -m evals.answers [open|frozen] [--misses]`. Of the frozen half no text is shown."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import typer
import yaml

from agents.commands import (
    Abandon,
    Affirm,
    Chat,
    Choose,
    Command,
    Correct,
    Deny,
    Fill,
    Goodbye,
    Greet,
    More,
    Start,
    Thank,
)
from agents.scheduling.options import pick
from agents.scheduling.visits import all_are_meant
from agents.turn.conversation_state import Option, Pending, State
from agents.turn.dialogue import Dialogue
from agents.turn.running import read_hospital
from agents.understanding.builtin.intents import answer_to_stop
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.when import resolve_birth_date, resolve_day, resolve_time
from agents.understanding.utterance import Utterance
from evals.harness import hospital, running_runtime
from tools.runtime.runtime import Runtime
from wiring import demo

SETS = Path(__file__).parent / "data" / "answers"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
_TOLD = {
    "confirm_book": ("book", "Please check: appointment for Divya with Dr. Meera Nair, Thursday 26 November, 10:00 am,"
                     " North Centre. Shall I book it? (yes or no)"),
    "confirm_cancel": ("cancel", "Please check: I would cancel the appointment of Chitra with Dr. Arun Rao, Saturday 5"
                       " December, 4:30 pm, Lakeside Clinic. Shall I cancel it? (yes or no)"),
    "confirm_move": ("reschedule", "Please check: I would move the appointment of Rahul with Dr. Sen to Saturday 5"
                     " December, 3:00 pm, Main Campus. Shall I do it? (yes or no)"),
    "consent_register": ("register", "Please check: Rohan Malik, born 12 July 1990, male, phone +919812345678. If that"
                         " is right: do you agree that the hospital keeps these details with the medical record, and"
                         " writes to this number about visits? (yes or no)"),
    "stop_messages": (None, "Shall I stop all messages from us to this number, also reminders? (yes or no)"),
    "choose": ("book", "These times are free:"), "which_visit": ("cancel", "Which appointment do you mean?"),
    "day": ("book", "Which day and time would suit? You can also say: as soon as possible."),
    "birth_date": ("book", "What is your date of birth? (for example 14 March 1984)"),
    "anything_else": (None, "Booked: Divya with Dr. Meera Nair. Is there anything else I can do?"),
}  # fmt: skip
_AWAITING = {"choose": "choice", "which_visit": "choice"}


def _option(at: datetime, doctor: str, place: str) -> Option:
    clock = f"{at:%I:%M}".lstrip("0")
    label = f"{at:%A} {at.day} {at:%B}, {clock} {at:%p}".lower().capitalize() + f", {doctor}, {place}"
    return Option(id=label, label=label[0].upper() + label[1:], at=at)


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return NOW.replace(month=month, day=day, hour=hour, minute=minute)


OPTIONS = {
    "choose": [
        _option(_at(11, 26, 10), "Dr. Meera Nair", "North Centre"),
        _option(_at(11, 26, 10, 30), "Dr. Meera Nair", "North Centre"),
        _option(_at(11, 26, 16), "Dr. Meera Nair", "Lakeside Clinic"),
        _option(_at(11, 27, 11, 30), "Dr. Arun Rao", "Main Campus"),
    ],
    "which_visit": [
        _option(_at(12, 5, 16, 30), "Dr. Arun Rao", "Lakeside Clinic"),
        _option(_at(12, 8, 9), "Dr. Meera Nair", "North Centre"),
    ],
}
_TALK = (Deny, Thank, Goodbye, Greet, Chat, Abandon, Affirm)


def taken(situation: str, text: str, commands: list[Command], runtime: Runtime) -> Any:
    """What the flow would take the answer for."""
    flow, told = _TOLD[situation]
    if situation == "stop_messages":
        denied = "no" if any(isinstance(one, Deny) for one in commands) else "neither"
        return answer_to_stop(text) or denied
    if situation in OPTIONS:
        return _chosen(situation, text, commands)
    fills = {one.slot: one.value for one in commands if isinstance(one, Fill | Correct)}
    if situation == "day":
        return fills
    if situation == "birth_date":
        found = resolve_birth_date(fills["birth_date"], month_first=False) if "birth_date" in fills else ()
        return found[0].isoformat() if found else "none"
    if situation == "anything_else":
        return "no" if all(isinstance(one, _TALK) for one in commands) else "more"
    if any(isinstance(one, Deny | Abandon) for one in commands):
        return "no"
    if fills or any(isinstance(one, Choose | More | Start) for one in commands):
        return "neither"
    pending = Pending(tool="x", args={}, action=flow or "", facts={})
    state = State(last_answer=told, awaiting="confirm")
    me: Any = SimpleNamespace(text=text, commands=commands, state=state, runtime=runtime)
    agrees = any(isinstance(one, Affirm) for one in commands) and Dialogue.says_yes_to(me, pending, flow or "")
    return "yes" if agrees else "neither"


def _chosen(situation: str, text: str, commands: list[Command]) -> Any:
    options = OPTIONS[situation]
    if situation == "which_visit" and all_are_meant(text):
        return "both"
    if any(isinstance(one, More) for one in commands):
        return "other"
    chosen = next((one.value for one in commands if isinstance(one, Choose)), None)
    said = [one.value for one in commands if isinstance(one, Fill | Correct)]
    words = chosen if chosen is not None else " ".join(said)
    option = pick(words, options, NOW, month_first=False, numbered=chosen is not None) if words else None
    if option is not None:
        return options.index(option) + 1
    if any(isinstance(one, Deny) for one in commands) or said:
        return "other"
    return 1 if any(isinstance(one, Affirm) for one in commands) and situation == "choose" else "unclear"


def right(situation: str, wanted: Any, found: Any) -> bool:
    """Whether it was taken as it was meant."""
    if situation == "which_visit" and wanted == "neither":
        return found in ("other", "unclear", "neither")
    if situation == "choose" and wanted in ("other", "unclear"):
        return found in ("other", "unclear")
    if situation != "day":
        return str(wanted) == str(found)
    return _day_right(wanted, found)


def _day_right(wanted: dict[str, Any], found: dict[str, str]) -> bool:
    day = resolve_day(found["day"], NOW, month_first=False) if "day" in found else None
    hours = resolve_time(found["time"]) if "time" in found else None
    if wanted.get("soonest") and not (day is not None and day.asap):
        return False
    if wanted.get("day") and not (day is not None and day.start <= date.fromisoformat(str(wanted["day"])) <= day.end):
        return False
    if (
        wanted.get("day") is None
        and not wanted.get("soonest")
        and day is not None
        and not day.asap
        and day.start == day.end
    ):
        return bool(wanted.get("not")) and f"{day.start:%A}".lower() not in str(wanted["not"]).lower()
    time = wanted.get("time")
    if time is None:
        return True
    parts = {"morning": range(5, 12), "afternoon": range(12, 17), "evening": range(16, 22)}
    if time in parts:
        return hours is not None and hours.start.hour in parts[time]
    return hours is not None and f"{hours.start:%H:%M}" == str(time)


async def main_async(half: str, *, misses: bool) -> None:
    sets = yaml.safe_load((SETS / f"{half}.yaml").read_text(encoding="utf-8"))
    score: dict[str, list[bool]] = defaultdict(list)
    harm = 0
    async with hospital() as place, running_runtime(place) as runtime:
        names = (await read_hospital(runtime.database, demo.TENANT_ID)).names
        meaning = runtime.services.get(Meaning)
        for situation, rows in sets.items():
            flow, told = _TOLD[situation]
            options = tuple(one.label for one in OPTIONS.get(situation, []))
            awaiting = _AWAITING.get(situation, "confirm" if situation.startswith("con") else situation)
            for row in rows:
                commands = read(
                    Utterance(
                        text=row["text"],
                        now=NOW,
                        flow=flow,
                        awaiting=awaiting,
                        options=options,
                        last_answer=told,
                        directory=names,
                    ),
                    meaning,
                )
                found = taken(situation, row["text"], commands, runtime)
                good = right(situation, row["right"], found)
                score[situation].append(good)
                score["all"].append(good)
                harmful = found == "yes" and row["right"] != "yes" and situation != "stop_messages"
                harm += harmful
                if misses and half != "frozen" and not good:
                    print(f"{situation}{' HARM' if harmful else ''}: {row['right']} read {found}: {row['text']}")
    for situation, ones in score.items():
        print(f"answers, {half}, {situation}: {mean(ones):.3f} of {len(ones)} read right")
    print(f"answers, {half}: taken for a yes that were none: {harm}")


def main(half: str = typer.Argument("open"), misses: bool = False) -> None:
    """Score a half; the frozen one shows no text."""
    asyncio.run(main_async(half, misses=misses))


if __name__ == "__main__":
    typer.run(main)
