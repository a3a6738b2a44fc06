"""Drafting and checking notes. Nothing is written here but the record: a person saves a draft as a note's revision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import NAMESPACE_URL, uuid5

import structlog

from fhir_r4.validity import faults
from scribe.builtin.maker import write_note
from scribe.builtin.rendering import render
from scribe.checking.check import check_note
from scribe.dictation import DICTATION, has_commands
from scribe.drafting import Draft, draft_of
from scribe.fhir.codes import ENCOUNTER_STATUS
from scribe.fhir.document import DocumentMetadata, document
from scribe.headings import read_note
from scribe.making import ModelSilent, NoteModel
from scribe.note import Section, Sentence, Written
from scribe.templates import Template, templates
from scribe.visit import Visit
from tools.runtime.context import ToolContext
from tools.runtime.errors import Failed, InvalidArguments
from tools.runtime.principals import Permission
from tools.runtime.tool import Effect, get, post, tool
from tools.scheduling.tables import Encounter
from tools.scribe.schemas import (
    LONGEST_SENTENCE,
    DraftNote,
    DraftOut,
    FaultOut,
    NoArgs,
    TemplateOut,
    TemplatesOut,
    ValidateNote,
    ValidationOut,
)
from tools.scribe.visits import SourcedVisit, TranscriptNotReady, TranscriptUnreliable, sourced_visit

_READ = Permission("notes:read")
log = structlog.get_logger(__name__)


async def _before_draft(ctx: ToolContext, args: DraftNote) -> Callable[[], Awaitable[object]]:
    template = template_of(args.template)
    source = await sourced_visit(ctx, args)
    encounter = await _encounter(ctx, args, source)
    model = ctx.services.find(NoteModel) if args.maker == "auto" else None
    return lambda: _draft(args, source, template=template, encounter=encounter, model=model)


def template_of(name: str) -> Template:
    """Raises InvalidArguments, which names those that there are."""
    found = templates().get(name)
    if found is None:
        raise InvalidArguments(errors=[{"field": "template", "rule": f"must be one of {', '.join(templates())}"}])
    return found


async def _encounter(ctx: ToolContext, args: DraftNote, source: SourcedVisit) -> Encounter | None:
    encounter_id = args.encounter_id or source.encounter_id
    if encounter_id is None:
        return None
    row = await ctx.load(Encounter, encounter_id)
    if row.patient_id != source.patient_id:
        raise InvalidArguments(errors=[{"field": "encounter_id", "rule": "must be a visit of the same patient"}])
    ctx.session.expunge(row)
    return row


async def _draft(
    args: DraftNote, source: SourcedVisit, *, template: Template, encounter: Encounter | None, model: NoteModel | None
) -> DraftOut:
    written, notices = await _written(source, template, model)
    drafted = await asyncio.to_thread(
        draft_of, written, source.visit, unsupported="mark" if written.maker == DICTATION else args.unsupported
    )
    return _shown(
        args, source, template=template, encounter=encounter, drafted=drafted, notices=(*notices, *source.notices)
    )


async def _written(
    source: SourcedVisit, template: Template, model: NoteModel | None
) -> tuple[Written, tuple[str, ...]]:
    """By the model where there is one and it answers; a dictation with commands stays as it was dictated."""
    notices: tuple[str, ...] = ()
    if model is not None and not has_commands(source.visit):
        try:
            return await model.write(source.visit, tuple(template.divisions)), ()
        except ModelSilent as silent:
            log.warning("scribe.model_silent", reason=silent.reason)
            notices = (f"The language model gave no note ({silent.reason}): this one was written by rules.",)
    return await asyncio.to_thread(write_note, source.visit), notices


def _shown(
    args: DraftNote,
    source: SourcedVisit,
    *,
    template: Template,
    encounter: Encounter | None,
    drafted: Draft,
    notices: tuple[str, ...],
) -> DraftOut:
    note = drafted.note.model_copy(update={"sections": template.arrange(drafted.note.sections)})
    metadata = DocumentMetadata(
        id=uuid5(NAMESPACE_URL, f"{source.session_id or source.visit.segments}"), at=source.started_at,
        written_at=source.read_at, maker=drafted.maker, patient_id=source.patient_id,
        encounter_id=encounter.id if encounter else None,
        encounter_status=ENCOUNTER_STATUS[encounter.state] if encounter else "unknown", source=source.session_id,
    )  # fmt: skip
    bundle = document(note, metadata)
    found = faults(bundle)
    if found:
        log.error("scribe.bundle_invalid", rules=sorted({fault.rule for fault in found}))
        raise Failed
    return DraftOut(
        patient_id=source.patient_id, session_id=source.session_id, encounter_id=metadata.encounter_id,
        template=template.name,
        text=render(note.sections, template.divisions), note=note, maker=drafted.maker, sentences=drafted.sentences,
        unsupported=drafted.unsupported, dropped=list(drafted.dropped), missing=list(drafted.missing),
        contradictions=list(drafted.contradictions), lacking=list(template.lacking(note.sections)),
        notices=list(notices),
        bundle=bundle,
    )  # fmt: skip


@tool(
    "scribe.draft_note",
    rest=post("/api/v1/scribe/draft-note"),
    needs=_READ,
    effect=Effect.READ,
    raises=(TranscriptNotReady, TranscriptUnreliable),
    before=_before_draft,
)
async def draft_note(ctx: ToolContext, args: DraftNote) -> DraftOut:
    """Draft a note from a voice session, or from a transcript as text or segments: SOAP in the template's divisions,
    every sentence with the segments it came from; problems with ICD-10-CM suggestions, medications, orders,
    measurements, a summary for the patient, a FHIR R4 document. Everything is a draft and nothing is saved or sent: a
    person saves it as a note's revision. What the transcript does not support is left out or marked, and counted."""
    return DraftOut.model_validate(ctx.prepared)


async def _before_validation(ctx: ToolContext, args: ValidateNote) -> Callable[[], Awaitable[object]]:
    source = await sourced_visit(ctx, args)
    return lambda: asyncio.to_thread(_validated, args, source)


def _validated(args: ValidateNote, source: SourcedVisit) -> ValidationOut:
    sections = _sections(args, source.visit)
    if any(len(one.text) > LONGEST_SENTENCE for section in sections for one in section.sentences):
        field = "note_text" if args.sections is None else "sections"
        raise InvalidArguments(
            errors=[{"field": field, "rule": f"a sentence may have {LONGEST_SENTENCE} characters at most"}]
        )
    checked = check_note(sections, source.visit)
    count, bad = len(checked.sentences), sum(not sentence.supported for sentence in checked.sentences)
    found = None if args.bundle is None else [FaultOut.model_validate(fault) for fault in faults(args.bundle)]
    return ValidationOut(
        patient_id=source.patient_id, session_id=source.session_id, sections=list(checked.sections), sentences=count,
        unsupported=bad, supported=(count - bad) / count if count else None, missing=list(checked.missing),
        contradictions=list(checked.contradictions), notices=list(source.notices), bundle_faults=found,
    )  # fmt: skip


def _sections(args: ValidateNote, visit: Visit) -> tuple[Section, ...]:
    """The note as given, without what was found of it before and without segments that the transcript does not have."""
    if args.note_text is not None:
        headings = {name.lower(): one for made in templates().values() for one, name in made.divisions.items()}
        return read_note(args.note_text, headings)
    known = {segment.id for segment in visit.segments}
    return tuple(
        Section(
            division=given.division,
            sentences=tuple(
                Sentence(text=one)
                if isinstance(one, str)
                else Sentence(text=one.text, segments=tuple(place for place in one.segments if place in known))
                for one in given.sentences
            ),
        )
        for given in args.sections or ()
    )


@tool(
    "scribe.validate_note",
    rest=post("/api/v1/scribe/validate-note"),
    needs=_READ,
    effect=Effect.READ,
    raises=(TranscriptNotReady, TranscriptUnreliable),
    before=_before_validation,
)
async def validate_note(ctx: ToolContext, args: ValidateNote) -> ValidationOut:
    """Check a note against its transcript, sentence by sentence: unsupported, negated, another side, number, unit, dose
    or speaker; what was said and is missing; what contradicts itself. Where a FHIR bundle is given, whether it is valid
    R4."""
    return ValidationOut.model_validate(ctx.prepared)


@tool("scribe.list_templates", rest=get("/api/v1/scribe/templates"), needs=_READ, effect=Effect.READ)
async def list_templates(ctx: ToolContext, args: NoArgs) -> TemplatesOut:
    """The note templates by specialty: divisions in order, their headings, and those that a note should not lack."""
    return TemplatesOut(
        items=[
            TemplateOut(
                name=one.name, title=one.title, divisions=list(one.divisions), headings=list(one.divisions.values()),
                expected=[division for division in one.divisions if division in one.expected],
            )
            for one in templates().values()
        ]
    )  # fmt: skip
