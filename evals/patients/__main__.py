"""`python -m evals.patients [open|frozen|second] [--goal G] [--manner M] [--seeds 4] [--worst 10]`."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from statistics import mean, median

import typer

from evals.harness import hospital, running_runtime
from evals.patients.banks import MANNERS
from evals.patients.play import Talk, play
from evals.patients.wishes import GOALS, people


async def talks(half: str, goals: Iterable[str], manners: Iterable[str], seeds: int) -> list[Talk]:
    found = []
    async with hospital() as place, running_runtime(place) as runtime:
        everyone = await people(runtime)
        for goal in goals:
            for manner in manners:
                for seed in range(seeds):
                    found.append(await play(runtime, goal, manner, half=half, seed=seed, everyone=everyone))
    return found


def report(half: str, found: list[Talk], *, worst: int) -> None:
    cells: dict[tuple[str, str], list[Talk]] = defaultdict(list)
    for talk in found:
        cells[(talk.goal, talk.manner)].append(talk)
    right, wrong = [talk for talk in found if talk.passed], [talk for talk in found if talk.wrong]
    turns = median([len(talk.lines) for talk in right] or [0])
    print(f"patients, {half}: pass^1 {len(right) / len(found):.3f}, pass^4 {_all(cells.values()):.3f} of {len(found)}"
          f" conversations; wrong deeds {len(wrong) / len(found):.4f}; {turns} turns to success")  # fmt: skip
    for title, place in (("goal", 0), ("manner", 1)):
        names = sorted({cell[place] for cell in cells})
        for name in names:
            mine = {cell: ones for cell, ones in cells.items() if cell[place] == name}
            passed = mean(talk.passed for ones in mine.values() for talk in ones)
            print(f"  {title} {name:16} pass^1 {passed:.2f} pass^4 {_all(mine.values()):.2f}")
    for talk in sorted((one for one in found if not one.passed), key=lambda one: (-len(one.wrong), -len(one.missing)))[
        :worst
    ]:
        print(f"== {talk.goal}, {talk.manner}, seed {talk.seed}: {'; '.join([*talk.wrong, *talk.missing])}")
        for said, reply in talk.lines:
            print(f"   > {said}\n     {(reply or '(nothing)').replace(chr(10), chr(10) + '     ')}")


def _all(cells: Iterable[list[Talk]]) -> float:
    return mean(all(talk.passed for talk in ones) for ones in cells)


def main(half: str = typer.Argument("open"), goal: str = "", manner: str = "", seeds: int = 4, worst: int = 10) -> None:
    goals = [one for one in GOALS if goal in ("", one)]
    manners = [one for one in MANNERS if manner in ("", one)]
    report(half, asyncio.run(talks(half, goals, manners, seeds)), worst=worst)


if __name__ == "__main__":
    typer.run(main)
