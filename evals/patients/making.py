"""From a goal, a manner and a seed to a patient with a wish, and the words for it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from evals.patients.banks import Bank, Said
from evals.patients.wishes import (
    BOOKING,
    PARTS,
    Person,
    Visit,
    Wish,
    day_words,
    free_days,
    local,
    stand,
)
from tools.runtime.runtime import Runtime
from wiring import demo

_CODES = list(demo.SPECIALTIES)
_CHILD_TOO = ("dentistry", "dermatology", "ent", "ophthalmology", "orthopaedics")
_NEW = ("Anita Desai", "Rohan Malik", "Tanvi Shah", "Vivek Nanda", "Maria Joseph", "Nitin Bose", "Shalini Rao")
_WOMEN = ("Anita", "Tanvi", "Maria", "Shalini")
_PLACES = [str(one["name"]) for one in demo.LOCATIONS]


async def make(runtime: Runtime, goal: str, bank: Bank, everyone: list[Person]) -> tuple[Wish, Said, dict[str, str]]:
    """(the wish, its opening, the words that later answers are filled in with)."""
    rng = bank.rng
    me = rng.choice([one for one in everyone if (one.child is not None) == (goal == "book_child")])
    opening = bank.opening(goal)
    wish = Wish(goal, me)
    if goal == "register":
        name = rng.choice(_NEW)
        given, family = name.split()
        sex = "female" if given in _WOMEN else "male"
        born = date(rng.randrange(1950, 2005), rng.randrange(1, 13), rng.randrange(1, 29))
        phone = f"+9197{rng.randrange(10**7, 10**8)}"
        wish.me = me = Person(me.id, given, family, born, sex, phone)
    words = _of_person(me, bank)
    await _fill(runtime, wish, opening, words, bank)
    return wish, opening, words


def _of_person(me: Person, bank: Bank) -> dict[str, str]:
    born = me.birth_date
    us = bank.manner == "us"
    return {
        "full_name": me.full_name, "sex": me.sex,
        "dob_words": f"{born:%B} {born.day}, {born.year}" if us else f"{born.day} {born:%B} {born.year}".lower(),
        "dob_slash": f"{born:%d/%m/%Y}", "dob_short": f"{born.day}-{born.month}-{born:%y}",
        "dob_us": f"{born:%B} {born.day}, {born.year}",
    }  # fmt: skip


async def _fill(runtime: Runtime, wish: Wish, opening: Said, words: dict[str, str], bank: Bank) -> None:
    rng, goal = bank.rng, wish.goal
    if goal in BOOKING or goal in ("two_wishes", "goodbye_midway"):
        await _booking(runtime, wish, opening, words, bank)
    if goal in ("move", "cancel", "cancel_both", "ask_visits"):
        row = await stand(runtime, wish, rng)
        _existing(words, row, bank)
        if goal == "cancel_both":
            second = await stand(runtime, wish, rng, doctor=_other(row["doctor"], rng))
            wish.gone = [row["id"], second["id"]]
        elif goal == "cancel":
            wish.gone = [row["id"]]
        elif goal == "move":
            wish.moved = row["id"]
            days = await free_days(runtime, "p.name = :doctor", doctor=row["doctor"])
            new = rng.choice([one["day"] for one in days if one["day"] != local(row).date()])
            wish.facts["new_date"] = new
            words["new_day"] = words["day"] = day_words(new, bank.manner, rng)
    if goal == "ask_hospital":
        _question(wish, opening, words, bank)


def _existing(words: dict[str, str], row: dict[str, Any], bank: Bank) -> None:
    words["doctor"] = _spoken(row["doctor"], bank.rng)
    words["old_day"] = day_words(local(row).date(), bank.manner, bank.rng)


def _other(doctor: str, rng: random.Random) -> str:
    return rng.choice([name for name, _ in demo.DOCTORS if f"Dr. {name}" != doctor])


def _spoken(doctor: str, rng: random.Random) -> str:
    """A doctor as patients name one: the whole name, or the family name."""
    name = doctor.removeprefix("Dr. ")
    return rng.choice([name, name, name.split()[-1]])


async def _booking(runtime: Runtime, wish: Wish, opening: Said, words: dict[str, str], bank: Bank) -> None:
    rng, me, goal = bank.rng, wish.me, wish.goal
    codes = [code for code in _CODES if code != "paediatrics" and (me.sex == "female" or code != _CODES[2])]
    code = rng.choice(codes)
    visit = Visit(departments=(code,), patient=None if goal == "register" else me.id)
    if goal == "book_child":
        assert me.child is not None
        kin = "daughter" if me.child.sex == "female" else "son"
        words |= {"child": me.child.given, "kin": bank.kin(kin), "child_complaint": bank.words("child_complaints")}
        visit = Visit(departments=("paediatrics", *_CHILD_TOO), patient=me.child.id)
        code = "paediatrics"
    if goal == "book_doctor":
        name, place = rng.choice(demo.DOCTORS)
        code = _CODES[place]
        while code == "paediatrics" or (code == _CODES[2] and me.sex != "female"):
            name, place = rng.choice(demo.DOCTORS)
            code = _CODES[place]
        visit = Visit(doctor=name, patient=me.id)
        words["doctor"] = _spoken(name, rng)
    days = await free_days(runtime, "s.specialty_code = :code", code=code)
    if visit.doctor:
        days = [one for one in days if one["doctor"] == f"Dr. {visit.doctor}"] or days
    if goal == "book_constraint":
        days = _constrained(visit, opening, words, days, rng)
    chosen = rng.choice(days)
    if "{part}" in opening.text:
        fitting = [(one, part) for one in days for part, hours in PARTS.items()
                   if hours[0] <= one["first"] < hours[1] and one["last"] >= hours[0]]  # fmt: skip
        chosen, part = rng.choice(fitting)
        visit.earliest, visit.before = PARTS[part]
        hinglish = {"morning": "subah", "afternoon": "dopahar", "evening": "shaam"}
        words["part"] = hinglish[part] if bank.manner == "hinglish" else part
    words["day"] = day_words(chosen["day"], bank.manner, rng)
    words["dept_words"], words["complaint"] = bank.words("dept_words", code), bank.words("complaints", code)
    words.setdefault("doctor", _spoken(chosen["doctor"], rng))
    wish.facts["date"] = chosen["day"]
    if "{day}" in opening.text:
        visit.day = chosen["day"]
    if goal != "goodbye_midway":
        wish.visits.append(visit)
    if goal == "two_wishes":
        await _second(runtime, wish, opening, words, bank)


async def _second(runtime: Runtime, wish: Wish, opening: Said, words: dict[str, str], bank: Bank) -> None:
    if opening.about["which"] == "book_cancel":
        row = await stand(runtime, wish, bank.rng)
        wish.gone = [row["id"]]
        _existing(words, row, bank)
        return
    first = wish.visits[0]
    codes = [code for code in _CODES if code not in (*first.departments, "paediatrics", _CODES[2])]
    code = bank.rng.choice(codes)
    words["dept_words2"] = bank.words("dept_words", code)
    wish.visits.append(replace(first, departments=(code,), day=None))


def _constrained(
    visit: Visit, opening: Said, words: dict[str, str], days: list[dict[str, Any]], rng: random.Random
) -> list[dict[str, Any]]:
    kind = opening.about["constraint"]
    if kind in ("after", "not_before"):
        fitting = [one for one in days if one["last"].hour >= one["first"].hour + 2]
        hour = rng.choice(fitting)["first"].hour + 1
        visit.earliest = datetime(2026, 1, 1, hour).time()
        words["time"] = f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"
        return [one for one in fitting if one["last"] > visit.earliest] or fitting
    if kind == "place":
        visit.place = str(rng.choice(days)["location"])
        words["place"] = visit.place
        return [one for one in days if one["location"] == visit.place]
    visit.female = True
    fitting = [one for one in days if Visit(female=True).met_by(
        {"doctor": one["doctor"], "starts_at": datetime.fromisoformat("2026-11-24T10:00:00+05:30")})]  # fmt: skip
    return fitting or days


def _question(wish: Wish, opening: Said, words: dict[str, str], bank: Bank) -> None:
    name, place = bank.rng.choice(demo.DOCTORS)
    words |= {"doctor": _spoken(f"Dr. {name}", bank.rng), "dept_words": bank.words("dept_words", _CODES[place]),
              "weekday": f"{date(2026, 11, 23) + timedelta(days=bank.rng.randrange(6)):%A}"}  # fmt: skip
    colleagues = [one.split()[-1] for one, at in demo.DOCTORS if at == place]
    desk = ["+91", "front desk"]
    answers = {
        "parking": ["parking"], "hours": ["8 am", "9 am"], "address": ["Residency Road", "Ulsoor", "Hebbal"],
        "departments": ["Cardiology", "Dermatology"], "doctor_days": ["monday", "tuesday", "wednesday", "thursday",
        "friday", "saturday"], "doctors_of_department": colleagues, "insurance": ["insurance"], "fees": ["fee"],
        "visiting_hours": ["visiting", *desk], "reports_pickup": ["report", *desk],
    }  # fmt: skip
    wish.facts["answers"] = answers[str(opening.about["topic"])]
