"""The concierge: the first and last word of every turn. Routes to the scheduling agent, and carries the repairs that
belong to no single flow: corrections, digressions, changes of mind, several wishes, silence, "a person, please"."""

from __future__ import annotations

import re
from datetime import timedelta

from agents.commands import (
    Abandon,
    Affirm,
    Ask,
    Command,
    Correct,
    Deny,
    Fill,
    Goodbye,
    Greet,
    HandOver,
    More,
    Repeat,
    ResumeMessages,
    SetLanguage,
    Start,
    StartOver,
    StopMessages,
    Thank,
)
from agents.concierge import questions
from agents.concierge.identity import hand_over, verified
from agents.scheduling import book, flow, seek
from agents.turn.conversation_state import Option, Wish
from agents.turn.dialogue import Dialogue
from agents.understanding.builtin.wishes import whole_wish
from agents.understanding.resolve.assent import is_plain_yes
from agents.understanding.resolve.names import match_specialty
from agents.understanding.resolve.spelling import plain
from tools.runtime.errors import ToolError

MISSES = 3
FRESH = timedelta(hours=1)  # so long "anything else?" is what a yes answers
_MEANS_BOOKING = ("specialty", "practitioner", "complaint")  # said with nothing under way, they ask for a visit
_AND = re.compile(r"(?i)(?<!\w)(?:and|also|then|plus|aur)(?!\w)|&|[,;]")
_OR = re.compile(r"(?i)(?<!\w)(?:or|ya)(?!\w)")
_INSTEAD = ("instead", "actually", "rather", "badle", "nahi")


async def act(d: Dialogue) -> None:
    """Act on one message's commands. Whatever else is said, an answer that leaves something to be agreed to ends with
    exactly that, so that the next yes can be to nothing else."""
    await _act(d)
    if d.state.pending is not None and not d.read_back:
        book.read_back(d, d.state.pending)


async def _act(d: Dialogue) -> None:
    if await _at_once(d):
        return
    changed = await _absorb(d)
    for command in d.commands:
        if isinstance(command, Ask):
            await questions.answer(d, command)
    if d.state.flow is not None or d.state.then_confirm:
        await _go_on(d, changed=changed)
    elif not d.lines:
        await _small_talk(d)
    d.state.greeted = True


async def _at_once(d: Dialogue) -> bool:
    """What is done at once, whatever flow is under way. True: nothing else is to be done."""
    if d.has(StopMessages, ResumeMessages):
        said = whole_wish(plain(d.text).text)
        if said is not None:
            await _set_messages(d, allowed=isinstance(said, ResumeMessages))
        else:  # a model's reading alone changes no consent
            d.say("messages_how")
        return True
    language = d.first(SetLanguage)
    if language is not None:
        d.language = language.language
        d.say("language_set")
    if d.has(HandOver):
        await _drop(d)
        await hand_over(d, "The patient asked for a person")
        return True
    if d.has(StartOver):
        await _drop(d)
        d.state.wishes.clear()
        d.say("started_over")
    elif d.has(Abandon):
        was = d.state.flow
        await _drop(d)
        d.say("left" if was else "nothing_to_leave")
    if d.has(Repeat) and d.state.last_answer and len(d.commands) == 1:
        d.lines.append(d.state.last_answer)
        d.read_back = d.state.pending is not None
        return True
    return False


async def _set_messages(d: Dialogue, *, allowed: bool) -> None:
    """STOP and START act on every patient of the number, at once and without verification: they only withdraw, or
    give back, the right to write to this number."""
    page = await d.call_as_service("patients.search_patients", phone=d.address)
    for patient in page.items:
        await d.call_as_service("patients.set_message_consent", patient_id=str(patient.id), allowed=allowed)
    d.say("messages_on" if allowed else "messages_off")


async def _absorb(d: Dialogue) -> bool:
    """Put starts, fills and corrections where they belong. True: the present flow's information has changed."""
    state, changed, target = d.state, False, None
    if state.flow is None and not d.has(Start) and any(c.slot in _MEANS_BOOKING for c in d.fills()):
        d.commands = (Start(flow="book"), *d.commands)
    d.commands = _one_booking_each(d)
    for place, command in enumerate(d.commands):
        if isinstance(command, Start):
            target = await _start(d, command, before=d.commands[:place])
            changed = changed or target is state.slots
        elif isinstance(command, More) and command.direction in ("earlier", "later") and state.flow == "reschedule":
            state.slots["toward"] = command.direction
        elif isinstance(command, Fill | Correct) and command.slot not in ("birth_date", "name"):
            slots = state.slots if target is None else target
            if state.flow is None and target is None:
                continue
            if command.slot == "practitioner" and seek.anyone(command.value, d.place.directory):
                changed = _any_doctor(d, slots) or changed
                continue
            if command.slot == "for_whom" and slots is state.slots and slots.get("for_whom") != command.value:
                await book.let_go(d)
            if slots.get(command.slot) != command.value:
                changed = changed or slots is state.slots
                _replace(slots, command.slot, command.value)
                if slots is state.slots and command.slot in ("day", "time", "practitioner", "specialty", "complaint"):
                    state.after = state.before = None
    return changed


def _one_booking_each(d: Dialogue) -> tuple[Command, ...]:
    """ "A dentist on Friday and an eye doctor on Saturday" are two bookings: the second begins with its specialty."""
    said: list[Command] = []
    first: str | None = None
    for command in d.commands:
        if isinstance(command, Start):
            first = None
        elif isinstance(command, Fill) and command.slot == "specialty" and Start(flow="book") in said:
            found = match_specialty(command.value, d.place.directory.specialties)
            code = str(found[0].id) if found else None
            if first and code and code != first and _AND.search(d.text) and not _OR.search(d.text):
                said.append(Start(flow="book"))
            first = code or first
        said.append(command)
    return tuple(said)


def _any_doctor(d: Dialogue, slots: dict[str, str]) -> bool:
    """Any doctor will do. True: one was wanted before, and is no longer."""
    if slots is not d.state.slots or "practitioner" not in slots:
        return False
    seek.forget_doctor(d)
    d.state.after = d.state.before = None
    return True


def _replace(slots: dict[str, str], name: str, value: str) -> None:
    """A new doctor, specialty or complaint takes the place of whichever stood before."""
    who = ("practitioner", "specialty", "complaint")
    if name in who:
        slots.pop("other_than", None)
        for other in who:
            slots.pop(other, None) if other != name and not (
                name == "practitioner" and other != "practitioner"
            ) else None
    slots[name] = value


async def _start(d: Dialogue, command: Start, *, before: tuple[Command, ...]) -> dict[str, str]:
    """Begin a flow, or note it for later where another of this message comes first. Returns where its words go."""
    state = d.state
    if state.flow is None:
        state.flow = command.flow
        return state.slots
    begun_now = any(isinstance(c, Start) and c.flow == state.flow for c in before)
    if state.flow == command.flow and not begun_now:
        return state.slots
    if begun_now:
        wish = Wish(flow=command.flow)
        state.wishes.append(wish)
        return wish.slots
    left = Wish(flow=state.flow, slots=dict(state.slots))
    await book.let_go(d)
    state.end_flow()
    state.flow = command.flow
    if not any(word in d.text.lower().split() for word in _INSTEAD) and left.flow != "list":
        state.wishes.append(left)
    return state.slots


async def _drop(d: Dialogue) -> None:
    if d.state.held_slot is not None:
        await book.let_go(d)
    d.state.then_confirm = False
    d.state.end_flow()


async def _go_on(d: Dialogue, *, changed: bool) -> None:
    """Take the flow further, once it is known who writes; then the next wish, if one was waiting."""
    asked_now = d.state.awaiting == "birth_date" or d.state.verified_at is None
    if not await verified(d):
        return
    if d.state.then_confirm:
        d.state.then_confirm = False
        await _confirm_coming(d)
        return
    if _only_digression(d, changed=changed):
        _ask_again(d)
        return
    await _step(d, changed=changed or asked_now)
    while d.state.flow is None and d.state.wishes and not d.handed_over:
        wish = d.state.wishes.pop(0)
        d.state.flow, d.state.slots = wish.flow, wish.slots
        d.say(f"next_{wish.flow}")
        d.commands = ()
        await _step(d, changed=True)
    if d.state.flow is None and not d.handed_over and not d.state.pending:
        d.state.ask("anything_else")
        d.say("anything_else")


async def _step(d: Dialogue, *, changed: bool) -> None:
    """One step of the flow. A tool that refuses what the words came to is no end: the day and time are asked again."""
    try:
        await flow.step(d, changed=changed)
    except ToolError as error:
        if error.remedy == "try_later":
            raise  # the turn runs again
        d.lines.clear()
        await book.let_go(d)
        for name in ("day", "time", "location"):
            d.state.slots.pop(name, None)
        d.state.after = d.state.before = None
        d.state.misses += 1
        if d.state.misses >= MISSES or d.state.flow in ("list", None):
            await hand_over(d, f"A step was refused: {error.code}")
            return
        d.say("step_refused")
        d.state.ask("day")
        d.say("ask_day")


def _only_digression(d: Dialogue, *, changed: bool) -> bool:
    """Only a question, thanks or greeting, with a question of ours still open; or nothing understood at all."""
    aside = (Ask, Thank, Greet, Goodbye, Repeat, SetLanguage)
    return (
        not changed and all(isinstance(c, aside) for c in d.commands) and d.state.awaiting not in (None, "birth_date")
    )


def _ask_again(d: Dialogue) -> None:
    """Put the open question again; after three messages that were not understood, a person is offered."""
    state = d.state
    if not d.commands:
        state.misses += 1
        d.say("not_understood" if state.misses < MISSES else "offer_person")
    if state.pending is not None:
        book.read_back(d, state.pending)
    elif state.awaiting == "day":
        d.say("ask_day")
    elif state.awaiting == "specialty" or state.awaiting == "practitioner":
        d.say("ask_who")
    elif state.awaiting == "choice" and not d.lines:
        d.say("offer")


async def _small_talk(d: Dialogue) -> None:
    """No flow, no question: greetings, thanks, a yes or no to nothing, or nothing understood."""
    state = d.state
    if d.has(Affirm) and await _may_confirm(d):
        state.then_confirm = True
        await _go_on(d, changed=False)
    elif d.has(Goodbye) or (d.has(Deny) and state.awaiting == "anything_else"):
        state.ask(None)
        d.say("goodbye")
    elif d.has(Thank):
        d.say("welcome")
    elif d.has(Greet):
        d.say("greeting", hospital=d.tenant.name)
    elif d.has(Affirm) or state.awaiting == "birth_date" or d.fills():
        d.say("what_can_i_do")
    else:
        state.misses += 1
        if state.misses >= MISSES:
            await hand_over(d, "The patient was not understood three times")
        elif state.greeted:
            d.say("not_understood_help")
        else:
            d.say("greeting", hospital=d.tenant.name)
        return
    state.misses = 0


async def _may_confirm(d: Dialogue) -> bool:
    """Whether a yes may answer what we wrote first: always, but right after "anything else?" only where a seat is
    offered, or where that question is old."""
    state = d.state
    if not is_plain_yes(d.text, deed="book"):
        return False
    if not is_plain_yes(d.text) and (state.patient_id is None or state.verified_at is None):
        return False  # "book it", and it is not known yet what could be meant
    if state.awaiting != "anything_else" or state.patient_id is None or state.verified_at is None:
        return True
    if d.work.now - state.verified_at > FRESH:
        return True
    offered = await d.call("scheduling.list_waitlist", patient_id=str(d.subject_id))
    return any(entry.state == "offered" for entry in offered.items)


async def _confirm_coming(d: Dialogue) -> None:
    """A yes to what we wrote first: a freed seat that was offered, or a reminder."""
    offered = await d.call("scheduling.list_waitlist", patient_id=str(d.subject_id))
    entry = next((entry for entry in offered.items if entry.state == "offered" and entry.offered_slot_id), None)
    if entry is not None:
        d.state.flow = "book"
        d.state.slots = {"specialty": d.place.specialty_name(entry.specialty_code), "day": "as soon as possible"}
        await book.choose(_with_slot(d), Option(id=str(entry.offered_slot_id), label=""))
        return
    page = await d.call("scheduling.list_appointments", patient_id=str(d.subject_id), upcoming=True, limit=5)
    visit = next((visit for visit in page.items if visit.state == "booked"), None)
    if visit is None:
        d.say("what_can_i_do")
        return
    try:
        await d.call("scheduling.confirm_appointment", appointment_id=str(visit.id))
    except ToolError:
        d.say("not_possible")
        return
    when = d.when(d.local(visit.starts_at, visit.location_id))
    d.say("confirmed", when=when, practitioner=visit.practitioner, location=visit.location)


def _with_slot(d: Dialogue) -> Dialogue:
    d.state.kind = "slot"
    return d
