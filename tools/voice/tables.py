"""Recordings and what was said in them. Audio lies in the blob store, sealed; texts are sealed here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.columns import sealed
from db.json import JsonArray, JsonObject


class VoiceSession(Versioned, Base):
    """One dictation, visit, call or voice note. Its own vault key seals its audio and its texts: deleting it destroys
    that key.

    `taken_samples` (16 kHz) is how far its audio has been transcribed: windows up to there are in `voice_segment`.
    """

    __tablename__ = "voice_session"
    __table_args__ = (
        CheckConstraint("kind IN ('dictation', 'visit', 'call', 'voice_note')", name="kind"),
        CheckConstraint("state IN ('open', 'transcribing', 'final', 'failed', 'deleted')", name="state"),
        CheckConstraint("consent IN ('not_needed', 'unknown', 'granted', 'refused', 'withdrawn')", name="consent"),
        UniqueConstraint("tenant_id", "call_sid"),
        UniqueConstraint("tenant_id", "message_id"),
        tenant_index("patient_id", "started_at"),
        tenant_index("state", "started_at"),
        tenant_index("conversation_id"),
    )

    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    opened_by: Mapped[str]  # principal
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("encounter.id"))
    practitioner_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("practitioner.id")
    )  # whose dictation or visit it is
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))  # the message that a voice note came as
    call_sid: Mapped[str | None]
    consent: Mapped[str] = mapped_column(default="unknown")
    consent_at: Mapped[datetime | None]
    consent_how: Mapped[str | None]  # record, staff, speech, keypad, sent_by_patient
    language: Mapped[str | None]  # asked for; None: heard
    heard_language: Mapped[str | None]
    speakers: Mapped[int | None]  # how many there are, where someone said so
    hints: Mapped[bytes | None] = sealed("voice")  # sealed JSON: names and terms that may be said
    names: Mapped[bytes | None] = sealed("voice")  # sealed JSON: what people call the speakers, by label
    # the recording
    received_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    complete: Mapped[bool] = mapped_column(default=False)
    codec: Mapped[str | None]
    channels: Mapped[int | None]  # kept apart: 1 or 2
    duration_s: Mapped[float | None] = mapped_column(Float)  # as the file says, until it has been decoded
    truncated: Mapped[bool] = mapped_column(default=False)
    audio_deleted_at: Mapped[datetime | None]
    # the transcription
    taken_samples: Mapped[int] = mapped_column(BigInteger, default=0)
    engine: Mapped[JsonObject | None]  # name, model, device, compute_type, stand_in
    dropped: Mapped[JsonObject] = mapped_column(default=dict)  # segments left out as invented, by reason
    attempts: Mapped[int] = mapped_column(default=0)  # that failed
    error: Mapped[str | None]  # code
    error_detail: Mapped[str | None]


class VoicePart(TenantRow, Base):
    """A sealed piece of a session's audio in the blob store, `size` bytes of the decrypted stream from `start` on."""

    __tablename__ = "voice_part"
    __table_args__ = (UniqueConstraint("tenant_id", "session_id", "leg", "start"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("voice_session.id"))
    leg: Mapped[str]  # upload, dictation, caller, answer; voices: speaker vectors of the window that starts there
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    blob: Mapped[str]
    key_id: Mapped[UUID]  # the data key that it is sealed under


class VoiceSegment(TenantRow, Base):
    """Something said by one speaker. `content` is sealed JSON: text, and words with times and probabilities."""

    __tablename__ = "voice_segment"
    __table_args__ = (
        CheckConstraint(
            "role IN ('doctor', 'patient', 'nurse', 'other', 'assistant', 'unknown')", name="role"
        ),
        CheckConstraint("start_s >= 0 AND end_s >= start_s", name="times"),
        UniqueConstraint("tenant_id", "session_id", "number"),
        Index("ix_voice_segment_time", "tenant_id", "session_id", "start_s"),
    )  # fmt: skip

    session_id: Mapped[UUID] = mapped_column(ForeignKey("voice_session.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    number: Mapped[int]  # in the order they were made
    channel: Mapped[int | None]
    start_s: Mapped[float] = mapped_column(Float)
    end_s: Mapped[float] = mapped_column(Float)
    speaker: Mapped[str | None]  # label within the session: S1, S2
    speaker_confidence: Mapped[float | None] = mapped_column(Float)
    role: Mapped[str] = mapped_column(default="unknown")
    role_confidence: Mapped[float | None] = mapped_column(Float)
    fixed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))  # a person said who spoke
    content: Mapped[bytes] = sealed("voice")
    confidence: Mapped[float] = mapped_column(Float)
    language: Mapped[str]
    engine: Mapped[str]
    flags: Mapped[JsonArray] = mapped_column(default=list)


class VoicePrint(Versioned, Base):
    """The enrolled voice of a practitioner: a sealed speaker vector. Made with that person's consent, and removed on
    wish."""

    __tablename__ = "voice_print"
    __table_args__ = (UniqueConstraint("tenant_id", "practitioner_id"),)

    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    role: Mapped[str] = mapped_column(default="doctor")
    vector: Mapped[bytes] = sealed("practitioner")
    seconds: Mapped[float] = mapped_column(Float)  # of speech that it was made from
