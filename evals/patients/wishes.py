"""What each goal wants of a hospital, and when it is met."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from evals.conversations import _STAFF
from tools.runtime.runtime import Runtime
from wiring import demo

ZONE = ZoneInfo(demo.ZONE)
BOOKING = ("book_doctor", "book_department", "book_complaint", "book_constraint", "book_child", "register")
GOALS = (
    *BOOKING, "move", "cancel", "cancel_both", "ask_visits", "ask_hospital", "complain", "refill", "service",
    "two_wishes", "stop", "goodbye_midway",
)  # fmt: skip
PARTS = {"morning": (time(6), time(12)), "afternoon": (time(12), time(17)), "evening": (time(16), time(21))}
_MEN = {"Rajesh", "Imran", "Daniel", "Vikram", "Arjun", "Michael", "Suresh", "Robert", "Harish", "Sanjay", "Ashok",
        "Mohammed", "Thomas", "Kevin"}  # fmt: skip
_CHILD_TOO = {"dentistry", "dermatology", "ent", "ophthalmology", "orthopaedics"}


@dataclass(slots=True)
class Visit:
    """A visit that is wanted: what is None does not matter."""

    patient: UUID | None = None
    doctor: str | None = None
    departments: tuple[str, ...] = ()
    day: date | None = None
    earliest: time | None = None
    before: time | None = None
    place: str | None = None
    female: bool = False

    def met_by(self, row: dict[str, Any]) -> bool:
        at = row["starts_at"].astimezone(ZONE)
        return (
            (self.patient is None or row["patient_id"] == self.patient)
            and (self.doctor is None or row["doctor"] == f"Dr. {self.doctor}")
            and (not self.departments or row["specialty"] in self.departments)
            and (self.day is None or at.date() == self.day)
            and (self.earliest is None or at.time() >= self.earliest)
            and (self.before is None or at.time() < self.before)
            and (self.place is None or row["location"] == self.place)
            and (not self.female or row["doctor"].removeprefix("Dr. ").split()[0] not in _MEN)
        )


@dataclass(slots=True)
class Person:
    """Who writes. `child`: a linked child of the same number."""

    id: UUID
    given: str
    family: str
    birth_date: date
    sex: str
    phone: str
    child: Person | None = None

    @property
    def full_name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(slots=True)
class Wish:
    """One patient's goal: what stood before, what is to be booked, what is to go, what is to be said."""

    goal: str
    me: Person
    visits: list[Visit] = field(default_factory=list)
    given: list[dict[str, Any]] = field(default_factory=list)  # visits that stand before, as rows
    gone: list[UUID] = field(default_factory=list)  # to be cancelled
    moved: UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)


async def people(runtime: Runtime) -> list[Person]:
    facts = await demo.facts(runtime.database, demo.TENANT_ID)
    found = [
        Person(
            one["id"], one["given"], one["family"], one["birth_date"], "female" if n % 2 == 0 else "male", one["phone"]
        )
        for n, one in enumerate(facts.patients[:200])
    ]
    for number in range(9, 200, 10):
        found[number - 1].child = found[number]
    return [one for number, one in enumerate(found) if number % 10 != 9]


async def free_days(runtime: Runtime, where: str, **values: Any) -> list[dict[str, Any]]:
    """Days with at least three open slots: {day, doctor, specialty, location, first, last}."""
    query = f"""
        SELECT s.local_date AS day, p.name AS doctor, s.specialty_code AS specialty, l.name AS location,
               min(s.local_time) AS first, max(s.local_time) AS last
          FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id JOIN location l ON l.id = s.location_id
         WHERE s.starts_at > '2026-11-23 05:00+00' AND s.local_date > '2026-11-23' AND s.local_date <= '2026-12-08'
           AND NOT s.blocked AND {where}
         GROUP BY 1, 2, 3, 4 HAVING count(*) > 3 ORDER BY 1, 2"""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        return [dict(row) for row in (await session.execute(text(query), values)).mappings()]


async def stand(runtime: Runtime, wish: Wish, rng: random.Random, *, doctor: str | None = None) -> dict[str, Any]:
    """Book a visit that stands before the conversation; its row."""
    doctor = doctor or rng.choice(demo.DOCTORS)[0]
    query = """SELECT s.id FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id
                WHERE p.name = :doctor AND s.local_date BETWEEN '2026-11-24' AND '2026-12-06' AND NOT s.blocked
                ORDER BY s.starts_at"""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        slots = list((await session.execute(text(query), {"doctor": f"Dr. {doctor}"})).scalars())
    args = {"patient_id": str(wish.me.id), "slot_id": str(rng.choice(slots))}
    await runtime.call("scheduling.book_appointment", args, _STAFF)
    row = next(one for one in await visits(runtime) if one["id"] not in [given["id"] for given in wish.given])
    wish.given.append(row)
    return row


async def visits(runtime: Runtime) -> list[dict[str, Any]]:
    query = """SELECT a.id, p.name AS doctor, a.specialty_code AS specialty, a.starts_at, a.state, a.patient_id,
                      l.name AS location
                 FROM appointment a JOIN practitioner p ON p.id = a.practitioner_id
                 JOIN location l ON l.id = a.location_id ORDER BY a.created_at"""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        return [dict(row) for row in (await session.execute(text(query))).mappings()]


async def met(runtime: Runtime, wish: Wish, replies: list[str]) -> tuple[list[str], list[str]]:
    """(what is missing, wrong deeds)."""
    rows = await visits(runtime)
    given = {row["id"]: row for row in wish.given}
    missing, wrong = [], []
    fresh = [row for row in rows if row["id"] not in given and row["state"] in ("booked", "confirmed")]
    for visit in wish.visits:
        fits = next((row for row in fresh if visit.met_by(row)), None)
        if fits is None:
            missing.append(f"no visit {_short(visit)}")
        else:
            fresh.remove(fits)
    wrong += [f"booked {row['doctor']} {row['starts_at'].astimezone(ZONE):%d %b %H:%M}" for row in fresh]
    for row in rows:
        if row["id"] not in given:
            continue
        was = given[row["id"]]
        if row["id"] in wish.gone:
            missing += ["a visit was not cancelled"] if row["state"] != "cancelled" else []
        elif row["id"] == wish.moved:
            day = row["starts_at"].astimezone(ZONE).date()
            if row["starts_at"] == was["starts_at"]:
                missing.append("the visit was not moved")
            elif day != wish.facts["new_date"]:
                wrong.append(f"moved to {day}")
        elif (row["state"], row["starts_at"]) != (was["state"], was["starts_at"]) and row["state"] != "confirmed":
            wrong.append(f"the visit with {row['doctor']} is {row['state']}")
    return missing + await _said_and_kept(runtime, wish, replies), wrong


async def _said_and_kept(runtime: Runtime, wish: Wish, replies: list[str]) -> list[str]:
    said = "\n".join(replies)
    if wish.goal == "ask_visits":
        row = wish.given[0]
        name, day = row["doctor"].split()[-1], f"{row['starts_at'].astimezone(ZONE).day} "
        return [] if name in said and day in said else ["the visit was not told"]
    if wish.goal == "ask_hospital":
        wanted = wish.facts["answers"]
        return [] if any(one.lower() in said.lower() for one in wanted) else [f"no answer says {wanted[:2]}"]
    async with runtime.database.begin(demo.TENANT_ID) as session:
        if wish.goal in ("complain", "refill", "service"):
            query = "SELECT count(*) FROM ticket WHERE category NOT IN ('hand_over', 'conversation')"
            made = (await session.execute(text(query))).scalar_one()
            return [] if made else ["no request was opened"]
        if wish.goal == "stop":
            query = (
                "SELECT count(*) FROM consent WHERE patient_id = :id AND purpose = 'messages' AND withdrawn_at IS NULL"
            )
            left = (await session.execute(text(query), {"id": wish.me.id})).scalar_one()
            return ["messages go on"] if left else []
    return []


def _short(visit: Visit) -> str:
    shown = [visit.doctor, *visit.departments, visit.day, visit.earliest, visit.before, visit.place]
    return " ".join(str(one) for one in shown if one is not None) + (" female" if visit.female else "")


def day_words(day: date, manner: str, rng: random.Random) -> str:
    """A day as people of that manner say it; today is Monday the 23rd."""
    ahead = (day - date(2026, 11, 23)).days
    if manner == "hinglish":
        names = ["somvar", "mangalvar", "budhvar", "guruvar", "shukravar", "shanivar", "ravivar"]
        words = {1: ["kal"], 2: ["parso"]}.get(ahead, [])
        words += [f"{names[day.weekday()]} ko"] if 0 < ahead < 7 else []
        return rng.choice([*words, f"{day.day} {day:%B} ko".lower()])
    words = {1: ["tomorrow"], 2: ["day after tomorrow"]}.get(ahead, [])
    words += [f"on {day:%A}", f"this {day:%A}"] if 0 < ahead < 7 else [f"next {day:%A}"] if 7 <= ahead < 14 else []
    if manner == "us":
        return rng.choice([*words, f"on {day:%B} {day.day}"])
    low = rng.random() < 0.5
    words = [word.lower() if low else word for word in words]
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    return rng.choice([*words, f"on {day.day} {day:%B}", f"on the {day.day}{suffix}" if ahead < 20 else f"{day:%d %b}"])


def later(day: date, days: int = 3) -> date:
    found = day + timedelta(days=days)
    return found + timedelta(days=1) if found.weekday() == 6 else found


def local(row: dict[str, Any]) -> datetime:
    at: datetime = row["starts_at"].astimezone(ZONE)
    return at
