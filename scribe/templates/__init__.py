"""Templates by specialty: which divisions a note has, in what order, under what headings, and which a doctor
expects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from scribe.builtin.rendering import HEADINGS
from scribe.note import Division, Section


@dataclass(frozen=True, slots=True)
class Template:
    """`divisions` with their headings, in order; `expected`: those that a note of this specialty should not lack."""

    name: str
    title: str
    divisions: dict[Division, str]
    expected: frozenset[Division]

    def arrange(self, sections: tuple[Section, ...]) -> tuple[Section, ...]:
        """The sections in the template's order; what it does not name comes last, so that nothing is lost."""
        order = {division: place for place, division in enumerate(dict.fromkeys([*self.divisions, *Division]))}
        return tuple(sorted(sections, key=lambda section: order[section.division]))

    def lacking(self, sections: tuple[Section, ...]) -> tuple[Division, ...]:
        """Expected divisions of which nothing was said."""
        there = {section.division for section in sections}
        return tuple(division for division in self.divisions if division in self.expected - there)


@cache
def templates() -> dict[str, Template]:
    """Every template of this folder, by name. Raises ValueError for a file that names a division that there is not."""
    return {path.stem: _read(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))}


def _read(path: Path) -> Template:
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    divisions = {}
    for one in given["divisions"]:
        name, heading = next(iter(one.items())) if isinstance(one, dict) else (one, HEADINGS[Division(one)])
        divisions[Division(name)] = str(heading)
    return Template(path.stem, given["title"], divisions, frozenset(Division(name) for name in given["expected"]))
