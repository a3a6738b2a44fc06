"""The assistant as a participant of a case thread: it drafts, checks and sums up notes and finds what was said, on
being asked. It acts through the same tools as people, by rules; what it does not understand it says so."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from db.base import new_id
from scribe.language.words import tokenize
from scribe.note import Note
from tools.collab.notes import AddRevision, RevisionId, RevisionWithNote, add_revision, get_revision
from tools.collab.tables import CollabMessage, CollabThread, NoteRevision
from tools.collab.threads import POSTED, AnswerMessage, answer_message
from tools.runtime.context import ToolContext
from tools.runtime.errors import ToolError
from tools.runtime.events import Event, reaction
from tools.runtime.tool import Args, Given, Operation, Result
from tools.scribe.schemas import DraftNote, SectionIn, ValidateNote
from tools.scribe.tools import draft_note, validate_note
from tools.voice.sessions import SessionId
from tools.voice.tables import VoiceSession
from tools.voice.transcripts import get_transcript

HELP = (
    "I can: draft a note from the last recording (“draft”), check the newest note against it (“check”), sum it up for "
    "the patient (“summary”), and find what was said (“what was said about the knee?”)."
)
_DRAFT = re.compile(r"\b(?:draft|write)\b")
_CHECK = re.compile(r"\b(?:check|validate|verify)\b")
_SAID = re.compile(r"\b(?:what|who|when|did|find|say|said|mention\w*|search|about)\b", re.IGNORECASE)
_COMMON = frozenset(
    [
        "what",
        "who",
        "when",
        "did",
        "do",
        "does",
        "he",
        "she",
        "they",
        "you",
        "i",
        "it",
        "the",
        "a",
        "an",
        "about",
        "said",
        "say",
        "says",
        "was",
        "were",
        "is",
        "are",
        "patient",
        "doctor",
        "nurse",
        "mention",
        "mentioned",
        "find",
        "search",
        "for",
        "of",
        "in",
        "on",
        "to",
        "and",
        "or",
        "any",
        "anything",
        "last",
        "visit",
        "recording",
        "me",
        "please",
        "us",
        "tell",
        "with",
        "there",
        "how",
        "where",
        "his",
        "her",
        "their",
        "that",
        "this",
        "assistant",
    ]
)
_MOST_QUOTES = 5
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class _Thought:
    """What was thought outside a transaction: a tool's slow part, for just these arguments, or why it did not work."""

    args: Args
    result: object
    error: ToolError | None = None


async def _asked(ctx: ToolContext, event: Event) -> tuple[CollabMessage, CollabThread, str] | None:
    if not event.payload.get("asks"):
        return None
    message = await ctx.load(CollabMessage, UUID(event.payload["message_id"]))
    text = await ctx.work.keys.open_one(message.content, f"message/{message.id}")
    if text is None:
        return None
    return message, await ctx.load(CollabThread, message.thread_id), text.lower().replace("@assistant", " ")


async def _think(ctx: ToolContext, event: Event) -> Callable[[], Awaitable[_Thought]] | None:
    """Drafting asks a model, and checking takes seconds: both come before the transaction of the answer."""
    asked = await _asked(ctx, event)
    if asked is None:
        return None
    _, thread, text = asked
    if _DRAFT.search(text):
        draft = await _draft_wanted(ctx, thread)
        return await _prepared(ctx, draft_note, draft) if draft is not None else None
    if _CHECK.search(text):
        check = await _check_wanted(ctx, thread)
        return await _prepared(ctx, validate_note, check) if check is not None else None
    return None


async def _prepared(ctx: ToolContext, run: Operation[Given, Result], args: Given) -> Callable[[], Awaitable[_Thought]]:
    try:
        outside = await ctx.prepare(run, args)
    except ToolError as error:
        failed = _Thought(args, None, error)
        return lambda: _given(failed)

    async def thought() -> _Thought:
        try:
            return _Thought(args, await outside())
        except ToolError as error:
            return _Thought(args, None, error)

    return thought


async def _given(thought: _Thought) -> _Thought:
    return thought


async def _call_thought(ctx: ToolContext, run: Operation[Given, Result]) -> Result:
    if ctx.prepared.error is not None:
        raise ctx.prepared.error
    return await ctx.call(run, ctx.prepared.args, prepared=ctx.prepared.result)


@reaction(POSTED, "collab.answer", before=_think)
async def answer(ctx: ToolContext, event: Event) -> None:
    """Answer a message that mentions the assistant, in the same thread, once."""
    asked = await _asked(ctx, event)
    if asked is None:
        return
    message, thread, text = asked
    try:
        said = await _answer(ctx, thread, text)
    except ToolError as error:
        said = f"That did not work: {error.title}. {error.detail or ''}".strip()
    answer_args = AnswerMessage(thread_id=thread.id, text=said[:_LONGEST], answers=message.id)
    await ctx.call(answer_message, answer_args)


async def _answer(ctx: ToolContext, thread: CollabThread, asked: str) -> str:
    if _DRAFT.search(asked):
        return await _draft(ctx, thread)
    if _CHECK.search(asked):
        return await _check(ctx, thread)
    if re.search(r"\b(?:summar\w+|sum up)\b", asked):
        return await _sum_up(ctx, thread)
    wanted = {token.stem for token in tokenize(asked) if token.word.isalpha() and token.word not in _COMMON}
    if wanted and _SAID.search(asked):
        return await _find(ctx, thread, wanted)
    return HELP


async def _last_session(ctx: ToolContext, thread: CollabThread) -> VoiceSession | None:
    query = select(VoiceSession).where(
        VoiceSession.patient_id == thread.patient_id,
        VoiceSession.state == "final",
        VoiceSession.kind.in_(("visit", "dictation")),
    )
    if thread.encounter_id is not None:
        query = query.where(VoiceSession.encounter_id == thread.encounter_id)
    return (await ctx.session.scalars(query.order_by(VoiceSession.started_at.desc()).limit(1))).first()


async def _newest_note(ctx: ToolContext, thread: CollabThread) -> NoteRevision | None:
    query = select(NoteRevision).where(NoteRevision.patient_id == thread.patient_id)
    if thread.encounter_id is not None:
        query = query.where(NoteRevision.encounter_id == thread.encounter_id)
    return (await ctx.session.scalars(query.order_by(NoteRevision.at.desc(), NoteRevision.id.desc()).limit(1))).first()


async def _draft_wanted(ctx: ToolContext, thread: CollabThread) -> DraftNote | None:
    session = await _last_session(ctx, thread)
    if session is None:
        return None
    return DraftNote(session_id=session.id, encounter_id=thread.encounter_id)


async def _draft(ctx: ToolContext, thread: CollabThread) -> str:
    if ctx.prepared is None:
        return "There is no finished recording of a visit to draft from."
    draft = await _call_thought(ctx, draft_note)
    session_id, note_id = ctx.prepared.args.session_id, new_id()
    revision = AddRevision(
        note_id=note_id, note=draft.note, patient_id=thread.patient_id, encounter_id=thread.encounter_id,
        session_id=session_id, template=draft.template, maker=draft.maker,
    )  # fmt: skip
    await ctx.call(add_revision, revision)
    lines = [f"Draft saved as note {note_id}, version 1: {draft.sentences - draft.unsupported} sentences."]
    if draft.unsupported:
        lines.append(f"{draft.unsupported} sentences had no support in the transcript.")
    lines += [f"Not in the note: {one.text}." for one in draft.missing[:_MOST_QUOTES]]
    return "\n".join([*lines, *draft.notices])


async def _note_of(ctx: ToolContext, row: NoteRevision) -> RevisionWithNote:
    return await ctx.call(get_revision, RevisionId(note_id=row.note_id, rev=row.number))


async def _check_wanted(ctx: ToolContext, thread: CollabThread) -> ValidateNote | None:
    row = await _newest_note(ctx, thread)
    if row is None or row.session_id is None:
        return None
    note: Note = (await _note_of(ctx, row)).note
    sections = [
        SectionIn(division=section.division, sentences=[one.text for one in section.sentences])
        for section in note.sections
    ]
    return ValidateNote(session_id=row.session_id, sections=sections)


async def _check(ctx: ToolContext, thread: CollabThread) -> str:
    row = await _newest_note(ctx, thread)
    if row is None or ctx.prepared is None:
        return "There is no note with a recording to check it against."
    found = await _call_thought(ctx, validate_note)
    lines = [
        f"Note {row.note_id}, version {row.number}: "
        f"{found.sentences - found.unsupported} of {found.sentences} sentences hold."
    ]
    for section in found.sections:
        for one in section.sentences:
            lines += [f"“{one.text}” – {finding.kind.value}: {finding.words}" for finding in one.findings[:1]]
    lines += [f"Said but not in the note: {one.text}." for one in found.missing[:_MOST_QUOTES]]
    return "\n".join(lines)


async def _sum_up(ctx: ToolContext, thread: CollabThread) -> str:
    row = await _newest_note(ctx, thread)
    if row is None:
        return "There is no note yet."
    note: Note = (await _note_of(ctx, row)).note
    return " ".join(one.text for one in note.summary) or "The note has nothing for a summary."


async def _find(ctx: ToolContext, thread: CollabThread, wanted: set[str]) -> str:
    session = await _last_session(ctx, thread)
    if session is None:
        return "There is no finished recording of a visit to look in."
    transcript = await ctx.call(get_transcript, SessionId(session_id=session.id))
    scored = [
        (len(wanted & {token.stem for token in tokenize(segment.text)}), segment) for segment in transcript.segments
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:_MOST_QUOTES]
    if not best:
        return "Nothing was said about that in the last recording."
    quotes = sorted((segment for _, segment in best), key=lambda segment: segment.start_s)
    return "\n".join(
        f"{int(quote.start_s) // 60}:{int(quote.start_s) % 60:02d} {quote.role}: {quote.text}" for quote in quotes
    )
