"""Dictation commands: what a doctor says to the note rather than into it.

"new paragraph", "new line", "scratch that", "full stop", "comma", "open bracket", and headings ("assessment colon", "go
to plan"). A dictated note keeps the doctor's own words: nothing is chosen, left out or reworded; figures are written in
digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scribe.headings import HEADING_NAMES
from scribe.language.figures import write_figures
from scribe.note import Division, Maker, Section, Sentence, Written
from scribe.visit import Segment, Visit

_NAMES = "|".join(re.escape(name) for name in sorted(HEADING_NAMES, key=len, reverse=True))
_COMMAND = re.compile(
    rf"""\b(?:
      (?:(?:go\ to|move\ to|next\ section|section|heading|new\ heading)\s+(?P<named>{_NAMES})\b(?:\s*(?:colon\b|:))?)
    | (?P<heading>{_NAMES})\s*(?:colon\b|:)
    | (?P<undo>(?:scratch|strike|delete|undo|cancel)\s+(?:that|last\s+sentence|the\s+last\s+sentence))
    | (?P<paragraph>new\s+paragraph|next\s+paragraph)
    | (?P<line>new\s+line|next\s+line)
    | (?P<stop>full\s+stop
        |(?<!menstrual\ )(?<!latency\ )(?<!incubation\ )period(?=\s*(?:[.,]|$|new\b|next\b|scratch\b|[A-Z])))
    | (?P<question>question\s+mark)
    | (?P<comma>comma)
    | (?P<semicolon>semicolon|semi\s+colon)
    | (?P<open>open\s+(?:bracket|paren(?:thesis)?|parentheses))
    | (?P<close>close\s+(?:bracket|paren(?:thesis)?|parentheses))
    | (?P<dash>hyphen)
    )\s*[.,]?""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKS = {"comma": ",", "semicolon": ";", "open": "(", "close": ")", "dash": "-"}
_END = re.compile(r"(?<=[.!?])(?<!\bdr\.)(?<!\bmr\.)(?<!\bMr\.)(?<!\bDr\.)\s+(?=[A-Z(\d])")
DICTATION = Maker(kind="built-in", name="dictation")


@dataclass(slots=True)
class _Page:
    """The sentences so far; the last one grows until something ends it."""

    division: Division = Division.PRESENT_ILLNESS
    done: list[tuple[Division, str, tuple[str, ...]]] = field(default_factory=list)
    words: str = ""
    segments: list[str] = field(default_factory=list)

    def add(self, text: str, segment: str) -> None:
        for place, piece in enumerate(_END.split(text)):
            if place:
                self.end()
            if piece.strip():
                self.words = f"{self.words} {piece.strip()}".strip()
                if segment not in self.segments:
                    self.segments.append(segment)

    def end(self, mark: str = "") -> None:
        words = re.sub(r"\s+([,;:.?!)])", r"\1", re.sub(r"([(])\s+", r"\1", self.words)).strip(" ,;")
        if re.search(r"\w", words):
            words = write_figures(words)
            ended = words if words[-1] in ".?!" else words + (mark or ".")
            self.done.append((self.division, ended[0].upper() + ended[1:], tuple(self.segments)))
        self.words, self.segments = "", []

    def undo(self) -> None:
        """Take back the sentence that is being said; where nothing has been said since, the last one."""
        if self.words:
            self.words, self.segments = "", []
        elif self.done:
            self.division = self.done.pop()[0]


def has_commands(visit: Visit) -> bool:
    """Whether one person speaks, and speaks to the note: a heading, or two commands."""
    if len({segment.role for segment in visit.segments}) != 1:
        return False
    found = [match for segment in visit.segments for match in _COMMAND.finditer(segment.text)]
    return len(found) > 1 or any(match["named"] or match["heading"] for match in found)


def write_dictation(visit: Visit) -> Written:
    """The note as it was dictated. What comes before the first heading is the history of the present illness."""
    page = _Page()
    for segment in _joined(visit.segments):
        for text, command in _pieces(segment.text):
            page.add(text, segment.id)
            if command is not None:
                _obey(page, command)
    page.end()
    sections = []
    for division in Division:
        sentences = tuple(Sentence(text=text, segments=ids) for where, text, ids in page.done if where is division)
        if sentences:
            sections.append(Section(division=division, sentences=sentences))
    return Written(sections=tuple(sections), maker=DICTATION)


def _joined(segments: tuple[Segment, ...]) -> Iterator[Segment]:
    """Segments as they are; where a command was cut in two by a pause ("scratch" | "that"), its words are put
    together."""
    waiting = list(segments)
    for place, segment in enumerate(waiting[:-1]):
        tail, after = segment.text.rsplit(" ", 1)[-1].strip(".,"), waiting[place + 1]
        head = after.text.split(" ", 1)
        if head and _COMMAND.fullmatch(f"{tail} {head[0].strip('.,')}"):
            waiting[place] = replace(segment, text=f"{segment.text.rstrip('., ')} {head[0]}")
            waiting[place + 1] = replace(after, text=head[1] if len(head) > 1 else "")
    yield from waiting


def _pieces(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Stretches of plain words, each with the command that follows it."""
    place = 0
    for match in _COMMAND.finditer(text):
        yield text[place : match.start()], match
        place = match.end()
    yield text[place:], None


def _obey(page: _Page, command: re.Match[str]) -> None:
    kind = command.lastgroup or ""
    if kind in ("named", "heading"):
        page.end()
        page.division = HEADING_NAMES[re.sub(r"\s+", " ", command[kind].lower())]
    elif kind == "undo":
        page.undo()
    elif kind in ("paragraph", "line", "stop"):
        page.end()
    elif kind == "question":
        page.end("?")
    elif page.words or kind == "open":
        page.words += f" {_MARKS[kind]}"
