"""A session's audio: sealed parts in the blob store, under a key of their own, so that the audio can be destroyed and
the transcript kept."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, cast
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from db.blobs import Blobs
from governance.key_lifecycle import destroy
from governance.vault import DataKey, Keyring, Owner
from tools.runtime.jobs import Job
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork
from tools.voice.tables import VoicePart, VoiceSession

Leg = Literal["upload", "dictation", "caller", "answer", "voices"]
PART_BYTES = 1 << 20

_BLOBS_A_JOB = 500


@dataclass(frozen=True, slots=True)
class Part:
    """A sealed piece that lies in the blob store: `size` bytes of the decrypted stream from `start` on."""

    start: int
    size: int
    blob: str
    key_id: UUID


def audio_owner(session_id: UUID) -> Owner:
    """Whose key seals a session's audio."""
    return Owner(uuid5(NAMESPACE_OID, f"audio of {session_id}"), "voice")


def text_owner(session_id: UUID) -> Owner:
    """Whose key seals a session's texts and speaker vectors."""
    return Owner(session_id, "voice")


def folder_of(tenant_id: UUID, session_id: UUID) -> str:
    return f"voice/{tenant_id}/{session_id}"


async def audio_key(runtime: Runtime, tenant_id: UUID, session_id: UUID) -> DataKey:
    """The key of a session's audio, made where there is none."""
    async with runtime.database.begin(tenant_id) as session:
        [key] = await Keyring(runtime.vault, session, tenant_id).of(audio_owner(session_id))
    return key


async def seal_part(blobs: Blobs, key: DataKey, *, session_id: UUID, leg: Leg, start: int, plain: bytes) -> Part:
    """Put a piece of audio into the blob store, sealed. It counts once a row of `voice_part` names it (`add_parts`)."""
    blob = f"{folder_of(key.tenant_id, session_id)}/{leg}/{start:014d}-{new_id()}"
    await blobs.put(blob, key.seal_bytes(plain, blob))
    return Part(start, len(plain), blob, key.id)


async def seal_stream(
    blobs: Blobs, key: DataKey, *, session_id: UUID, leg: Leg, start: int, stream: AsyncIterable[bytes]
) -> list[Part]:
    """Seal a stream in pieces as it comes; what was put is taken away again where it breaks off."""
    parts: list[Part] = []
    waiting = bytearray()
    try:
        async for chunk in stream:
            waiting += chunk
            while len(waiting) >= PART_BYTES:
                parts.append(
                    await seal_part(
                        blobs, key, session_id=session_id, leg=leg, start=start, plain=bytes(waiting[:PART_BYTES])
                    )
                )
                start += PART_BYTES
                del waiting[:PART_BYTES]
        if waiting:
            parts.append(await seal_part(blobs, key, session_id=session_id, leg=leg, start=start, plain=bytes(waiting)))
    except BaseException:  # cancelled too: pieces without a row would stay for ever
        await blobs.delete([part.blob for part in parts])
        raise
    return parts


async def add_parts(work: UnitOfWork, session_id: UUID, *, leg: Leg, parts: Sequence[Part]) -> None:
    """Make pieces part of the session's audio."""
    rows = [
        {
            "id": new_id(), "tenant_id": work.tenant_id, "session_id": session_id, "leg": leg, "start": part.start,
            "size": part.size, "blob": part.blob, "key_id": part.key_id,
        }
        for part in parts
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(VoicePart), rows)


async def open_audio(work: UnitOfWork, blobs: Blobs, *, session_id: UUID, leg: Leg) -> BinaryIO:
    """The decrypted audio as a file to read, decrypted piece by piece in memory. Raises AudioGone."""
    return cast(BinaryIO, SealedAudio(blobs, await _parts_of(work, session_id, leg)))


async def open_pieces(work: UnitOfWork, blobs: Blobs, *, session_id: UUID, leg: Leg) -> list[bytes]:
    """The decrypted pieces of a leg, in order. Raises AudioGone."""
    parts = await _parts_of(work, session_id, leg)
    return [await asyncio.to_thread(_decrypt, blobs, part, key) for part, key in parts]


async def _parts_of(work: UnitOfWork, session_id: UUID, leg: Leg) -> list[tuple[Part, DataKey]]:
    query = select(VoicePart).where(VoicePart.session_id == session_id, VoicePart.leg == leg).order_by(VoicePart.start)
    rows = list(await work.session.scalars(query))
    keys = await work.keys.by_id(row.key_id for row in rows)
    parts = []
    for row in rows:
        key = keys[row.key_id]
        if key is None:
            raise AudioGone
        parts.append((Part(row.start, row.size, row.blob, row.key_id), key))
    return parts


def _decrypt(blobs: Blobs, part: Part, key: DataKey) -> bytes:
    sealed = blobs.get(part.blob)
    if sealed is None:
        raise AudioGone(part.blob)
    return key.open_bytes(sealed, part.blob)


async def destroy_audio(work: UnitOfWork, row: VoiceSession) -> None:
    """Destroy a session's audio for good: its key at once, its pieces by a job. The caller notes why."""
    row.audio_deleted_at = work.now
    row.received_bytes = 0
    await destroy(work.session, [audio_owner(row.id).id], now=work.now)
    await remove_parts(work, row.id)


async def remove_parts(work: UnitOfWork, session_id: UUID) -> None:
    """Take a session's audio out; its pieces go by a job that names them, since another upload may be putting its
    own."""
    gone = await work.session.scalars(
        delete(VoicePart).where(VoicePart.session_id == session_id).returning(VoicePart.blob)
    )
    blobs = list(gone)
    for first in range(0, len(blobs), _BLOBS_A_JOB):
        args = {"tenant": str(work.tenant_id), "blobs": blobs[first : first + _BLOBS_A_JOB]}
        work.jobs.append(Job("voice.delete_blobs", args))


class AudioGone(Exception):
    """The audio was deleted, or a piece of it is missing."""


class SealedAudio(io.RawIOBase):
    """Reads, and seeks in, a session's audio; keeps two decrypted pieces in memory. For one thread."""

    def __init__(self, blobs: Blobs, parts: Sequence[tuple[Part, DataKey]]) -> None:
        self._blobs, self._parts = blobs, parts
        self._at = 0
        self._open: dict[int, bytes] = {}
        self.size = sum(part.size for part, _ in parts)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        index = self._index(self._at)
        if index is None:
            return 0
        part, plain = self._parts[index][0], self._decrypt(index)
        piece = plain[self._at - part.start : self._at - part.start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _index(self, at: int) -> int | None:
        low, high = 0, len(self._parts)
        while low < high:
            middle = (low + high) // 2
            part = self._parts[middle][0]
            if at < part.start:
                high = middle
            elif at >= part.start + part.size:
                low = middle + 1
            else:
                return middle
        return None

    def _decrypt(self, index: int) -> bytes:
        found = self._open.get(index)
        if found is None:
            found = _decrypt(self._blobs, *self._parts[index])
            while len(self._open) >= 2:
                self._open.pop(next(iter(self._open)))
            self._open[index] = found
        return found
