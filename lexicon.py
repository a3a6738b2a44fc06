"""Words and patterns that stand in a YAML file beside the code that reads them.

A pattern may name a part of the same file, `%part%`, which is put in its place; a part may name parts before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import yaml

Shape = TypeVar("Shape")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times quicker, where PyYAML was built with libyaml
_PART = re.compile(r"%(\w+)%")


class Lexicon:
    """A file's words, or those under one of its names. Raises KeyError for a name or part that is not there, TypeError
    for one of another shape."""

    def __init__(self, path: Path) -> None:
        book = yaml.load(path.read_text("utf-8"), Loader=_Loader)
        parts: dict[str, str] = {}
        for name, pattern in (book.pop("parts", None) or {}).items():
            parts[name] = _expanded(_whole(pattern, name), parts)
        self._parts: Mapping[str, str] = parts
        self._book: Mapping[str, object] = _named(book)

    def at(self, *names: str) -> Lexicon:
        """The words under a name, or under a name of those."""
        inner = Lexicon.__new__(Lexicon)
        inner._parts, inner._book = self._parts, self._book
        for name in names:
            inner._book = inner.tree(name)
        return inner

    def text(self, name: str, otherwise: str | None = None, **filled: str) -> str:
        """One pattern or sentence; a list is one in pieces. `filled`: parts that the code has worked out."""
        if otherwise is not None and name not in self._book:
            return otherwise
        return _expanded(_whole(self._book[name], name), {**self._parts, **filled})

    def texts(self, name: str) -> list[str]:
        """A list of patterns or sentences."""
        return [_expanded(_of(str, one, name), self._parts) for one in _of(list, self._book[name], name)]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """A list of two patterns each."""
        pairs = [_of(list, pair, name) for pair in _of(list, self._book[name], name)]
        return [
            (_expanded(_of(str, one, name), self._parts), _expanded(_of(str, other, name), self._parts))
            for one, other in pairs
        ]

    def values(self) -> Mapping[str, object]:
        """What stands here, as it was written."""
        return self._book

    def words(self, name: str, otherwise: str | None = None) -> frozenset[str]:
        """The single words of one text."""
        return frozenset(self.text(name, otherwise).split())

    def number(self, name: str, otherwise: int) -> int:
        return _of(int, self._book.get(name, otherwise), name)

    def tree(self, name: str) -> Mapping[str, object]:
        """Names with anything, in the file's order."""
        return _named(_of(dict, self._book[name], name))

    def table(self, name: str) -> dict[str, str]:
        """Names with a pattern or sentence each, in the file's order."""
        inner = self.at(name)
        return {one: inner.text(one) for one in inner}

    def pattern(self, name: str, flags: int = 0, /, **filled: str) -> re.Pattern[str]:
        """One pattern, compiled."""
        return re.compile(self.text(name, **filled), flags)

    def part(self, name: str) -> str:
        """A part by itself."""
        return self._parts[name]

    def __contains__(self, name: str) -> bool:
        return name in self._book

    def __iter__(self) -> Iterator[str]:
        return iter(self._book)


def beside(module_file: str) -> Lexicon:
    """The lexicon of a module: the YAML file of its name beside it (`beside(__file__)`)."""
    return Lexicon(Path(module_file).with_suffix(".yaml"))


def _expanded(pattern: str, parts: Mapping[str, str]) -> str:
    return _PART.sub(lambda match: parts[match[1]], pattern)


def _whole(value: object, name: str) -> str:
    return "".join(_of(str, piece, name) for piece in (value if isinstance(value, list) else [value]))


def _named(book: Mapping[object, object]) -> Mapping[str, object]:
    """The file's names; YAML takes a bare `yes`, `no`, `on` or `off` for a truth value."""
    return {_of(str, name, repr(name)): value for name, value in book.items()}


def _of(shape: type[Shape], value: object, name: str) -> Shape:
    if not isinstance(value, shape):
        raise TypeError(f"{name} is no {shape.__name__}")
    return value
