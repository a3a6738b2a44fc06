"""The scheduling agent: one step of the flow that the conversation is in."""

from __future__ import annotations

from datetime import datetime

from agents.commands import Affirm, Choose, Correct, Deny, Fill, More
from agents.scheduling import book, seek, visits
from agents.scheduling.options import pick
from agents.scheduling.relatives import settle_subject
from agents.turn.conversation_state import Option, Pending
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.assent import is_plain_yes
from agents.understanding.resolve.when import resolve_time
from tools.runtime.errors import ToolError
from tools.runtime.runtime import assent_digest

_NEXT = {
    "book": book.find_and_offer,
    "list": visits.list_visits,
    "reschedule": visits.reschedule,
    "cancel": visits.cancel,
    "waitlist": visits.waitlist,
}


async def step(d: Dialogue, *, changed: bool) -> None:
    """Take the flow one step further. `changed`: this message gave or corrected a piece of information."""
    state = d.state
    if state.pending is not None and not changed and not d.has(Choose, More):
        await _answer_to_read_back(d, state.pending)
        return
    if state.pending is not None:
        if state.pending.deed == "cancel" and d.has(More) and not changed:
            await visits.other_visit(d, state.pending)
            return
        _other_times(d, state.pending)
        await book.let_go(d)
    if state.awaiting == "choice" and await _choice(d, changed=changed):
        return
    if not await settle_subject(d):
        return
    if state.flow is not None:
        await _NEXT[state.flow](d)


async def _answer_to_read_back(d: Dialogue, pending: Pending) -> None:
    """Only a plain yes, by the patient's own words, to exactly what was read back lets the tool act."""
    if d.has(Deny):
        await _refused(d, pending)
    elif d.has(Affirm) and is_plain_yes(d.text, deed=pending.deed if pending.deed != "waitlist" else "book"):
        await _act(d, pending)
    else:
        if not d.lines:
            d.say("need_clear_yes")
        book.read_back(d, pending)


async def _act(d: Dialogue, pending: Pending) -> None:
    digest = assent_digest(pending.tool, pending.args)
    try:
        await d.call(pending.tool, assent=digest, **pending.args)
    except ToolError as error:
        await book.let_go(d)
        await _not_done(d, pending, error)
        return
    d.say(f"done_{pending.deed}", **pending.facts)
    if pending.deed == "waitlist":
        await book.let_go(d)
    d.state.end_flow()


async def _not_done(d: Dialogue, pending: Pending, error: ToolError) -> None:
    """The tool refused after all: say why, and go on from there."""
    if error.code in ("slot_full", "slot_closed", "slot_in_past", "practitioner_elsewhere"):
        d.say("seat_gone")
        await book.find_and_offer(d)
        return
    if error.code == "patient_elsewhere":
        d.say("elsewhere_then", **pending.facts)
        d.state.slots.pop("time", None)
        d.state.pending = None
        d.state.ask("time")
        return
    if error.code == "one_a_day":
        d.say("one_a_day", **pending.facts)
        d.state.slots.pop("day", None)
        d.state.ask("day")
        return
    if error.code == "already_waiting":
        d.say("already_waiting", **pending.facts)
    else:
        d.say("not_possible")
    d.state.end_flow()


async def _refused(d: Dialogue, pending: Pending) -> None:
    await book.let_go(d)
    if pending.deed == "cancel":
        d.say("kept", **pending.facts)
        d.state.end_flow()
    elif pending.deed == "waitlist":
        d.say("left")
        d.state.end_flow()
    else:
        d.state.slots.pop("day", None)
        d.state.slots.pop("time", None)
        d.state.ask("day")
        d.say("what_instead")


async def _choice(d: Dialogue, *, changed: bool) -> bool:
    """An answer to a list of options. False: the message was something else; the flow goes on with it."""
    state = d.state
    more = d.first(More)
    if more is not None and state.kind == "slot":
        _turn_page(d, more.direction)
        return False
    words = _words_of_choice(d)
    option = pick(words, state.options, d.now, month_first=d.tenant.month_first) if words else None
    if option is not None and not _says_more(d, option):
        await (visits if state.kind == "appointment" else book).choose(d, option)
        return True
    if d.has(Deny) and not changed:
        state.slots.pop("day", None)
        state.slots.pop("time", None)
        state.ask("day")
        d.say("what_instead")
        return True
    if d.has(Choose) or not changed:
        if d.has(Affirm) and len(state.options) == 1:
            await (visits if state.kind == "appointment" else book).choose(d, state.options[0])
            return True
        if not d.lines:
            d.say("choice_not_clear")
        return True
    return False


def _words_of_choice(d: Dialogue) -> str:
    chosen = d.first(Choose)
    if chosen is not None:
        return chosen.value
    said = [c.value for c in d.commands if isinstance(c, Fill | Correct) and c.slot in _PICKING]
    return " ".join(said)


_PICKING = ("day", "time", "practitioner", "location", "appointment")


def _says_more(d: Dialogue, option: Option) -> bool:
    """A specialty, relative or other new matter beside the pick: not a pick."""
    return any(isinstance(c, Fill | Correct) and c.slot in ("specialty", "complaint", "for_whom") for c in d.commands)


def _other_times(d: Dialogue, pending: Pending) -> None:
    """Another time than the one read back was asked for: earlier or later than it, or any other."""
    more, state = d.first(More), d.state
    if more is None or pending.facts.get("at") is None:
        return
    if state.slots.get("time") and not d.has(Fill, Correct):
        hours = resolve_time(state.slots["time"])
        if hours is None or hours.exact:
            state.slots.pop("time")
    at = datetime.fromisoformat(pending.facts["at"])
    if more.direction == "earlier":
        state.before, state.after = at, None
    elif more.direction == "later":
        state.after, state.before = at, None
    elif more.direction == "other_practitioner":
        _turn_page(d, more.direction)


def _turn_page(d: Dialogue, direction: str) -> None:
    state = d.state
    times = [option.at for option in state.options if option.at is not None]
    if direction == "other_practitioner":
        seek.forget_doctor(d, other=True)
        state.after = state.before = None
    elif direction == "earlier" and times:
        state.before, state.after = min(times), None
    elif times:
        state.after, state.before = max(times), None
