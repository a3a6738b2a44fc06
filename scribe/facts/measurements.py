"""Vital signs and other figures, with UCUM units. A figure without a unit that can be told is given without a code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

from db.json import JsonObject
from scribe.facts.sources import of_divisions
from scribe.language.quantities import Found
from scribe.language.reading import Read
from scribe.note import Division, Measurement, Quantity, Section

_REACH_CHARS = 45
_DIVISIONS = (Division.VITALS, Division.EXAM, Division.RESULTS, Division.PRESENT_ILLNESS, Division.ASSESSMENT)
_RANGES: dict[tuple[str, str], tuple[int, int]] = {
    ("temperature", "Cel"): (25, 45), ("temperature", "[degF]"): (77, 113), ("heart rate", "/min"): (15, 350),
    ("respiratory rate", "/min"): (3, 120), ("oxygen saturation", "%"): (30, 100), ("hemoglobin a1c", "%"): (3, 25),
    ("ejection fraction", "%"): (5, 90),
}  # fmt: skip
"""What a living person's figure lies between, wider than any reference range: a figure outside is something else."""


@cache
def _measures() -> dict[str, JsonObject]:
    read: dict[str, JsonObject] = yaml.safe_load(Path(__file__).with_name("measures.yaml").read_text())
    return read


def find_measurements(sections: Iterable[Section]) -> tuple[Measurement, ...]:
    """Every measurement that the note's supported sentences state, in their order, each once."""
    found: dict[tuple[object, ...], Measurement] = {}
    for _, sentence, one in of_divisions(sections, *_DIVISIONS):
        for name, figure, code in [*_pressures(one), *_oxygen(one), *_named(one)]:
            quantity = Quantity(value=figure.value, unit=figure.unit or code, code=code)
            made = Measurement(
                name=name, quantity=quantity, loinc=_measures()[name]["loinc"], segments=sentence.segments
            )
            found.setdefault((name, quantity.value, code), made)
    return tuple(found.values())


def _pressures(one: Read) -> Iterator[tuple[str, Found, str | None]]:
    pressures = [figure for figure in one.quantities if figure.code == "mm[Hg]"]
    for upper, lower in zip(pressures[::2], pressures[1::2], strict=False):
        if upper.value > lower.value:
            yield "systolic blood pressure", upper, "mm[Hg]"
            yield "diastolic blood pressure", lower, "mm[Hg]"


def _oxygen(one: Read) -> Iterator[tuple[str, Found, str | None]]:
    """ "Oxygen 97 percent", "sat 94": the saturation, where the figure stands right behind."""
    for figure in one.quantities:
        if figure.code in ("%", None) and one.text[: figure.start].lower().endswith(("oxygen ", "sat ", "o2 ")):
            yield from _believed("oxygen saturation", figure)


def _named(one: Read) -> Iterator[tuple[str, Found, str | None]]:
    names = [mention for mention in one.concepts if mention.concept in _measures()]
    for index, name in enumerate(names):
        until = names[index + 1].start if index + 1 < len(names) else len(one.text)
        for figure in one.quantities:
            if name.end <= figure.start < min(until, name.end + _REACH_CHARS) and not figure.ordinal:
                yield from _believed(name.concept, figure)
                break


def _believed(name: str, figure: Found) -> Iterator[tuple[str, Found, str | None]]:
    measure = _measures()[name]
    code = figure.code or measure.get("implied")
    if code is not None and code not in measure["units"]:
        return
    low, high = _RANGES.get((name, code or ""), (0, 100_000))
    if low <= figure.value <= high:
        yield name, figure, code
