"""First messages and all that they say: two wishes in one message (`data/openings/two_*.yaml`), and one visit with its
department, doctor, day, time, place and for whom (`visits_*.yaml`); written by people who had seen no rule.

`python -m evals.wishes_in_full two|visits [open|frozen] [--misses]`. Of the frozen halves no text is shown."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from statistics import mean
from types import SimpleNamespace
from typing import Any, cast

import typer
import yaml

from agents import flows
from agents.commands import Command, Correct, Fill, Start
from agents.scheduling import departments
from agents.scheduling.flow import department_of
from agents.turn.dialogue import Dialogue, HospitalDirectory
from agents.turn.running import read_hospital
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.specialty_words import sex_of
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Utterance
from evals.harness import NOW, hospital, running_runtime
from evals.openings import FLOW_OF, SETS, wants
from wiring import demo

Row = dict[str, Any]
_ADULT, _CHILD = 40, 7  # years


def whole_reading(text: str, place: HospitalDirectory, meaning: Meaning) -> list[Command]:
    """The commands of a first message, as the flows take them apart."""
    commands = tuple(read(Utterance(text=text, now=NOW, directory=place.names), meaning))
    if not any(isinstance(one, Start) for one in commands):
        begun = flows.begun_by(one.slot for one in commands if isinstance(one, Fill))
        commands = (Start(flow=begun), *commands) if begun else commands
    dialogue = SimpleNamespace(hospital=place, text=text, state=SimpleNamespace(spoken_of=None))
    for declared in flows.all_flows():
        commands = declared.does.split(cast(Dialogue, dialogue), commands)
    return list(commands)


def by_flow(commands: list[Command]) -> list[tuple[str, dict[str, str]]]:
    """The flows begun, each with its values."""
    found: list[tuple[str, dict[str, str]]] = []
    for one in commands:
        if isinstance(one, Start):
            found.append((one.flow, {}))
        elif isinstance(one, Fill | Correct) and found:
            found[-1][1][one.slot] = one.value
    return found


def department(values: dict[str, str], row: Row, place: HospitalDirectory, meaning: Meaning) -> str | None:
    for slot in ("practitioner", "specialty"):
        code = department_of(place, slot, values[slot]) if slot in values else None
        if code:
            return code
    words = values.get("complaint") or values.get("specialty")
    if not words:
        return None
    years = _CHILD if row.get("for") == "child" else _ADULT
    codes = frozenset(demo.SPECIALTIES)
    found = departments.place(words, years=years, sex="female", codes=codes, meaning=meaning)
    return found.code if found else None


def two_right(row: Row, commands: list[Command], place: HospitalDirectory, meaning: Meaning) -> dict[str, bool]:
    """Whether both wishes were read, nothing besides that changes a visit, and each booking where it belongs."""
    wanted = Counter(FLOW_OF.get(one, "ask") for one in row["wants"])
    begun = by_flow(commands)
    got = Counter(flow for flow, _ in begun)
    got["ask"] = int("ask" in wants(commands))
    besides = {flow for flow in ("book", "reschedule", "cancel") if got[flow] > wanted[flow]}
    bookings = row.get("book", [])
    codes = [department(values, row, place, meaning) for flow, values in begun if flow == "book"]
    expected = [one["department"] for one in (bookings if isinstance(bookings, list) else [bookings])]
    return {
        "wishes": all(got[one] >= count for one, count in wanted.items()) and not besides,
        "departments": sorted(map(str, codes)) == sorted(expected),
    }


def visit_right(row: Row, commands: list[Command], place: HospitalDirectory, meaning: Meaning) -> dict[str, bool]:
    """Which of the things that a message says were read right, and nothing that it does not say."""
    begun = [one for one in by_flow(commands) if one[0] != "request"]
    values = begun[0][1] if begun else {}
    found = {"wish": [one for one, _ in begun] == [FLOW_OF[row["wants"].removesuffix("_both")]]}
    if row["wants"] == "book":
        accepted = row["department"] if isinstance(row["department"], list) else [row["department"]]
        code = department(values, row, place, meaning)
        found["department"] = code in accepted or (row["for"] == "child" and code in (None, "general-medicine"))
    if row["wants"] in ("book", "move"):
        found["day"] = _same(row.get("day"), values.get("day"))
        found["time"] = _same(row.get("time"), values.get("time"))
    if row["wants"] == "book":
        found["place"] = bool(row.get("place")) == ("location" in values)
        found["sex"] = row.get("sex") == sex_of(plain(values.get("practitioner_sex", "")).text)
    if row["for"] != "self":
        found["for whom"] = "for_whom" in values
    else:
        found["for whom"] = plain(values.get("for_whom", "me")).text.split()[0] in ("me", "myself", "self", "i", "mere")
    return found


def _same(wanted: str | None, got: str | None) -> bool:
    if not wanted or not got:
        return not wanted and (not got or "soon" in got or "urgent" in got)
    one, other = plain(wanted).text.strip(), plain(got).text.strip()
    return one in other or other in one


async def scored(kind: str, half: str) -> list[tuple[Row, list[Command], dict[str, bool]]]:
    rows = yaml.safe_load((SETS / f"{kind}_{half}.yaml").read_text(encoding="utf-8"))
    judge = two_right if kind == "two" else visit_right
    async with hospital() as house, running_runtime(house) as runtime:
        place = await read_hospital(runtime.database, demo.TENANT_ID)
        meaning = runtime.services.get(Meaning)
        readings = [(row, whole_reading(row["text"], place, meaning)) for row in rows]
        return [(row, commands, judge(row, commands, place, meaning)) for row, commands in readings]


def main(kind: str, half: str = typer.Argument("open"), misses: bool = False) -> None:
    """Score a half; of the frozen one no text is shown."""
    score: dict[str, list[bool]] = defaultdict(list)
    for row, commands, found in asyncio.run(scored(kind, half)):
        wanted = row["wants"] if isinstance(row["wants"], str) else "+".join(row["wants"])
        for name in ("all", row["manner"], f"wants {wanted}"):
            score[name].append(all(found.values()))
        for name, good in found.items():
            score[f"the {name}"].append(good)
        if misses and half == "open" and not all(found.values()):
            wrong = [name for name, good in found.items() if not good]
            print(f"{wanted} {wrong} {by_flow(commands)}: {row['text']}")
    for name, ones in score.items():
        print(f"{kind}, {half}, {name}: {mean(ones):.3f} of {len(ones)}")


if __name__ == "__main__":
    typer.run(main)
