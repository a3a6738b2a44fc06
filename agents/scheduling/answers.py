"""What an answer of the patient does to a scheduling flow: a yes or no to what was read back, a choice, "later
ones"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from agents.commands import Affirm, Choose, Correct, Deny, Fill, More, Start
from agents.scheduling import book, seek, visits
from agents.scheduling.data import VisitData
from agents.scheduling.options import pick
from agents.scheduling.referred import speak_of
from agents.scheduling.relatives import settle_subject
from agents.turn.conversation_state import Option, Pending
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.when import is_bound, resolve_time
from tools.runtime.errors import ToolError
from tools.scheduling.appointments import AppointmentOut

LEAVE = "leave"  # of the options: the visit stays as it is
Next = Callable[[Dialogue], Awaitable[None]]


async def step(dialogue: Dialogue, next_step: Next, *, changed: bool) -> None:
    """One step of a scheduling flow: an answer to what was read back, a choice, or else the flow's own next step.
    `changed`: this message gave or corrected a piece of information."""
    state = dialogue.state
    if state.pending is not None and not changed and not dialogue.has(Choose, More):
        await _answer_to_read_back(dialogue, state.pending)
        return
    if state.pending is not None:
        if state.pending.action == "cancel" and dialogue.has(More) and not changed:
            await visits.other_visit(dialogue, state.pending)
            return
        _other_times(dialogue, state.pending)
        await book.release(dialogue)
    if state.awaiting == "choice" and await _choice(dialogue, changed=changed):
        return
    if state.awaiting == "for_whom" and dialogue.has(Affirm) and dialogue.data(VisitData).fits:
        state.ask(None)
    elif not await settle_subject(dialogue):
        return
    await next_step(dialogue)


async def _answer_to_read_back(dialogue: Dialogue, pending: Pending) -> None:
    """Only a plain yes, by the patient's own words, to exactly what was read back lets the tool act."""
    if dialogue.has(Deny):
        await _refused(dialogue, pending)
    elif dialogue.has(Affirm) and dialogue.says_yes_to(
        pending, pending.action if pending.action != "waitlist" else "book"
    ):
        await _act(dialogue, pending)
    elif dialogue.has(Fill, Correct) and pending.action in ("book", "reschedule"):  # said again: it is not that
        await _refused(dialogue, pending)
    else:
        if not dialogue.lines:
            dialogue.missed("need_clear_yes")
        dialogue.read_back(pending)


async def _act(dialogue: Dialogue, pending: Pending) -> None:
    try:
        done = await dialogue.act(pending)
        if isinstance(done, AppointmentOut):
            dialogue.state.made.append(str(done.id))
            speak_of(dialogue, done)
        dialogue.state.misses = 0
    except ToolError as error:
        await book.release(dialogue)
        await _not_done(dialogue, pending, error)
        return
    dialogue.say(f"done_{pending.action}", **pending.facts)
    if pending.action == "waitlist":
        await book.release(dialogue)
    if pending.action == "cancel" and visits.all_are_meant(dialogue.text):
        await visits.cancel_the_listed(dialogue)
    dialogue.state.end_flow()


async def _not_done(dialogue: Dialogue, pending: Pending, error: ToolError) -> None:
    """The tool refused after all: say why, and go on from there."""
    if error.code in ("slot_full", "slot_closed", "slot_in_past", "practitioner_elsewhere"):
        dialogue.say("seat_gone")
        await book.find_and_offer(dialogue)
        return
    if error.code == "patient_elsewhere":
        dialogue.say("elsewhere_then", **pending.facts)
        dialogue.data(VisitData).time = None
        dialogue.state.pending = None
        dialogue.state.ask("time")
        return
    if error.code == "one_a_day":
        dialogue.say("one_a_day", **pending.facts)
        dialogue.data(VisitData).day = None
        dialogue.state.ask("day")
        return
    if error.code == "already_waiting":
        dialogue.say("already_waiting", **pending.facts)
    else:
        dialogue.say("not_possible")
    dialogue.state.end_flow()


async def _refused(dialogue: Dialogue, pending: Pending) -> None:
    await book.release(dialogue)
    if pending.action == "cancel":
        dialogue.say("kept", **pending.facts)
        dialogue.state.end_flow()
    elif pending.action == "waitlist":
        dialogue.say("left")
        dialogue.state.end_flow()
    else:
        data = dialogue.data(VisitData)
        data.forget("day", "time")
        data.refused += 1
        if pending.action == "reschedule" and data.refused > 1:  # it may not be another time that is wanted
            dialogue.say("not_done")
            ask_what_with_it(dialogue)
            return
        dialogue.state.ask("day")
        dialogue.say("what_instead")


def ask_what_with_it(dialogue: Dialogue) -> None:
    """Whether the visit is to be moved at all."""
    visit_id = str(dialogue.data(VisitData).appointment_id)
    dialogue.say("what_with_it")
    options = [
        Option(id=visit_id, label=dialogue.phrase("existing_move")),
        Option(id=f"{book.CANCEL}{visit_id}", label=dialogue.phrase("existing_cancel")),
        Option(id=LEAVE, label=dialogue.phrase("existing_leave")),
    ]
    dialogue.state.ask("choice", kind="existing", options=options)


async def _choice(dialogue: Dialogue, *, changed: bool) -> bool:
    """An answer to a list of options. False: the message was something else; the flow goes on with it."""
    state = dialogue.state
    more = dialogue.first(More)
    if more is not None and state.kind == "slot":
        _turn_page(dialogue, more.direction)
        return False
    if state.flow == "cancel" and state.kind == "appointment" and visits.all_are_meant(dialogue.text):
        dialogue.data(VisitData).appointment = dialogue.text[:200]
        state.ask(None)
        return False
    another = next((one for one in state.options if one.id == book.ANOTHER), None)
    if state.kind == "existing" and another is not None and dialogue.has(Deny, Start):
        await _with_existing(dialogue, another)
        return True
    words = "" if _bounds_the_time(dialogue) else _words_of_choice(dialogue)
    option = _picked(dialogue, words) if words else None
    if option is not None and not _says_more(dialogue, option):
        await _chosen(dialogue, option)
        return True
    if dialogue.has(Deny) and not changed:
        dialogue.data(VisitData).forget("day", "time")
        state.ask("day")
        dialogue.say("what_instead")
        return True
    if not changed and dialogue.has(Fill, Correct) and state.kind == "slot":  # the same again: it is meant
        dialogue.data(VisitData).insists = True
        return False
    if dialogue.has(Choose) or not changed:
        if dialogue.has(Affirm) and (len(state.options) == 1 or state.kind in ("slot", "existing")):  # the first
            await _chosen(dialogue, state.options[0])
            return True
        if not dialogue.lines:
            dialogue.missed("choice_not_clear")
            if state.misses > 1:
                state.options = state.options[:2]
        return True
    return False


async def _chosen(dialogue: Dialogue, option: Option) -> None:
    if dialogue.state.kind == "existing":
        await _with_existing(dialogue, option)
    else:
        await (visits if dialogue.state.kind == "appointment" else book).choose(dialogue, option)


async def _with_existing(dialogue: Dialogue, option: Option) -> None:
    """With the visit that there is: it is moved, cancelled or left as it is, or another is booked."""
    state, data = dialogue.state, dialogue.data(VisitData)
    state.ask(None)
    if option.id == LEAVE:
        dialogue.say("left")
        state.end_flow()
    elif option.id == book.ANOTHER:
        await book.find_and_offer(dialogue)
    elif option.id.startswith(book.CANCEL):
        state.flow, data.appointment_id = "cancel", UUID(option.id.removeprefix(book.CANCEL))
        await visits.cancel(dialogue)
    else:
        state.flow, data.appointment_id = "reschedule", UUID(option.id)
        await visits.reschedule(dialogue)


def _picked(dialogue: Dialogue, words: str) -> Option | None:
    numbered = dialogue.has(Choose)
    return pick(words, dialogue.state.options, dialogue.now, month_first=dialogue.tenant.month_first, numbered=numbered)


def _words_of_choice(dialogue: Dialogue) -> str:
    chosen = dialogue.first(Choose)
    if chosen is not None:
        return chosen.value
    said = [
        command.value
        for command in dialogue.commands
        if isinstance(command, Fill | Correct) and command.slot in _PICKING
    ]
    return " ".join(said)


def _bounds_the_time(dialogue: Dialogue) -> bool:
    """Whether the hours are narrowed, of slots of which not all are shown: "4.30 or later"."""
    if dialogue.state.kind != "slot" or dialogue.has(Choose):
        return False
    times = [one.value for one in dialogue.commands if isinstance(one, Fill | Correct) and one.slot == "time"]
    return any(is_bound(one) for one in times)


_PICKING = ("day", "time", "practitioner", "location", "appointment")


def _says_more(dialogue: Dialogue, option: Option) -> bool:
    """A specialty, relative or other new matter beside the pick, or a day let go beside what is no number: not a
    pick."""
    matters = ("specialty", "complaint", "for_whom", *(() if dialogue.has(Choose) else ("avoid",)))
    return any(isinstance(command, Fill | Correct) and command.slot in matters for command in dialogue.commands)


def _other_times(dialogue: Dialogue, pending: Pending) -> None:
    """Another time than the one read back was asked for: earlier or later than it, or any other."""
    more, data = dialogue.first(More), dialogue.data(VisitData)
    if more is None or pending.facts.get("at") is None:
        return
    if data.time and not dialogue.has(Fill, Correct):
        hours = resolve_time(data.time)
        if hours is None or hours.exact:
            data.time = None
    at = datetime.fromisoformat(pending.facts["at"])
    if more.direction == "earlier":
        data.before, data.after = at, None
    elif more.direction == "later":
        data.after, data.before = at, None
    elif more.direction == "other_practitioner":
        _turn_page(dialogue, more.direction)


def _turn_page(dialogue: Dialogue, direction: str) -> None:
    state, data = dialogue.state, dialogue.data(VisitData)
    times = [option.at for option in state.options if option.at is not None]
    if direction == "other_practitioner":
        seek.forget_doctor(dialogue, other=True)
        data.search_afresh()
    elif direction == "earlier" and times:
        data.before, data.after = min(times), None
    elif times:
        data.after, data.before = max(times), None
