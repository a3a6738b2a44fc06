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
from agents.understanding.builtin.intents import only_messages_wanted
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.resolve.names import match_specialty
from agents.understanding.resolve.spelling import plain
from tools.runtime.errors import ToolError

MISSES = 3
FRESH = timedelta(hours=1)  # so long "anything else?" is what a yes answers
_MEANS_BOOKING = ("specialty", "practitioner", "complaint")  # said with nothing under way, they ask for a visit
_AND = re.compile(r"(?i)(?<!\w)(?:and|also|then|plus|aur)(?!\w)|&|[,;]")
_OR = re.compile(r"(?i)(?<!\w)(?:or|ya)(?!\w)")
_INSTEAD = ("instead", "actually", "rather", "badle", "nahi")


async def act(dialogue: Dialogue) -> None:
    """Act on one message's commands. Whatever else is said, an answer that leaves something to be agreed to ends with
    exactly that, so that the next yes can be to nothing else."""
    await _act(dialogue)
    if dialogue.state.pending is not None and not dialogue.read_back:
        book.read_back(dialogue, dialogue.state.pending)


async def _act(dialogue: Dialogue) -> None:
    if await _at_once(dialogue):
        return
    changed = await _absorb(dialogue)
    for command in dialogue.commands:
        if isinstance(command, Ask):
            await questions.answer(dialogue, command)
    if dialogue.state.flow is not None or dialogue.state.then_confirm:
        await _go_on(dialogue, changed=changed)
    elif not dialogue.lines:
        await _small_talk(dialogue)
    dialogue.state.greeted = True


async def _at_once(dialogue: Dialogue) -> bool:
    """What is done at once, whatever flow is under way. True: nothing else is to be done."""
    if dialogue.has(StopMessages, ResumeMessages):
        said = only_messages_wanted(plain(dialogue.text).text)
        if said is not None:
            await _set_messages(dialogue, allowed=isinstance(said, ResumeMessages))
        else:  # a model's reading alone changes no consent
            dialogue.say("messages_how")
        return True
    language = dialogue.first(SetLanguage)
    if language is not None:
        dialogue.language = language.language
        dialogue.say("language_set")
    if dialogue.has(HandOver):
        await _drop(dialogue)
        await hand_over(dialogue, "The patient asked for a person")
        return True
    if dialogue.has(StartOver):
        await _drop(dialogue)
        dialogue.state.wishes.clear()
        dialogue.say("started_over")
    elif dialogue.has(Abandon):
        was = dialogue.state.flow
        await _drop(dialogue)
        dialogue.say("left" if was else "nothing_to_leave")
    if dialogue.has(Repeat) and dialogue.state.last_answer and len(dialogue.commands) == 1:
        dialogue.lines.append(dialogue.state.last_answer)
        dialogue.read_back = dialogue.state.pending is not None
        return True
    return False


async def _set_messages(dialogue: Dialogue, *, allowed: bool) -> None:
    """STOP and START act on every patient of the number, at once and without verification: they only withdraw, or
    give back, the right to write to this number."""
    page = await dialogue.call_as_service("patients.search_patients", phone=dialogue.address)
    for patient in page.items:
        await dialogue.call_as_service("patients.set_message_consent", patient_id=str(patient.id), allowed=allowed)
    dialogue.say("messages_on" if allowed else "messages_off")


async def _absorb(dialogue: Dialogue) -> bool:
    """Put starts, fills and corrections where they belong. True: the present flow's information has changed."""
    state, changed, target = dialogue.state, False, None
    if state.flow is None and not dialogue.has(Start) and any(c.slot in _MEANS_BOOKING for c in dialogue.fills()):
        dialogue.commands = (Start(flow="book"), *dialogue.commands)
    dialogue.commands = _one_booking_each(dialogue)
    for place, command in enumerate(dialogue.commands):
        if isinstance(command, Start):
            target = await _start(dialogue, command, before=dialogue.commands[:place])
            changed = changed or target is state.slots
        elif isinstance(command, More) and command.direction in ("earlier", "later") and state.flow == "reschedule":
            state.slots["toward"] = command.direction
        elif isinstance(command, Fill | Correct) and command.slot not in ("birth_date", "name"):
            slots = state.slots if target is None else target
            if state.flow is None and target is None:
                continue
            if command.slot == "practitioner" and seek.anyone(command.value, dialogue.hospital.names):
                changed = _any_doctor(dialogue, slots) or changed
                continue
            if command.slot == "for_whom" and slots is state.slots and slots.get("for_whom") != command.value:
                await book.let_go(dialogue)
            if slots.get(command.slot) != command.value:
                changed = changed or slots is state.slots
                _replace(slots, command.slot, command.value)
                if slots is state.slots and command.slot in ("day", "time", "practitioner", "specialty", "complaint"):
                    state.after = state.before = None
    return changed


def _one_booking_each(dialogue: Dialogue) -> tuple[Command, ...]:
    """ "A dentist on Friday and an eye doctor on Saturday" are two bookings: the second begins with its specialty."""
    said: list[Command] = []
    first: str | None = None
    for command in dialogue.commands:
        if isinstance(command, Start):
            first = None
        elif isinstance(command, Fill) and command.slot == "specialty" and Start(flow="book") in said:
            found = match_specialty(command.value, dialogue.hospital.names.specialties)
            code = str(found[0].id) if found else None
            if first and code and code != first and _AND.search(dialogue.text) and not _OR.search(dialogue.text):
                said.append(Start(flow="book"))
            first = code or first
        said.append(command)
    return tuple(said)


def _any_doctor(dialogue: Dialogue, slots: dict[str, str]) -> bool:
    """Any doctor will do. True: one was wanted before, and is no longer."""
    if slots is not dialogue.state.slots or "practitioner" not in slots:
        return False
    seek.forget_doctor(dialogue)
    dialogue.state.after = dialogue.state.before = None
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


async def _start(dialogue: Dialogue, command: Start, *, before: tuple[Command, ...]) -> dict[str, str]:
    """Begin a flow, or note it for later where another of this message comes first. Returns where its words go."""
    state = dialogue.state
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
    await book.let_go(dialogue)
    state.end_flow()
    state.flow = command.flow
    if not any(word in dialogue.text.lower().split() for word in _INSTEAD) and left.flow != "list":
        state.wishes.append(left)
    return state.slots


async def _drop(dialogue: Dialogue) -> None:
    if dialogue.state.held_slot is not None:
        await book.let_go(dialogue)
    dialogue.state.then_confirm = False
    dialogue.state.end_flow()


async def _go_on(dialogue: Dialogue, *, changed: bool) -> None:
    """Take the flow further, once it is known who writes; then the next wish, if one was waiting."""
    asked_now = dialogue.state.awaiting == "birth_date" or dialogue.state.verified_at is None
    if not await verified(dialogue):
        return
    if dialogue.state.then_confirm:
        dialogue.state.then_confirm = False
        await _confirm_coming(dialogue)
        return
    if _only_digression(dialogue, changed=changed):
        _ask_again(dialogue)
        return
    await _step(dialogue, changed=changed or asked_now)
    while dialogue.state.flow is None and dialogue.state.wishes and not dialogue.handed_over:
        wish = dialogue.state.wishes.pop(0)
        dialogue.state.flow, dialogue.state.slots = wish.flow, wish.slots
        dialogue.say(f"next_{wish.flow}")
        dialogue.commands = ()
        await _step(dialogue, changed=True)
    if dialogue.state.flow is None and not dialogue.handed_over and not dialogue.state.pending:
        dialogue.state.ask("anything_else")
        dialogue.say("anything_else")


async def _step(dialogue: Dialogue, *, changed: bool) -> None:
    """One step of the flow. A tool that refuses what the words came to is no end: the day and time are asked again."""
    try:
        await flow.step(dialogue, changed=changed)
    except ToolError as error:
        if error.remedy == "try_later":
            raise  # the turn runs again
        dialogue.lines.clear()
        await book.let_go(dialogue)
        for name in ("day", "time", "location"):
            dialogue.state.slots.pop(name, None)
        dialogue.state.after = dialogue.state.before = None
        dialogue.state.misses += 1
        if dialogue.state.misses >= MISSES or dialogue.state.flow in ("list", None):
            await hand_over(dialogue, f"A step was refused: {error.code}")
            return
        dialogue.say("step_refused")
        dialogue.state.ask("day")
        dialogue.say("ask_day")


def _only_digression(dialogue: Dialogue, *, changed: bool) -> bool:
    """Only a question, thanks or greeting, with a question of ours still open; or nothing understood at all."""
    aside = (Ask, Thank, Greet, Goodbye, Repeat, SetLanguage)
    return (
        not changed
        and all(isinstance(c, aside) for c in dialogue.commands)
        and dialogue.state.awaiting not in (None, "birth_date")
    )


def _ask_again(dialogue: Dialogue) -> None:
    """Put the open question again; after three messages that were not understood, a person is offered."""
    state = dialogue.state
    if not dialogue.commands:
        state.misses += 1
        dialogue.say("not_understood" if state.misses < MISSES else "offer_person")
    if state.pending is not None:
        book.read_back(dialogue, state.pending)
    elif state.awaiting == "day":
        dialogue.say("ask_day")
    elif state.awaiting == "specialty" or state.awaiting == "practitioner":
        dialogue.say("ask_who")
    elif state.awaiting == "choice" and not dialogue.lines:
        dialogue.say("offer")


async def _small_talk(dialogue: Dialogue) -> None:
    """No flow, no question: greetings, thanks, a yes or no to nothing, or nothing understood."""
    state = dialogue.state
    if dialogue.has(Affirm) and await _may_confirm(dialogue):
        state.then_confirm = True
        await _go_on(dialogue, changed=False)
    elif dialogue.has(Goodbye) or (dialogue.has(Deny) and state.awaiting == "anything_else"):
        state.ask(None)
        dialogue.say("goodbye")
    elif dialogue.has(Thank):
        dialogue.say("welcome")
    elif dialogue.has(Greet):
        dialogue.say("greeting", hospital=dialogue.tenant.name)
    elif dialogue.has(Affirm) or state.awaiting == "birth_date" or dialogue.fills():
        dialogue.say("what_can_i_do")
    else:
        state.misses += 1
        if state.misses >= MISSES:
            await hand_over(dialogue, "The patient was not understood three times")
        elif state.greeted:
            dialogue.say("not_understood_help")
        else:
            dialogue.say("greeting", hospital=dialogue.tenant.name)
        return
    state.misses = 0


async def _may_confirm(dialogue: Dialogue) -> bool:
    """Whether a yes may answer what we wrote first: always, but right after "anything else?" only where a seat is
    offered, or where that question is old."""
    state = dialogue.state
    if not is_plain_yes(dialogue.text, action="book"):
        return False
    if not is_plain_yes(dialogue.text) and (state.patient_id is None or state.verified_at is None):
        return False  # "book it", and it is not known yet what could be meant
    if state.awaiting != "anything_else" or state.patient_id is None or state.verified_at is None:
        return True
    if dialogue.work.now - state.verified_at > FRESH:
        return True
    offered = await dialogue.call("scheduling.list_waitlist", patient_id=str(dialogue.subject_id))
    return any(entry.state == "offered" for entry in offered.items)


async def _confirm_coming(dialogue: Dialogue) -> None:
    """A yes to what we wrote first: a freed seat that was offered, or a reminder."""
    offered = await dialogue.call("scheduling.list_waitlist", patient_id=str(dialogue.subject_id))
    entry = next((entry for entry in offered.items if entry.state == "offered" and entry.offered_slot_id), None)
    if entry is not None:
        dialogue.state.flow = "book"
        dialogue.state.slots = {
            "specialty": dialogue.hospital.specialty_name(entry.specialty_code),
            "day": "as soon as possible",
        }
        await book.choose(_with_slot(dialogue), Option(id=str(entry.offered_slot_id), label=""))
        return
    page = await dialogue.call(
        "scheduling.list_appointments", patient_id=str(dialogue.subject_id), upcoming=True, limit=5
    )
    visit = next((visit for visit in page.items if visit.state == "booked"), None)
    if visit is None:
        dialogue.say("what_can_i_do")
        return
    try:
        await dialogue.call("scheduling.confirm_appointment", appointment_id=str(visit.id))
    except ToolError:
        dialogue.say("not_possible")
        return
    when = dialogue.when(dialogue.local(visit.starts_at, visit.location_id))
    dialogue.say("confirmed", when=when, practitioner=visit.practitioner, location=visit.location)


def _with_slot(dialogue: Dialogue) -> Dialogue:
    dialogue.state.kind = "slot"
    return dialogue
