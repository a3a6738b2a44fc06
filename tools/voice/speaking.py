"""Who said what in a session: by channel where there are two, else by voice; roles from what is said and who is
enrolled; what a person corrected stands above both."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import select

from db.blobs import Blobs
from governance.vault import Owner
from tools.runtime.unit_of_work import UnitOfWork
from tools.voice.recordings import AudioGone, open_pieces
from tools.voice.said import Said
from tools.voice.tables import VoicePrint, VoiceSession
from voice.speakers.attribution import Attributed
from voice.speakers.attribution import attribute as attribute_words
from voice.speakers.clustering import Grouped, enrolled_as, group
from voice.speakers.roles import Role, roles_of
from voice.speakers.vectors import Array, Voices


async def attribute(work: UnitOfWork, blobs: Blobs, row: VoiceSession, said: Sequence[Said]) -> list[Said]:
    """The segments with their speakers and roles, cut where the speaker changes."""
    known: dict[str, Role] = {}
    if row.kind in ("dictation", "voice_note"):  # one person speaks
        said = [replace(line, speaker="S1", speaker_confidence=1.0) for line in said]
        known = {"S1": "doctor" if row.kind == "dictation" else "patient"}
    elif row.channels == 2:
        said = [replace(line, speaker=_label(line.segment.channel or 0), speaker_confidence=1.0) for line in said]
        if row.kind == "call":
            known = {"S1": "patient" if row.patient_id is not None else "unknown", "S2": "assistant"}
    else:
        said, known = await _by_voice(work, blobs, row=row, said=said)
    return with_roles(said, known)


async def _by_voice(
    work: UnitOfWork, blobs: Blobs, *, row: VoiceSession, said: Sequence[Said]
) -> tuple[list[Said], dict[str, Role]]:
    voices = await voices_kept(work, blobs, row)
    grouped = await asyncio.to_thread(group, voices, speakers=row.speakers)
    enrolled = await _enrolled(work)
    names = enrolled_as(grouped, {name: vector for name, (vector, _) in enrolled.items()})
    known: dict[str, Role] = {_label(label): enrolled[name][1] for label, (name, _) in names.items()}
    parts = await asyncio.to_thread(_attributed, said, voices, grouped)
    return parts, known


def _attributed(said: Sequence[Said], voices: Voices, grouped: Grouped) -> list[Said]:
    return [
        replace(line, segment=part.segment, speaker=_speaker(part), speaker_confidence=round(part.confidence, 3))
        for line in said
        for part in attribute_words([line.segment], voices, grouped)
    ]


def _speaker(part: Attributed) -> str | None:
    return None if part.speaker is None else _label(part.speaker)


def _label(number: int) -> str:
    return f"S{number + 1}"


def with_roles(said: Sequence[Said], known: dict[str, Role]) -> list[Said]:
    """The segments with the roles that their speakers' words tell, or that are `known`."""
    texts: dict[str, list[str]] = defaultdict(list)
    for line in said:
        if line.speaker is not None:
            texts[line.speaker].append(line.segment.text)
    roles = roles_of({name: " ".join(lines) for name, lines in texts.items()}, known)
    unknown: tuple[Role, float] = ("unknown", 0.0)
    named = [(line, roles.get(line.speaker or "", unknown)) for line in said]
    return [replace(line, role=role, role_confidence=round(sure, 3)) for line, (role, sure) in named]


def anew(said: Sequence[Said], voices: Voices | None) -> list[Said]:
    """Who said what, after a person said it of some segments: the voices of those decide for the others."""
    fixed = [line for line in said if line.fixed and line.speaker is not None]
    if voices is None or not len(voices) or not fixed:
        return list(said)
    names = sorted({line.speaker for line in said if line.speaker is not None})
    middles = voices.times.mean(axis=1)
    groups = {
        name: _of(name, fixed if any(line.speaker == name for line in fixed) else said, middles) for name in names
    }
    groups = {name: at for name, at in groups.items() if at.any()}
    if len(groups) < 2:
        return list(said)
    centres = np.stack([voices.vectors[at].mean(axis=0) for at in groups.values()])
    closeness = voices.vectors @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T
    order = list(groups)
    out = []
    for line in said:
        near = (middles >= line.segment.start_s) & (middles <= line.segment.end_s)
        if line.fixed or not near.any():
            out.append(line)
            continue
        means = closeness[near].mean(axis=0)
        best = int(np.argmax(means))
        margin = float(means[best] - np.delete(means, best).max())
        out.append(replace(line, speaker=order[best], speaker_confidence=round(min(1.0, 0.5 + 2 * margin), 3)))
    return out


def _of(name: str, said: Sequence[Said], middles: Array) -> np.ndarray:
    """Which vectors lie inside the segments of a speaker."""
    inside = np.zeros(len(middles), bool)
    for line in said:
        if line.speaker == name:
            inside |= (middles >= line.segment.start_s) & (middles <= line.segment.end_s)
    return inside


async def voices_kept(work: UnitOfWork, blobs: Blobs, row: VoiceSession) -> Voices:
    """The speaker vectors of a session, or none where its audio was deleted."""
    try:
        pieces = await open_pieces(work, blobs, session_id=row.id, leg="voices")
    except AudioGone:
        return Voices.joined(())
    return Voices.joined(Voices.unpacked(piece) for piece in pieces)


async def _enrolled(work: UnitOfWork) -> dict[str, tuple[Array, Role]]:
    """The voices that are known, by practitioner's id."""
    rows = list(await work.session.scalars(select(VoicePrint)))
    opened = await work.keys.open_many([(row.vector, print_aad(row)) for row in rows])
    return {
        str(row.practitioner_id): (
            np.array(json.loads(vector), np.float32),
            "nurse" if row.role == "nurse" else "doctor",
        )
        for row, vector in zip(rows, opened, strict=True)
        if vector is not None
    }


def print_owner(row: VoicePrint) -> Owner:
    """Whose key seals an enrolled voice: its own, destroyed with it."""
    return Owner(row.id, "voice")


def print_aad(row: VoicePrint) -> str:
    return f"voice_print:{row.id}"
