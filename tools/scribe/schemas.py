"""What the scribe takes and gives."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from db.json import JsonObject
from scribe.checking.checked import Missing
from scribe.note import Division, Finding, Maker, Note, Section, Sentence
from tools.runtime.tool import Args, Out

RoleName = Literal["doctor", "patient", "nurse", "other", "assistant", "unknown"]
LONGEST_SENTENCE = 4_000  # characters of a note to be checked; the check's time grows with its square
LONGEST_TEXT = 250_000  # characters: about five hours of talk
MOST_SEGMENTS = 20_000


class Spoken(Args):
    """One stretch of speech, where the transcript comes from elsewhere."""

    id: str = Field(min_length=1, max_length=60, description="Unique in the transcript; the note's sentences name it")
    role: RoleName = "unknown"
    text: str = Field(min_length=1, max_length=20_000)
    start_s: float | None = Field(None, ge=0)
    end_s: float | None = Field(None, ge=0)


class Transcript(Args):
    """What was said: exactly one of `session_id`, `text` and `segments`."""

    voice_field: ClassVar[str] = "session_id"  # under whose key the call's entry is sealed, where there is one

    session_id: UUID | None = Field(None, description="A voice session whose transcript is there")
    text: str | None = Field(
        None, min_length=1, max_length=LONGEST_TEXT, description="A line a turn: `Doctor: ...`, `[patient] ...`"
    )
    segments: list[Spoken] | None = Field(None, min_length=1, max_length=MOST_SEGMENTS)
    patient_id: UUID | None = Field(None, description="Whose visit it is, where the session does not say")
    despite_warning: bool = Field(
        False, description="Use a transcript of the stand-in recogniser, whose words are often wrong"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Transcript:
        if sum(given is not None for given in (self.session_id, self.text, self.segments)) != 1:
            raise ValueError("exactly one of session_id, text and segments must be given")
        if self.segments is not None and len({one.id for one in self.segments}) != len(self.segments):
            raise ValueError("each segment's id must be its own")
        return self


class DraftNote(Transcript):
    encounter_id: UUID | None = None
    template: str = Field(
        "general", max_length=40, description="A specialty's template: see GET /api/v1/scribe/templates"
    )
    maker: Literal["auto", "built-in"] = Field(
        "auto", description="auto: the model where one is set, else the built-in"
    )
    unsupported: Literal["drop", "mark"] = Field(
        "drop",
        description="Sentences that the transcript does not support: left out and listed apart, or kept and marked",
    )


class SectionIn(Args):
    division: Division
    sentences: list[str | Sentence] = Field(
        min_length=1, max_length=500, description="Text, or a sentence as a draft has it; each is judged anew"
    )


class ValidateNote(Transcript):
    sections: list[SectionIn] | None = Field(None, max_length=40, description="The note's sections")
    note_text: str | None = Field(
        None, min_length=1, max_length=100_000, description="Or the note as text with headings"
    )
    bundle: JsonObject | None = Field(None, description="Its FHIR R4 bundle, to be checked too")

    @field_validator("bundle")
    @classmethod
    def _is_bundle(cls, value: JsonObject | None) -> JsonObject | None:
        if value is not None and value.get("resourceType") != "Bundle":
            raise ValueError("must be a FHIR Bundle: resourceType is Bundle")
        return value

    @model_validator(mode="after")
    def _something(self) -> ValidateNote:
        if (self.sections is None) == (self.note_text is None):
            raise ValueError("exactly one of sections and note_text must be given")
        return self


class FaultOut(Out):
    path: str
    rule: str
    message: str


class DraftOut(Out):
    """A draft. `text`: the note to read; `bundle`: a FHIR R4 document, all of it draft, preliminary or proposal."""

    patient_id: UUID | None
    session_id: UUID | None
    encounter_id: UUID | None
    template: str
    text: str
    note: Note
    maker: Maker
    sentences: int = Field(description="That the maker wrote")
    unsupported: int = Field(description="Of these, that the transcript does not support")
    dropped: list[Section] = Field(description="Unsupported sentences that were left out, with what is wrong with each")
    missing: list[Missing] = Field(description="What was said and is not in the note")
    contradictions: list[Finding]
    lacking: list[Division] = Field(description="Divisions that the template expects and of which nothing was said")
    notices: list[str] = Field(description="What to look at first")
    bundle: JsonObject


class ValidationOut(Out):
    """`supported`: the share of sentences without a finding, None for an empty note."""

    patient_id: UUID | None
    session_id: UUID | None
    sections: list[Section]
    sentences: int
    unsupported: int
    supported: float | None
    missing: list[Missing]
    contradictions: list[Finding]
    notices: list[str]
    bundle_faults: list[FaultOut] | None = Field(description="None: no bundle was given; empty: it is valid")


class NoArgs(Args):
    pass


class TemplateOut(Out):
    name: str
    title: str
    divisions: list[Division]
    headings: list[str]
    expected: list[Division]


class TemplatesOut(Out):
    items: list[TemplateOut]
