"""A simulated patient in conversation with the assistant: opens, answers, changes its mind, digresses, gives up."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from cli.chat import say
from evals.conversations import _reset
from evals.patients.asks import NOT_UNDERSTOOD, TO_PERSON, Asked, asked
from evals.patients.banks import Bank
from evals.patients.making import make
from evals.patients.wishes import BOOKING, PARTS, Person, Wish, day_words, free_days, met
from tools.runtime.runtime import Runtime
from wiring import demo

MOST_TURNS = 16
_OPTION_CLOCK = re.compile(r"(\d{1,2}):(\d\d) (am|pm)")
_OF_BOOKING = re.compile(r"(?i)\b(?:bo+k\w*|com(?:e|ing)|keep)\b")
_HINDI = ("नवंबर", "दिसंबर")
_NO_DEED = ("ask_visits", "ask_hospital", "complain", "refill", "service")
_LOST = 3  # so often not understood, and a patient gives up


@dataclass(slots=True)
class Talk:
    goal: str
    manner: str
    seed: int
    lines: list[tuple[str, str | None]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.missing and not self.wrong


async def play(runtime: Runtime, goal: str, manner: str, *, half: str, seed: int, everyone: list[Person]) -> Talk:
    """One conversation in a hospital without other visits."""
    await _reset(runtime)
    rng = random.Random(f"{goal}|{manner}|{seed}")
    bank = Bank(half, manner, rng)
    wish, opening, words = await make(runtime, goal, bank, everyone)
    talk = Talk(goal, manner, seed)
    patient = Patient(runtime, wish, bank, words)
    message: str | None = _filled(opening.text, words)
    while message is not None and len(talk.lines) < MOST_TURNS:
        reply = (await say(runtime, demo.TENANT_ID, wish.me.phone, message))["reply"]
        if reply is None and not patient.waits:
            talk.missing.append("silence")
        if reply is not None and talk.lines and talk.lines[-1][1] == reply:
            talk.missing.append("the same text twice running")
        talk.lines.append((message, reply))
        message = await patient.react(reply or "")
    missing, wrong = await met(runtime, wish, [reply or "" for _, reply in talk.lines])
    talk.missing += missing
    talk.wrong += wrong
    return talk


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


class Patient:
    def __init__(self, runtime: Runtime, wish: Wish, bank: Bank, words: dict[str, str]) -> None:
        self.runtime, self.wish, self.bank, self.words = runtime, wish, bank, words
        self.waits = False  # a person has the conversation
        self.lost = 0
        self.answered = 0
        self.open: Asked | None = None
        booking = wish.goal in ("book_doctor", "book_department", "book_complaint", "book_constraint")
        self.to_change = bank.manner == "changes" and booking
        self.digressions = 2 if bank.manner == "digressing" else 0

    async def react(self, reply: str) -> str | None:
        """What the patient says next; None at the end."""
        self.same = self.same + 1 if reply == self.heard else 0
        self.heard = reply
        if self.same >= 2:
            return None
        if TO_PERSON.search(reply):
            self.waits = True
            return None
        ask = asked(reply)
        if NOT_UNDERSTOOD.search(reply):
            self.lost += 1
            if self.lost >= _LOST:
                return None
        if ask.kind is None and self.digressed:
            ask = self.open or ask
        else:
            self.open = ask
        self.answered += 1
        if self.to_change and ask.kind in ("choose", "confirm"):
            self.to_change = False
            return await self._change()
        if self.digressions and ask.kind in ("birth_date", "day", "choose") and self.bank.rng.random() < 0.6:
            self.digressions -= 1
            self.digressed = True
            return self._say(self.bank.digression().text)
        self.digressed = False
        return self._answer(ask)

    def _say(self, text: str, **more: str) -> str:
        return _filled(text, {"weekday": "monday", **self.words, **more})

    def _answer(self, ask: Asked) -> str | None:
        kind, goal = ask.kind, self.wish.goal
        if kind in (None, "anything_else", "what_can_i_do"):
            return self._close(kind)
        if kind == "birth_date" and goal == "goodbye_midway":
            return self._end(self.bank.answer("goodbye").text)
        if kind in ("birth_date", "name", "sex", "consent_yes", "emergency_no"):
            return self._say(self.bank.answer(kind).text)
        if kind == "for_whom":
            return self._say(self.bank.answer("for_whom_child" if goal == "book_child" else "for_whom_self").text)
        if kind == "what_for":
            return self._what_for()
        if kind == "day":
            return self._say(self.bank.answer("day" if "day" in self.words else "day_any").text)
        if kind == "choose":
            return self._choose(ask)
        if kind == "which_visit":
            return self._which(ask)
        if kind == "confirm":
            return self._confirm(ask)
        return self._say(self.bank.answer("reason_cancel" if goal in ("cancel", "cancel_both") else "unsure").text)

    def _end(self, text: str) -> str | None:
        if getattr(self, "ended", False):
            return None
        self.ended = True
        return self._say(text)

    ended = False
    heard, same = "", 0
    digressed = False

    def _close(self, kind: str | None) -> str | None:
        if kind == "what_can_i_do" and self.answered < 4 and self.wish.goal in (*BOOKING, "two_wishes"):
            return self._what_for()
        if kind is None and self.answered < 3 and self.wish.goal in (*BOOKING, "two_wishes"):
            return self._say(self.bank.answer("unsure").text)
        return self._end(self.bank.answer("anything_else_no").text)

    def _what_for(self) -> str:
        goal, words = self.wish.goal, self.words
        if goal == "book_doctor":
            return self._say(self.bank.answer("doctor").text)
        if goal == "book_complaint":
            return words["complaint"]
        if goal == "book_child":
            return words["child_complaint"]
        if goal in ("move", "cancel"):
            return f"dr {words['doctor']}"
        return words.get("dept_words2" if self.answered > 6 and "dept_words2" in words else "dept_words", "a doctor")

    def _choose(self, ask: Asked) -> str:
        """The first option that fits what is wanted; a patient who sees none that does says what is wanted."""
        good = [n for n, option in enumerate(ask.options, 1) if self._suits(option)]
        if not good:
            return self._wanted_instead()
        rng = self.bank.rng
        style = rng.choice(["choose_number", "choose_number", "choose_first", "choose_time", "choose_ordinal"])
        if style == "choose_first" and good[0] == 1:
            return self._say(self.bank.answer("choose_first").text)
        if style == "choose_ordinal":
            said = self.bank.answer("choose_ordinal", n=good[0])
            if said.about.get("n") == good[0]:
                return said.text
        clock = _clock(ask.options[good[0] - 1])
        once = sum(_clock(option) == clock for option in ask.options) == 1
        if style == "choose_time" and clock and once:
            return self._say(self.bank.answer("choose_time").text, time=clock)
        return self._say(self.bank.answer("choose_number").text, n=str(good[0]))

    def _suits(self, option: str) -> bool:
        if not self.wish.visits:
            return True
        return any(_shows(option, visit) for visit in self.wish.visits)

    def _wanted_instead(self) -> str:
        visit = self.wish.visits[0] if self.wish.visits else None
        if visit is not None and visit.place:
            return f"only {visit.place}"
        if visit is not None and visit.female:
            return "female doctor only"
        if visit is not None and visit.earliest is not None and "part" in self.words:
            return f"in the {self.words['part']}"
        if visit is not None and visit.earliest is not None and "time" in self.words:
            return f"after {self.words['time']}"
        return self._say(self.bank.answer("day" if "day" in self.words else "day_any").text)

    def _which(self, ask: Asked) -> str:
        if self.wish.goal == "cancel_both":
            return self._say(self.bank.answer("which_visit", pick="both").text)
        return self._say(self.bank.answer("which_visit", pick="doctor").text)

    def _confirm(self, ask: Asked) -> str:
        booking = self.wish.goal in BOOKING or self.wish.goal == "two_wishes"
        about_visit = "cancel" not in ask.text.lower() and "रद्द" not in ask.text and "register" not in ask.text.lower()
        asked_for_visit = booking and about_visit and self.wish.visits and "appointment" in ask.text.lower()
        if self.wish.goal in _NO_DEED or (about_visit and self.wish.goal == "cancel"):
            return self._say(self.bank.answer("confirm_no").text) if not ask.options else "2"
        if asked_for_visit and not self._suits(ask.text):
            return f"{self.bank.answer('confirm_no').text}, {self._wanted_instead()}"
        return self._say(self._yes()) if not ask.options else "1"  # both answers were numbered

    def _yes(self) -> str:
        """A yes; one that speaks of booking or coming only where that is meant."""
        for _ in range(8):
            said = self.bank.answer("confirm_yes").text
            if self.wish.goal in BOOKING or not _OF_BOOKING.search(said):
                return said
        return "yes"

    async def _change(self) -> str:
        """A second thought; the wish is another from here on."""
        visit, rng = self.wish.visits[0], self.bank.rng
        kinds = ["day", "time", "part"] if self.wish.goal != "book_constraint" else ["day"]
        said = self.bank.change(*kinds)
        where, values = ("p.name = :name", {"name": f"Dr. {visit.doctor}"}) if visit.doctor else (
            "s.specialty_code = :name", {"name": visit.departments[0]})  # fmt: skip
        days: list[dict[str, Any]] = await free_days(self.runtime, where, **values)
        days = [one for one in days if visit.place is None or one["location"] == visit.place]
        if said.about["kind"] == "day":
            new = rng.choice([one["day"] for one in days if one["day"] != visit.day] or [days[0]["day"]])
            visit.day = new
            self.words["day"] = day_words(new, self.bank.manner, rng)
            return self._say(said.text, new_day=self.words["day"])
        if said.about["kind"] == "part":
            free = [
                part
                for part, (start, end) in PARTS.items()
                if any(one["first"] < end and one["last"] >= start for one in days)
            ]
            part = rng.choice(free or list(PARTS))
            visit.earliest, visit.before = PARTS[part]
            visit.day = None
            self.words["part"] = part
            return self._say(said.text, new_part=part)
        visit.earliest = time.fromisoformat(said.about["after"]) if "after" in said.about else None
        visit.before = time.fromisoformat(said.about["before"]) if "before" in said.about else None
        visit.day = None
        return self._say(said.text)


def _time_of(clock: re.Match[str]) -> time:
    hour = int(clock[1]) % 12 + (12 if clock[3] == "pm" else 0)
    return time(hour, int(clock[2]))


def _clock(option: str) -> str | None:
    parts = [one.strip() for one in option.split(",")]
    return next((one for one in parts if one.endswith((" am", " pm"))), None)


def _shows(text: str, visit: Any) -> bool:
    """Whether what is shown may be the visit that is wanted."""
    days = [f"{visit.day.day} {month}" for month in (f"{visit.day:%B}", *_HINDI)] if visit.day is not None else []
    clock = _OPTION_CLOCK.search(text)
    if clock is not None and (visit.earliest or visit.before):
        at = _time_of(clock)
        if (visit.earliest and at < visit.earliest) or (visit.before and at >= visit.before):
            return False
    return (
        (not days or any(day in text for day in days))
        and (visit.doctor is None or visit.doctor in text)
        and (visit.place is None or visit.place in text)
    )
