"""Transcripts for people and players: JSON, WebVTT, SubRip and plain text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from unicodedata import category

from db.json import JsonObject

_SHORTEST_MS = 10  # a cue must end after it begins


@dataclass(frozen=True, slots=True)
class Line:
    """One person's words without a long pause; times in seconds; `words` as (text, start_s, end_s, probability)."""

    start_s: float
    end_s: float
    speaker: str | None
    role: str
    text: str
    words: Sequence[tuple[str, float, float, float]] = ()
    confidence: float = 1.0
    language: str = ""
    flags: Iterable[str] = field(default_factory=tuple)

    @property
    def name(self) -> str | None:
        """Whom a reader sees: the role where it is known, with the speaker's label."""
        role = self.role.capitalize() if self.role not in ("", "unknown") else None
        if role and self.speaker and self.speaker.lower() != role.lower():
            return f"{role} ({self.speaker})"
        return role or self.speaker


def to_json(lines: Iterable[Line]) -> JsonObject:
    """As a dictionary of plain values."""
    return {
        "segments": [
            {
                "start_s": round(line.start_s, 3),
                "end_s": round(line.end_s, 3),
                "speaker": line.speaker,
                "role": line.role,
                "text": line.text,
                "confidence": round(line.confidence, 3),
                "language": line.language,
                "flags": sorted(line.flags),
                "words": [
                    {
                        "text": text,
                        "start_s": round(start_s, 3),
                        "end_s": round(end_s, 3),
                        "probability": round(chance, 3),
                    }
                    for text, start_s, end_s, chance in line.words
                ],
            }
            for line in _in_order(lines)
        ]
    }


def to_vtt(lines: Iterable[Line], *, note: str | None = None) -> str:
    """WebVTT (W3C): a cue for each line, the speaker as its voice. Cues may overlap where people do."""
    blocks = ["WEBVTT"]
    if note:
        blocks.append("NOTE\n" + _one_line(note).replace("-->", "->"))
    for line in _in_order(lines):
        start, end = _times_ms(line)
        text = html.escape(_one_line(line.text), quote=False)
        if line.name:
            text = f"<v {html.escape(_one_line(line.name), quote=False)}>{text}"
        blocks.append(f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def to_srt(lines: Iterable[Line], *, note: str | None = None) -> str:
    """SubRip. It has no place for notes: one becomes the first caption, before the first words where there is room."""
    cues = [(*_times_ms(line), _spoken(line)) for line in _in_order(lines)]
    if note:
        first = cues[0][0] if cues else 3000
        cues.insert(0, (0, max(_SHORTEST_MS, min(3000, first)), _one_line(note)))
    blocks = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text.replace('-->', '->')}"
        for number, (start, end, text) in enumerate(cues, start=1)
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def to_txt(lines: Iterable[Line], *, note: str | None = None) -> str:
    """Plain text: who, when, what; a line each."""
    written = [f"[{_one_line(note)}]"] if note else []
    for line in _in_order(lines):
        written.append(f"[{_clock(_times_ms(line)[0], '.')[:-4]}] {_spoken(line)}")
    return "\n".join(written) + "\n" if written else ""


def _spoken(line: Line) -> str:
    text = _one_line(line.text)
    return f"{_one_line(line.name)}: {text}" if line.name else text


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.start_s, line.end_s))


def _one_line(text: str) -> str:
    """Without line breaks, which end a cue, and without control characters."""
    return " ".join("".join(" " if category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text).split())


def _times_ms(line: Line) -> tuple[int, int]:
    start = max(0, round(line.start_s * 1000))
    return start, max(start + _SHORTEST_MS, round(line.end_s * 1000))


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"
