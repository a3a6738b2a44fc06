"""Notes and their versions: saved as drafts, edited, signed, amended; nothing is ever overwritten."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from db.base import new_id
from db.json import JsonObject
from fhir_r4.validity import faults
from scribe.fhir.codes import ENCOUNTER_STATUS
from scribe.fhir.document import DocumentMetadata, State, document
from scribe.note import Maker, Note
from tools.collab.content import Change, Distance, differences, digest_of, distance, seal, unseal
from tools.collab.tables import NoteRevision
from tools.patients.gates import load_patient
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, Failed, InvalidArguments, NotFound
from tools.runtime.events import event_type
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool
from tools.scheduling.fhir import FhirResource
from tools.scheduling.tables import Encounter
from tools.voice.tables import VoiceSession

SAVED = event_type("NoteRevision.Created", "A version of a note was saved")
SIGNED = event_type("NoteRevision.Signed", "A doctor signed a note, or an amendment of one")
_READ, _WRITE, _SIGN = Permission("notes:read"), Permission("notes:write"), Permission("notes:sign")
_PATH = "/api/v1/collab/notes/{note_id}/revisions"


class EditedMeanwhile(Conflict):
    code = "note_edited_meanwhile"
    title = "Somebody else saved a version of this note first"


class NoteState(Conflict):
    code = "note_state"
    title = "The note's state does not allow this"


class ContentDiffers(Conflict):
    code = "note_content_differs"
    title = "The version to be signed is not the one that was read"


explains("uq_note_revision_tenant_id_note_id_number", EditedMeanwhile)
explains("uq_note_revision_final", NoteState)


class NoteId(Args):
    note_id: UUID


class RevisionId(NoteId):
    rev: int = Field(ge=1, le=1_000_000, description="The version's number")


class AddRevision(NoteId):
    note: Note
    parent: int | None = Field(
        None, ge=1, description="The version that was edited: the newest one. None for a new note"
    )
    patient_id: UUID | None = Field(None, description="Of a new note; a later version keeps its note's")
    encounter_id: UUID | None = None
    session_id: UUID | None = Field(None, description="The voice session that the note was drafted from")
    template: str = Field("general", pattern="^[a-z_]{1,40}$")
    maker: Maker | None = Field(
        None, description="As the draft says it, where this is a draft unchanged. None: you wrote it"
    )
    reason: str | None = Field(
        None, min_length=3, max_length=500, description="Why a signed note is changed: needed then"
    )


class FinalizeRevision(RevisionId):
    content_sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="Of the version that was read: exactly this is signed"
    )


class Compare(RevisionId):
    against: int | None = Field(None, ge=1, le=1_000_000, description="Another version; unset: the one before")


class RevisionOut(Out):
    id: UUID
    note_id: UUID
    number: int
    parent: int | None
    state: Literal["draft", "final", "amended"]
    patient_id: UUID
    encounter_id: UUID | None
    session_id: UUID | None
    author: str
    at: datetime
    template: str
    maker: Maker
    content_sha256: str
    signed_by: str | None
    signed_at: datetime | None
    distance: Distance | None


class RevisionWithNote(RevisionOut):
    note: Note
    reason: str | None


class RevisionsOut(Out):
    items: list[RevisionOut]


class ChangesOut(Out):
    patient_id: UUID
    rev: int
    against: int
    changes: list[Change]


class QualityArgs(Args):
    since: datetime | None = None


class QualityRow(Out):
    """Of the notes that were drafted by one maker and signed: how many, how many were signed as drafted, and the mean
    share of words that doctors changed."""

    kind: str
    name: str
    prompt: str | None
    prompt_version: str | None
    notes: int
    unchanged: int
    mean_share: float


class QualityOut(Out):
    items: list[QualityRow]


@tool("collab.add_revision", rest=post(_PATH, status=201), needs=_WRITE, effect=Effect.WRITE,
      raises=(EditedMeanwhile, NoteState))  # fmt: skip
async def add_revision(ctx: ToolContext, args: AddRevision) -> RevisionOut:
    """Save a version of a note. A new note takes a new id of the caller's and a patient; a later version names the
    newest one as its parent, and is refused (409) where somebody saved another in the meantime. To change a signed
    note, give the reason: the change is a draft until it is signed, and the note is amended then."""
    newest = await _newest(ctx, args.note_id)
    if newest is None:
        row = await _first(ctx, args)
    else:
        row = await _next(ctx, args, newest)
    row.content_sha256 = digest_of(args.note)
    row.content = await seal(ctx, row.patient_id, args.note.model_dump_json(), _aad(row.id))
    if args.reason is not None:
        row.reason = await seal(ctx, row.patient_id, args.reason, f"{_aad(row.id)}/reason")
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(SAVED, row.note_id, number=row.number, maker=row.maker_kind)
    return _shown(row, newest.number if newest else None)


async def _first(ctx: ToolContext, args: AddRevision) -> NoteRevision:
    if args.parent is not None:
        raise NotFound(f"There is no note {args.note_id} for this caller.")
    if args.patient_id is None:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must be given for a new note"}])
    patient = await load_patient(ctx, args.patient_id)
    for table, field, value in (
        (Encounter, "encounter_id", args.encounter_id), (VoiceSession, "session_id", args.session_id)
    ):  # fmt: skip
        if value is not None and getattr(await ctx.load(table, value), "patient_id", None) != patient.id:
            raise InvalidArguments(errors=[{"field": field, "rule": "must be of the same patient"}])
    return _row(ctx, args, number=1, parent_id=None, patient_id=patient.id, encounter_id=args.encounter_id,
                session_id=args.session_id)  # fmt: skip


async def _next(ctx: ToolContext, args: AddRevision, newest: NoteRevision) -> NoteRevision:
    if args.patient_id is not None and args.patient_id != newest.patient_id:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must be the note's patient, or left out"}])
    if args.parent != newest.number:
        raise EditedMeanwhile(f"The newest version is {newest.number}; read it and edit that one.")
    if newest.state != "draft" and args.reason is None:
        raise NoteState("The note is signed: a change needs its reason.")
    return _row(ctx, args, number=newest.number + 1, parent_id=newest.id, patient_id=newest.patient_id,
                encounter_id=newest.encounter_id, session_id=newest.session_id)  # fmt: skip


def _row(ctx: ToolContext, args: AddRevision, **values: object) -> NoteRevision:
    maker = args.maker or Maker(kind="person", name=ctx.principal.id)
    return NoteRevision(
        id=new_id(), tenant_id=ctx.tenant.id, note_id=args.note_id, author=ctx.principal.id, at=ctx.now, state="draft",
        template=args.template, maker_kind=maker.kind, maker=maker.model_dump(exclude={"kind"}), **values,
    )  # fmt: skip


@tool("collab.list_revisions", rest=get(_PATH), needs=_READ, effect=Effect.READ)
async def list_revisions(ctx: ToolContext, args: NoteId) -> RevisionsOut:
    """The versions of a note, oldest first: who, when, from what, signed by whom; without their texts."""
    rows = await _rows(ctx, args.note_id)
    return RevisionsOut(items=[_shown(row, row.number - 1 or None) for row in rows])


@tool("collab.get_revision", rest=get(f"{_PATH}/{{rev}}"), needs=_READ, effect=Effect.READ)
async def get_revision(ctx: ToolContext, args: RevisionId) -> RevisionWithNote:
    """One version of a note with its text, and the digest that signs it."""
    row = await _one(ctx, args.note_id, args.rev)
    reason = await unseal(ctx, row.reason, f"{_aad(row.id)}/reason") if row.reason is not None else None
    shown = _shown(row, row.number - 1 or None)
    return RevisionWithNote(**dict(shown), note=await _note(ctx, row), reason=reason)


@tool("collab.compare_revisions", rest=get(f"{_PATH}/{{rev}}/differences"), needs=_READ, effect=Effect.READ)
async def compare_revisions(ctx: ToolContext, args: Compare) -> ChangesOut:
    """What is different between two versions of a note, sentence by sentence."""
    row = await _one(ctx, args.note_id, args.rev)
    against = args.against or row.number - 1
    if against == 0:
        raise InvalidArguments(errors=[{"field": "against", "rule": "must be given for the first version"}])
    other = await _one(ctx, args.note_id, against)
    changes = list(differences(await _note(ctx, other), await _note(ctx, row)))
    return ChangesOut(patient_id=row.patient_id, rev=row.number, against=against, changes=changes)


@tool("collab.finalize_revision", rest=post(f"{_PATH}/{{rev}}/finalize"), needs=_SIGN, effect=Effect.WRITE,
      raises=(NoteState, ContentDiffers))  # fmt: skip
async def finalize_revision(ctx: ToolContext, args: FinalizeRevision) -> RevisionOut:
    """Sign the newest version of a note: the first signature makes it final, a later one amended. What is signed is the
    content whose digest the caller gives, which is that of the version as read. How far the signed text lies from the
    maker's draft is kept."""
    newest = await _newest(ctx, args.note_id, lock=True)
    row = await _one(ctx, args.note_id, args.rev)
    if newest is None or newest.number != row.number:
        raise NoteState("Only the newest version can be signed.")
    if row.state != "draft":
        raise NoteState(f"This version is {row.state} already.")
    if row.content_sha256 != args.content_sha256:
        raise ContentDiffers
    note = await _note(ctx, row)
    if not any(section.sentences for section in note.sections):
        raise NoteState("The note is empty.")
    signed = await ctx.session.scalar(
        select(func.count()).where(NoteRevision.note_id == row.note_id, NoteRevision.state != "draft")
    )
    row.distance = await _distance(ctx, row, note)
    row.state = "amended" if signed else "final"  # one change of the row: the database allows no second
    row.signed_by, row.signed_at = ctx.principal.id, ctx.now
    await ctx.session.flush()
    ctx.emit(SIGNED, row.note_id, number=row.number, state=row.state, content_sha256=row.content_sha256)
    return _shown(row, row.number - 1 or None)


async def _distance(ctx: ToolContext, row: NoteRevision, final: Note) -> JsonObject | None:
    """From the newest version that software wrote, where there is one."""
    drafts = [one for one in await _rows(ctx, row.note_id) if one.maker_kind != "person"]
    return distance(await _note(ctx, drafts[-1]), final).model_dump() if drafts else None


@tool("collab.note_as_fhir", rest=get(f"{_PATH}/{{rev}}/fhir"), needs=_READ, effect=Effect.READ)
async def note_as_fhir(ctx: ToolContext, args: RevisionId) -> FhirResource:
    """A version of a note as a FHIR R4 document: preliminary until it is signed, then final or amended with its signer.
    Medications and services in it stay proposals: ordering is another act."""
    row = await _one(ctx, args.note_id, args.rev)
    encounter = await ctx.load(Encounter, row.encounter_id) if row.encounter_id else None
    metadata = DocumentMetadata(
        id=row.id, at=(encounter and encounter.started_at) or row.at, written_at=row.signed_at or row.at,
        maker=_maker(row),
        state=cast(State, row.state), patient_id=row.patient_id, encounter_id=row.encounter_id,
        encounter_status=ENCOUNTER_STATUS[encounter.state] if encounter else "unknown", source=row.session_id,
        signer=row.signed_by,
        signed_at=row.signed_at,
    )  # fmt: skip
    bundle = document(await _note(ctx, row), metadata)
    if faults(bundle):
        raise Failed
    ctx.seen.append(row.patient_id)
    return FhirResource(bundle)


@tool("scribe.note_quality", rest=get("/api/v1/scribe/quality"), needs=Permission("notes:measure"), effect=Effect.READ)
async def note_quality(ctx: ToolContext, args: QualityArgs) -> QualityOut:
    """How much doctors change of what each maker drafts before they sign: by maker, model and prompt version."""
    query = select(NoteRevision).where(NoteRevision.distance.is_not(None)).order_by(NoteRevision.id)
    if args.since is not None:
        query = query.where(NoteRevision.signed_at >= args.since)
    shares: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for row in await ctx.session.scalars(query):
        drafts = [
            one for one in await _rows(ctx, row.note_id) if one.maker_kind != "person" and one.number <= row.number
        ]
        made = _maker(drafts[-1])
        shares[made.kind, made.name, made.prompt or "", made.prompt_version or ""].append((row.distance or {})["share"])
    return QualityOut(
        items=[
            QualityRow(
                kind=kind, name=name, prompt=prompt or None, prompt_version=version or None, notes=len(found),
                unchanged=sum(share == 0 for share in found), mean_share=round(sum(found) / len(found), 4),
            )
            for (kind, name, prompt, version), found in sorted(shares.items())
        ]
    )  # fmt: skip


def _aad(revision_id: UUID) -> str:
    return f"note/{revision_id}"


async def _rows(ctx: ToolContext, note_id: UUID) -> list[NoteRevision]:
    query = select(NoteRevision).where(NoteRevision.note_id == note_id).order_by(NoteRevision.number)
    rows = list(await ctx.session.scalars(query))
    if not rows:
        raise NotFound(f"There is no note {note_id} for this caller.")
    ctx.seen.append(rows[0].patient_id)
    return rows


async def _newest(ctx: ToolContext, note_id: UUID, *, lock: bool = False) -> NoteRevision | None:
    query = select(NoteRevision).where(NoteRevision.note_id == note_id).order_by(NoteRevision.number.desc()).limit(1)
    return (await ctx.session.scalars(query.with_for_update() if lock else query)).first()


async def _one(ctx: ToolContext, note_id: UUID, number: int) -> NoteRevision:
    query = select(NoteRevision).where(NoteRevision.note_id == note_id, NoteRevision.number == number)
    row = (await ctx.session.scalars(query)).first()
    if row is None:
        raise NotFound(f"There is no version {number} of note {note_id} for this caller.")
    return row


async def _note(ctx: ToolContext, row: NoteRevision) -> Note:
    return Note.model_validate_json(await unseal(ctx, row.content, _aad(row.id)))


def _maker(row: NoteRevision) -> Maker:
    return Maker(kind=row.maker_kind, **row.maker)


def _shown(row: NoteRevision, parent: int | None) -> RevisionOut:
    return RevisionOut(
        id=row.id, note_id=row.note_id, number=row.number, parent=parent, state=row.state,
        patient_id=row.patient_id, encounter_id=row.encounter_id, session_id=row.session_id, author=row.author,
        at=row.at,
        template=row.template, maker=_maker(row), content_sha256=row.content_sha256, signed_by=row.signed_by,
        signed_at=row.signed_at, distance=Distance.model_validate(row.distance) if row.distance else None,
    )  # fmt: skip
