"""A revision's content: sealed in and out, its digest, and how far two versions lie apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from uuid import UUID

from pydantic import BaseModel
from rapidfuzz.distance import Levenshtein

from governance.record import canonical
from governance.vault import Owner
from scribe.note import Division, Note, Section
from tools.runtime.context import ToolContext
from tools.runtime.errors import Gone
from tools.runtime.tool import Out


class Change(Out):
    """One difference: sentences taken out and put in at the same place of a division."""

    division: Division
    before: list[str]
    after: list[str]


class Distance(BaseModel):
    """How much a person changed of what the maker wrote, in words: `changed` were put in, taken out or replaced;
    `share` is that of the longer version, 0 for a draft signed as it was."""

    words: int
    changed: int
    share: float


def digest_of(note: Note) -> str:
    """SHA-256 of the note's canonical JSON: what is signed."""
    return hashlib.sha256(canonical(note.model_dump(mode="json")).encode()).hexdigest()


async def seal(ctx: ToolContext, patient_id: UUID, text: str, aad: str) -> bytes:
    return await ctx.work.keys.seal(Owner(patient_id, "patient"), text, aad)


async def unseal(ctx: ToolContext, sealed: bytes, aad: str) -> str:
    """Raises Gone where the patient was erased."""
    text = await ctx.work.keys.open_one(sealed, aad)
    if text is None:
        raise Gone
    return text


def text_of(sections: Sequence[Section]) -> list[str]:
    """The words of a note, in order."""
    return [word for section in sections for sentence in section.sentences for word in sentence.text.split()]


def distance(draft: Note, final: Note) -> Distance:
    """From the maker's draft to what was signed: the fewest words to put in, take out or replace (Levenshtein)."""
    before, after = text_of(draft.sections), text_of(final.sections)
    changed, longer = Levenshtein.distance(before, after), max(len(before), len(after))
    return Distance(words=len(after), changed=changed, share=round(changed / longer, 4) if longer else 0.0)


def differences(before: Note, after: Note) -> Iterator[Change]:
    """Sentence by sentence, in the order of the divisions."""
    for division in Division:
        old, new = _sentences(before, division), _sentences(after, division)
        for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind != "equal":
                yield Change(division=division, before=old[old_from:old_to], after=new[new_from:new_to])


def _sentences(note: Note, division: Division) -> list[str]:
    return [one.text for section in note.sections if section.division is division for one in section.sentences]
