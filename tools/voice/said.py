"""What was said: segments, sealed, in and out of the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from db.json import JsonObject
from governance.record import canonical
from governance.vault import Keyring
from tools.runtime.unit_of_work import UnitOfWork
from tools.voice.recordings import text_owner
from tools.voice.tables import VoiceSegment, VoiceSession
from voice.recognition.engine import Segment, Word

ERASED = "[erased]"


@dataclass(frozen=True, slots=True)
class Said:
    """A segment and who said it. `raw` is what was recognised, where a person corrected the text."""

    segment: Segment
    speaker: str | None = None
    speaker_confidence: float | None = None
    role: str = "unknown"
    role_confidence: float | None = None
    raw: str | None = None
    fixed: bool = False
    engine: str = ""
    id: UUID | None = None
    number: int = 0


async def add_segments(work: UnitOfWork, row: VoiceSession, lines: Sequence[Said]) -> list[UUID]:
    """Put segments after those that are there; their ids."""
    if not lines:
        return []
    query = select(func.coalesce(func.max(VoiceSegment.number), 0)).where(VoiceSegment.session_id == row.id)
    first = int(await work.session.scalar(query) or 0) + 1
    [key] = await work.keys.of(text_owner(row.id))
    values: list[JsonObject] = []
    for number, said in enumerate(lines, start=first):
        segment_id, segment = new_id(), said.segment
        content = _packed(segment.text, segment.words, said.raw)
        values.append(
            {
                "id": segment_id, "tenant_id": work.tenant_id, "session_id": row.id, "patient_id": row.patient_id,
                "number": number, "channel": segment.channel, "start_s": segment.start_s, "end_s": segment.end_s,
                "speaker": said.speaker, "speaker_confidence": said.speaker_confidence, "role": said.role,
                "role_confidence": said.role_confidence, "fixed": said.fixed, "confidence": segment.confidence,
                "language": segment.language, "engine": said.engine, "flags": sorted(segment.flags),
                "content": key.seal(content, segment_aad(segment_id)),
            }
        )  # fmt: skip
    await work.session.execute(insert(VoiceSegment), values)
    return [value["id"] for value in values]


async def read_segments(work: UnitOfWork, session_id: UUID) -> list[Said]:
    """All segments of a session in the order of their times. What was erased reads "[erased]"."""
    query = (
        select(VoiceSegment)
        .where(VoiceSegment.session_id == session_id)
        .order_by(VoiceSegment.start_s, VoiceSegment.number)
    )
    return await opened(work.keys, list(await work.session.scalars(query)))


async def opened(keys: Keyring, rows: Sequence[VoiceSegment]) -> list[Said]:
    contents = await keys.open_many([(row.content, segment_aad(row.id)) for row in rows])
    return [_said(row, content) for row, content in zip(rows, contents, strict=True)]


def _said(row: VoiceSegment, content: str | None) -> Said:
    loaded: JsonObject = json.loads(content) if content is not None else {"text": ERASED, "words": []}
    segment = Segment(
        channel=row.channel,
        start_s=row.start_s,
        end_s=row.end_s,
        text=loaded["text"],
        words=tuple(Word(*word) for word in loaded["words"]),
        confidence=row.confidence,
        language=row.language,
        flags=frozenset(row.flags),
    )
    return Said(
        segment, row.speaker, row.speaker_confidence, row.role, row.role_confidence, loaded.get("raw"), row.fixed,
        row.engine, row.id, row.number,
    )  # fmt: skip


async def rewrite(work: UnitOfWork, row: VoiceSession, *, said: Said, text: str) -> bytes:
    """The sealed content of a segment with another text; what was recognised is kept beside it."""
    assert said.id is not None
    content = _packed(text, said.segment.words, said.raw or said.segment.text)
    return await work.keys.seal(text_owner(row.id), content, segment_aad(said.id))


async def names_of(keys: Keyring, row: VoiceSession) -> dict[str, str]:
    """What people call the speakers, by label."""
    names: dict[str, str] = json.loads(await keys.open_one(row.names, names_aad(row.id)) or "{}")
    return names


async def keep_names(work: UnitOfWork, row: VoiceSession, names: dict[str, str]) -> None:
    row.names = await work.keys.seal(text_owner(row.id), canonical(names), names_aad(row.id)) if names else None


def names_aad(session_id: UUID) -> str:
    return f"names:{session_id}"


def _packed(text: str, words: Iterable[Word], raw: str | None) -> str:
    timed = [[word.text, round(word.start_s, 3), round(word.end_s, 3), round(word.probability, 3)] for word in words]
    content: JsonObject = {"text": text, "words": timed}
    if raw is not None:
        content["raw"] = raw
    return canonical(content)


def segment_aad(segment_id: UUID) -> str:
    return f"segment:{segment_id}"
