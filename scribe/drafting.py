"""From what a maker wrote to a draft that may be shown: checked, structured, counted."""

from __future__ import annotations

from typing import Literal

from scribe.builtin.maker import write_note
from scribe.builtin.summary import patient_summary
from scribe.checking.check import check_note
from scribe.checking.checked import Checked, Missing
from scribe.facts.measurements import find_measurements
from scribe.facts.medications import find_allergies, find_medications
from scribe.facts.orders import find_orders
from scribe.facts.problems import find_problems
from scribe.note import Finding, Maker, Note, Part, Section, Written
from scribe.visit import Segment, Visit

Unsupported = Literal["drop", "mark"]


class Draft(Part):
    """A checked note. `dropped`: sentences that the transcript does not support, which are not in the note; `missing`:
    what was said and is not in it."""

    note: Note
    maker: Maker
    sentences: int
    unsupported: int
    dropped: tuple[Section, ...]
    missing: tuple[Missing, ...]
    contradictions: tuple[Finding, ...]


def draft_of(written: Written, visit: Visit, *, unsupported: Unsupported = "drop") -> Draft:
    """The draft of what a maker wrote: sentences that the transcript does not support are dropped, or kept and marked
    with their findings; facts are read from the supported ones alone."""
    checked = check_note(written, visit)
    good, bad = parted(checked)
    drop = unsupported == "drop" and bool(bad)
    shown = good if drop else checked.sections
    return Draft(
        note=structure(shown, good, visit, written.maker),
        maker=written.maker,
        sentences=len(checked.sentences),
        unsupported=sum(not sentence.supported for sentence in checked.sentences),
        dropped=bad if drop else (),
        missing=check_note(good, visit).missing if drop else checked.missing,
        contradictions=checked.contradictions,
    )


def structure(shown: tuple[Section, ...], good: tuple[Section, ...], visit: Visit, maker: Maker) -> Note:
    """A note of the sections `shown`, its facts and the patient's summary read from the sections `good`."""
    return Note(
        sections=shown,
        problems=find_problems(good),
        medications=find_medications(good),
        allergies=find_allergies(good),
        orders=find_orders(good),
        measurements=find_measurements(good),
        summary=patient_summary(Written(sections=good, maker=maker), visit),
    )


def load() -> None:
    """Read all word lists, weights and code tables (seconds of work), so that the first draft need not wait for it."""
    visit = Visit((Segment("1", "doctor", "I think you have hypertension. Take lisinopril 10 milligrams once a day."),))
    draft_of(write_note(visit), visit)


def parted(checked: Checked) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """(good, bad): the sections with their supported sentences alone, and with the others alone; none empty."""
    parts: dict[bool, list[Section]] = {True: [], False: []}
    for section in checked.sections:
        for supported, into in parts.items():
            kept = tuple(one for one in section.sentences if one.supported is supported)
            if kept:
                into.append(section.model_copy(update={"sentences": kept}))
    return tuple(parts[True]), tuple(parts[False])
