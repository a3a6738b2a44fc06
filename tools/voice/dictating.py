"""Live dictation: what was heard of it is kept as it is heard, with its audio, so that a line that breaks loses
nothing: the speaker's side sends again from where we are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db.blobs import Blobs
from governance.vault import Keyring
from tools.patients.gates import has_consent
from tools.runtime.errors import ConsentMissing, Forbidden, NotFound
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work
from tools.voice.recordings import add_parts, audio_key, seal_part
from tools.voice.said import Said, add_segments
from tools.voice.sessions import SessionState, hints_aad
from tools.voice.tables import VoiceSession
from tools.voice.transcribing import facts_of, names_that_may_be_said
from tools.voice.uploads import AUDIO_TAKEN
from voice.audio import RATE_HZ
from voice.recognition.engine import Engine, Segment


class TakenOver(SessionState):
    code = "taken_over"
    title = "Another connection goes on with this dictation"


@dataclass(slots=True)
class Dictation:
    """A dictation that goes on: `taken_samples` (16 kHz) have been heard and kept."""

    runtime: Runtime
    caller: Principal
    session_id: UUID
    taken_samples: int
    language: str | None
    hot_words: list[str]
    role: str

    async def keep(self, engine: Engine, segments: Sequence[Segment], pcm: bytes, *, until: int) -> list[UUID]:
        """Commit what was said up to `until` (samples), with its audio (16-bit, 16 kHz); the segments' ids. TakenOver
        where another connection was first."""
        key = await audio_key(self.runtime, self.caller.tenant_id, self.session_id)
        start = self.taken_samples * 2
        parts = (
            [
                await seal_part(
                    self.runtime.services.get(Blobs),
                    key,
                    session_id=self.session_id,
                    leg="dictation",
                    start=start,
                    plain=pcm,
                )
            ]
            if pcm
            else []
        )
        header = self.runtime.header_for(self.caller, "dictation")
        try:
            async with unit_of_work(self.runtime, self.caller.tenant_id, header=header) as work:
                row = await work.session.get(VoiceSession, self.session_id, with_for_update=True)
                if row is None or row.state != "open" or row.taken_samples != self.taken_samples:
                    raise TakenOver
                await add_parts(work, row.id, leg="dictation", parts=parts)
                lines = [
                    Said(one, speaker="S1", role=self.role, role_confidence=1.0, engine=engine.name) for one in segments
                ]
                ids = await add_segments(work, row, lines)
                row.taken_samples, row.duration_s = until, until / RATE_HZ
                row.engine = facts_of(engine)
                if segments:
                    row.heard_language = row.heard_language or segments[0].language
                body = {"at": work.now, "session_id": row.id, "from": self.taken_samples, "until": until}
                work.record.append(AUDIO_TAKEN, body | {"segments": len(segments)})
        except BaseException:  # cancelled too: pieces without a row would stay for ever
            await self.runtime.services.get(Blobs).delete([part.blob for part in parts])
            raise
        self.taken_samples = until
        return ids


async def open_dictation(runtime: Runtime, caller: Principal, session_id: UUID) -> Dictation:
    """Begin, or go on with, a dictation. NotFound, Forbidden, SessionState or ConsentMissing."""
    if not caller.may("voice:write"):
        raise Forbidden("The caller lacks voice:write.")
    async with runtime.database.begin(caller.tenant_id) as session:
        row = await session.get(VoiceSession, session_id)
        if row is None:
            raise NotFound(f"There is no VoiceSession {session_id} for this caller.")
        if row.state != "open" or row.received_bytes or row.kind not in ("dictation", "visit"):
            raise SessionState("Only an open dictation or visit without a recording of its own is taken live.")
        consents = row.patient_id is not None and await has_consent(session, row.patient_id, "recording")
        if row.kind == "visit" and not consents:
            raise ConsentMissing("The patient has not consented to recording.", purpose="recording")
        hints = await Keyring(runtime.vault, session, caller.tenant_id).open_one(row.hints, hints_aad(row.id))
        words = [*(json.loads(hints) if hints else []), *await names_that_may_be_said(session, row)]
        role = "doctor" if row.kind == "dictation" else "unknown"
        return Dictation(runtime, caller, row.id, row.taken_samples, row.language, words, role)
