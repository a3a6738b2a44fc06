"""The scheduling agent's flows: booking, moving, cancelling and listing visits, and the waitlist."""

from __future__ import annotations

import re

from agents.commands import Command, Correct, Fill, More, Start
from agents.concierge.scope import AnyTool
from agents.flows import Flow, FlowData, flow
from agents.scheduling import answers, book, outreach, referred, seek, visits
from agents.scheduling.data import VisitData
from agents.turn.dialogue import Dialogue, HospitalDirectory
from agents.understanding.resolve.names import match_practitioners, match_specialty
from agents.understanding.resolve.shift import says_same_time
from agents.understanding.resolve.when import resolve_day
from tools.patients.tools import get_patient, list_relatives
from tools.scheduling.appointments import (
    book_appointment,
    cancel_appointment,
    list_appointments,
    reschedule_appointment,
)
from tools.scheduling.slots import find_slots, hold_slot, release_hold
from tools.scheduling.waitlist import join_waitlist, list_waitlist

_READ: set[AnyTool] = {find_slots, list_appointments, list_waitlist, list_relatives, get_patient}
_HOLD: set[AnyTool] = {hold_slot, release_hold}
_KEPT = 400  # characters of the first message
_AND = re.compile(r"(?i)(?<!\w)(?:and|also|then|plus|aur)(?!\w)|&|[,;]")
_SAME_DAY = re.compile(r"(?i)(?<!\w)(?:same (?:day|date)|us(?:i)? din)(?!\w)")
_OR = re.compile(r"(?i)(?<!\w)(?:or|ya)(?!\w)")


class VisitFlow(Flow):
    """What all of them have in common: whom and when, a seat that may be held, and a yes to what was read back."""

    async def step(self, dialogue: Dialogue, *, changed: bool) -> None:
        await answers.step(dialogue, self.next_step, changed=changed)

    async def next_step(self, dialogue: Dialogue) -> None:
        """Ask what is missing, or do what can be done."""
        raise NotImplementedError

    def begun(self, data: FlowData, text: str) -> None:
        assert isinstance(data, VisitData)
        data.said = data.begun_with = text[:_KEPT]

    async def fill(self, dialogue: Dialogue, data: FlowData, command: Fill | Correct) -> bool:
        assert isinstance(data, VisitData)
        under_way = data is dialogue.state.data
        if command.slot == "time" and data.appointment_id is None and says_same_time(command.value):
            spoken = dialogue.state.spoken_at
            said = data.last_time or (f"{spoken:%H:%M}" if spoken is not None else None)
            if said is not None:
                command = command.model_copy(update={"value": said})
        if command.slot == "practitioner" and seek.anyone(command.value, dialogue.hospital.names):
            return under_way and _any_doctor(dialogue, data)
        if command.slot not in VisitData.model_fields or getattr(data, command.slot) == command.value:
            return False
        if command.slot == "for_whom" and under_way:
            await book.release(dialogue)
        data.put(command.slot, command.value)
        if command.slot == "avoid" and _is_day_wanted(dialogue, data, command.value):
            data.forget("day")  # "leave sunday then"
        if command.slot == "practitioner_sex":
            seek.forget_unlike(dialogue, data)
        if under_way:
            data.search_afresh(command.slot)
        return True

    async def release(self, dialogue: Dialogue) -> None:
        await book.release(dialogue)

    def ask_again(self, dialogue: Dialogue) -> None:
        awaiting = dialogue.state.awaiting
        if awaiting == "day" and dialogue.state.flow == "reschedule" and dialogue.state.misses > 1:
            answers.ask_what_with_it(dialogue)
        elif awaiting == "day":
            dialogue.say("ask_day")
        elif awaiting in ("specialty", "practitioner"):
            dialogue.say("ask_who")
        elif awaiting == "for_whom":
            dialogue.say("ask_for_whom_again")
        elif awaiting == "choice" and not dialogue.lines:
            dialogue.say("offer")

    def ask_anew(self, dialogue: Dialogue) -> bool:
        data = dialogue.data(VisitData)
        data.forget("day", "time", "location")
        data.search_afresh()
        dialogue.say("step_refused")
        dialogue.state.ask("day")
        dialogue.say("ask_day")
        return True


@flow("waitlist", agent="scheduling", tools=_READ | _HOLD | {join_waitlist}, data=VisitData)
class Waitlist(VisitFlow):
    async def next_step(self, dialogue: Dialogue) -> None:
        await visits.waitlist(dialogue)


@flow("reschedule", agent="scheduling", tools=_READ | _HOLD | {reschedule_appointment}, data=VisitData)
class Reschedule(VisitFlow):
    async def next_step(self, dialogue: Dialogue) -> None:
        await visits.reschedule(dialogue)

    async def more(self, dialogue: Dialogue, command: More) -> None:
        if command.direction in ("earlier", "later"):
            dialogue.data(VisitData).toward = command.direction


@flow("list", agent="scheduling", tools=_READ, data=VisitData, resumed=False)
class ListVisits(VisitFlow):
    async def next_step(self, dialogue: Dialogue) -> None:
        await visits.list_visits(dialogue)

    def ask_anew(self, dialogue: Dialogue) -> bool:
        return False


@flow("cancel", agent="scheduling", tools=_READ | _HOLD | {cancel_appointment}, data=VisitData)
class Cancel(VisitFlow):
    async def next_step(self, dialogue: Dialogue) -> None:
        await visits.cancel(dialogue)

    def split(self, dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """ "Cancel both": which visits are meant stands in the whole of the words."""
        told = any(isinstance(command, Fill) and command.slot == "appointment" for command in commands)
        if Start(flow="cancel") not in commands or told or not visits.all_are_meant(dialogue.text):
            return commands
        place = commands.index(Start(flow="cancel")) + 1
        return (*commands[:place], Fill(slot="appointment", value="both"), *commands[place:])


@flow(
    "book",
    agent="scheduling",
    tools=_READ | _HOLD | {book_appointment, join_waitlist},
    data=VisitData,
    begun_by=("specialty", "practitioner", "complaint"),
    answers_with=outreach.TOOLS,
)
class Book(VisitFlow):
    async def next_step(self, dialogue: Dialogue) -> None:
        await book.find_and_offer(dialogue)

    def split(self, dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """ "A dentist on Friday and an eye doctor on Saturday" are two bookings: the second begins with its
        specialty."""
        split: list[Command] = []
        first: str | None = None
        day: Fill | None = None
        for command in referred.resolve(dialogue, commands):
            if isinstance(command, Start):
                first = day = None
            elif isinstance(command, Fill) and Start(flow="book") in split:
                code = department_of(dialogue.hospital, command.slot, command.value)
                if first and code and code != first and _AND.search(dialogue.text) and not _OR.search(dialogue.text):
                    split.append(Start(flow="book"))
                    if day is not None and _SAME_DAY.search(dialogue.text):
                        split.append(day)
                first = code or first
                day = command if command.slot == "day" else day
            split.append(command)
        return tuple(split)

    async def may_answer(self, dialogue: Dialogue) -> bool:
        return await outreach.may_answer(dialogue)

    async def answer(self, dialogue: Dialogue) -> None:
        await outreach.answer(dialogue)


def _is_day_wanted(dialogue: Dialogue, data: VisitData, words: str) -> bool:
    wanted, said = (
        resolve_day(one, dialogue.now, month_first=dialogue.tenant.month_first) for one in (data.day or "", words)
    )
    return said is not None and wanted == said


def department_of(hospital: HospitalDirectory, slot: str, words: str) -> str | None:
    """The department of the kind of doctor, or of the one doctor, that the words name."""
    names = hospital.names
    if slot == "specialty":
        found = match_specialty(words, names.specialties)
        return str(found[0].id) if found else None
    doctors = match_practitioners(words, names.practitioners) if slot == "practitioner" else []
    return hospital.specialty_of[str(doctors[0].id)] if len(doctors) == 1 else None


def _any_doctor(dialogue: Dialogue, data: VisitData) -> bool:
    """Any doctor will do. True: one, or a woman or a man, was wanted before, and is no longer."""
    if data.practitioner is None and data.practitioner_sex is None:
        return False
    data.forget("practitioner_sex")
    seek.forget_doctor(dialogue)
    data.search_afresh()
    return True
