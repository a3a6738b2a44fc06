"""What the scheduling flows keep between turns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from agents.flows import FlowData

_WHICH_DOCTOR = ("practitioner", "specialty", "complaint")
_SEARCHED_BY = ("day", "time", "location", "avoid", "practitioner_sex", *_WHICH_DOCTOR)


class VisitData(FlowData):
    """A visit that is booked, moved, cancelled or waited for: first in the patient's own words, then what followed."""

    specialty: str | None = None
    complaint: str | None = None
    practitioner: str | None = None
    practitioner_sex: str | None = None
    day: str | None = None
    time: str | None = None
    location: str | None = None
    visit_type: str | None = None
    avoid: str | None = (
        None  # days, times and doctors that do not suit, in the words that were said, one after the other
    )
    for_whom: str | None = None
    appointment: str | None = None
    reason: str | None = None
    last_time: str | None = None  # what was said last of the time, though it could not be had
    latest: str | None = None  # what was said last of day and time: the other gives way first
    existing: bool = False  # whether a visit that there is was meant has been asked
    refused: int = 0  # how many times what was read back was not wanted
    insists: bool = False  # what was wanted was said again after others were shown
    said: str = ""  # the message that began it: names of relatives are looked for in it
    begun_with: str = ""  # the same, kept
    fits: bool = False  # a doctor who does not fit the patient's age or sex was asked about
    toward: Literal["earlier", "later"] | None = None  # which way a visit is to be moved
    other_than: str | None = None  # the practitioner, by id, who is not wanted

    appointment_id: UUID | None = None  # the visit that is moved or cancelled
    after: datetime | None = None  # slots from here on are shown
    before: datetime | None = None
    held_slot: UUID | None = None

    def for_later(self) -> VisitData:
        """The words alone: nothing is held, and the visit is looked for again."""
        return self.model_copy(update=dict.fromkeys(("appointment_id", "after", "before", "held_slot")))

    def put(self, slot: str, value: str) -> None:
        """A new specialty takes the place of doctor and complaint, a new complaint that of the specialty; a doctor's
        name leaves both as they are, since they tell namesakes apart, and a complaint leaves the doctor who was asked
        for."""
        if slot == "avoid":
            self.avoid = f"{self.avoid}; {value}" if self.avoid else value
            return
        if slot in _WHICH_DOCTOR:
            self.other_than = None
            if slot == "specialty":
                self.forget("practitioner", "complaint")
            elif slot == "practitioner":
                self.forget("practitioner_sex")
            elif slot == "complaint":
                self.forget("specialty")
        if slot in ("day", "time"):
            self.latest = slot
        if slot == "time":
            self.last_time = value
        setattr(self, slot, value)

    def forget(self, *slots: str) -> None:
        for slot in slots:
            setattr(self, slot, None)

    def search_afresh(self, slot: str | None = None) -> None:
        """Look for slots from the beginning again, where nothing or one of the things that they are searched by
        changed."""
        if slot is None or slot in _SEARCHED_BY:
            self.after = self.before = None
