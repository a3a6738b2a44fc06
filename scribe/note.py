"""The note: SOAP, in the clinic's divisions, each sentence with the segments that it came from."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Division(StrEnum):
    """The clinic's divisions, in the order in which a note has them."""

    CHIEF_COMPLAINT = "chief_complaint"
    PRESENT_ILLNESS = "present_illness"
    REVIEW_OF_SYSTEMS = "review_of_systems"
    PAST_MEDICAL = "past_medical_history"
    PAST_SURGICAL = "past_surgical_history"
    FAMILY = "family_history"
    SOCIAL = "social_history"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    IMMUNIZATIONS = "immunizations"
    VITALS = "vital_signs"
    EXAM = "physical_exam"
    RESULTS = "results"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    INSTRUCTIONS = "instructions"  # what the patient was told


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FindingKind(StrEnum):
    """What the check of a claim against the transcript can find."""

    UNSUPPORTED = "unsupported"  # nothing in the transcript says this
    NEGATION = "negation"  # said, but the other way round
    SIDE = "side"  # left for right
    NUMBER = "number"
    UNIT = "unit"
    DOSE = "dose"
    SPEAKER = "speaker"  # said by the other person
    CONTRADICTION = "contradiction"  # against another sentence of the note


class Finding(Part):
    """One thing wrong with a sentence. `words`: the words of the sentence it is about; `instead`: what was said."""

    kind: FindingKind
    words: str
    instead: str | None = None
    segments: tuple[str, ...] = ()


class Sentence(Part):
    """`segments`: ids of the segments that it came from, at least one in a draft. `findings`: empty where supported."""

    text: str
    segments: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def supported(self) -> bool:
        return not self.findings


class Section(Part):
    division: Division
    sentences: tuple[Sentence, ...]


class Maker(Part):
    """Who wrote the note. `prompt` and its version and digest only for a model."""

    kind: Literal["built-in", "model", "person"]
    name: str
    prompt: str | None = None
    prompt_version: str | None = None
    prompt_sha256: str | None = None


class Written(Part):
    """What a maker hands over: sections in the order of `Division`, none empty. Not yet checked."""

    sections: tuple[Section, ...]
    maker: Maker


class Quantity(Part):
    """`code` is the unit in UCUM, None where the transcript gave no unit or one that is not understood."""

    value: Decimal
    unit: str | None = None
    code: str | None = None


class CodeSuggestion(Part):
    """`code`: an ICD-10-CM code that can be billed (a leaf). `reason`: which words led to it."""

    code: str
    display: str
    score: float = Field(ge=0, le=1)
    reason: str


class Problem(Part):
    text: str
    certainty: Literal["confirmed", "suspected"] = "confirmed"
    status: Literal["active", "resolved"] = "active"
    segments: tuple[str, ...] = ()
    codes: tuple[CodeSuggestion, ...] = ()


Status = Literal["taking", "prescribed", "changed", "stopped"]


class Medication(Part):
    """`frequency` as it is written on a prescription ("every 6 hours", "twice a day"), `per_day` the same as a number.
    `directions`: the whole sentence, in place of all these, where it gives more than one dose ("40 mg for 5 days, then
    20 mg")."""

    name: str
    dose: Quantity | None = None
    route: str | None = None
    frequency: str | None = None
    per_day: Decimal | None = None
    duration: str | None = None
    as_needed: bool = False
    directions: str | None = None
    status: Status = "taking"
    segments: tuple[str, ...] = ()


class Allergy(Part):
    substance: str
    segments: tuple[str, ...] = ()


OrderKind = Literal["laboratory", "imaging", "procedure", "referral", "follow_up", "therapy", "equipment"]


class Order(Part):
    """A suggestion, never sent on its own. `what`: the clinical name of the test or procedure; `text`: the plan's
    words."""

    kind: OrderKind
    what: str | None = None
    text: str
    segments: tuple[str, ...] = ()


class Measurement(Part):
    """A vital sign or another figure with its name: `loinc` where it is one of the common vital signs. A blood pressure
    is two measurements."""

    name: str
    quantity: Quantity
    loinc: str | None = None
    segments: tuple[str, ...] = ()


class Note(Part):
    """A note with what it says as structured data. `summary`: for the patient, in plain words."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    orders: tuple[Order, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    summary: tuple[Sentence, ...] = ()
