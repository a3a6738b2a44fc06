"""Drafting and checking name a dictation, if they name a record at all."""

from __future__ import annotations

from tests.tools.samples import Named

SAMPLES = {
    "scribe.draft_note": {"session_id": Named("voice.session_id")},
    "scribe.validate_note": {"session_id": Named("voice.session_id"), "note_text": "x"},
}
