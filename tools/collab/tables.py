"""What the team around a case writes: discussions, and the notes of visits with all their versions. Texts are sealed
under the patient's key: erasing a patient makes them unreadable."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.columns import sealed
from db.json import JsonArray, JsonObject


class CollabThread(Versioned, Base):
    """A discussion of one patient's case. `title` is sealed."""

    __tablename__ = "collab_thread"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        tenant_index("patient_id", "created_at"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("encounter.id"))
    state: Mapped[str] = mapped_column(default="open")
    opened_by: Mapped[str]  # principal
    title: Mapped[bytes] = sealed("patient")
    last_at: Mapped[datetime]


class CollabMessage(TenantRow, Base):
    """A message of a person, or of the assistant. `mentions`: "user:<principal>", "role:<role>", "assistant"."""

    __tablename__ = "collab_message"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'agent')", name="kind"),
        UniqueConstraint("tenant_id", "answers"),
        tenant_index("thread_id", "at"),
        Index("ix_collab_message_mentions", "mentions", postgresql_using="gin"),
    )

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("collab_thread.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    author: Mapped[str]  # principal
    kind: Mapped[str]
    at: Mapped[datetime]
    mentions: Mapped[JsonArray] = mapped_column(default=list)
    content: Mapped[bytes] = sealed("patient")
    answers: Mapped[UUID | None] = mapped_column(ForeignKey("collab_message.id"))  # what the assistant answers


class NoteRevision(TenantRow, Base):
    """One version of a note. Versions are never changed but by signing: draft -> final (the first signed) or amended.

    `number` counts from 1; two people who edit the same version at once both ask for the next number, and one is
    refused. `content` is sealed JSON; `content_sha256` is what a doctor signs. `source_sha256`: of the transcript it
    was drafted from.
    """

    __tablename__ = "note_revision"
    __table_args__ = (
        UniqueConstraint("tenant_id", "note_id", "number"),
        CheckConstraint("state IN ('draft', 'final', 'amended')", name="state"),
        CheckConstraint("(state = 'draft') = (signed_by IS NULL)", name="signed"),
        CheckConstraint("(number = 1) = (parent_id IS NULL)", name="parent"),
        CheckConstraint("maker_kind IN ('built-in', 'model', 'person')", name="maker_kind"),
        Index(
            "uq_note_revision_final", "tenant_id", "note_id", unique=True, postgresql_where=text("state = 'final'")
        ),
        tenant_index("patient_id", "created_at"),
    )  # fmt: skip

    note_id: Mapped[UUID]
    number: Mapped[int]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("note_revision.id"))
    state: Mapped[str] = mapped_column(default="draft")
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("encounter.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("voice_session.id"))
    author: Mapped[str]  # principal
    at: Mapped[datetime]
    template: Mapped[str]
    maker_kind: Mapped[str]
    maker: Mapped[JsonObject]  # name, prompt, prompt_version, prompt_sha256
    content: Mapped[bytes] = sealed("patient")
    content_sha256: Mapped[str]
    reason: Mapped[bytes | None] = sealed("patient")  # sealed: why a signed note was changed
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    distance: Mapped[JsonObject | None]  # from the maker's draft to what was signed: words, changed, share
