"""The concierge: the first and last word of every turn. Hands commands to the flow under way, and carries the repairs
that belong to no single flow: corrections, digressions, changes of mind, several flows at once, silence, "a person,
please"."""

from __future__ import annotations

from agents import flows
from agents.commands import (
    Abandon,
    Affirm,
    Ask,
    Chat,
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
from agents.concierge.feelings import feel_with
from agents.concierge.identity import hand_over, verified
from agents.flows import FlowData
from agents.turn.conversation_state import QueuedFlow
from agents.turn.dialogue import Dialogue
from agents.understanding.builtin.intents import answer_to_stop, messages_wanted
from agents.understanding.resolve.when import resolve_birth_date
from agents.vocabulary import WHO
from tools.patients.consents import set_message_consent
from tools.patients.tools import search_patients
from tools.runtime.errors import ToolError

MISSES = 3
_INSTEAD = ("instead", "actually", "rather", "badle", "nahi")
_ASIDE = (Ask, Chat, Thank, Greet, Goodbye, Repeat, SetLanguage)


async def act(dialogue: Dialogue) -> None:
    """Act on one message's commands. Whatever else is said, an answer that leaves something to be agreed to ends with
    exactly that, so that the next yes can be to nothing else."""
    await _act(dialogue)
    if dialogue.state.pending is not None and not dialogue.has_read_back:
        dialogue.read_back(dialogue.state.pending)


async def _act(dialogue: Dialogue) -> None:
    if await _at_once(dialogue):
        return
    feel_with(dialogue)
    changed = await _absorb(dialogue)
    for command in dialogue.commands:
        if isinstance(command, Ask):
            await questions.answer(dialogue, command)
    if dialogue.state.flow is not None or dialogue.state.answering is not None:
        await _go_on(dialogue, changed=changed)
    elif not dialogue.lines:
        await _small_talk(dialogue)
    dialogue.state.greeted = True


async def _at_once(dialogue: Dialogue) -> bool:
    """What is done at once, whatever flow is under way. True: nothing else is to be done."""
    if dialogue.state.awaiting == "stop_messages" and await _answered_to_stop(dialogue):
        return True
    if dialogue.has(StopMessages, ResumeMessages):
        said = messages_wanted(dialogue.text)
        if said is None and dialogue.has(Start):  # "no more reminders about dr rao, cancel that visit"
            dialogue.say("messages_how")
            return False
        if said is not None:
            await _set_messages(dialogue, allowed=isinstance(said, ResumeMessages))
        else:  # no reading but the plain words changes consent by itself
            dialogue.state.ask("stop_messages" if dialogue.has(StopMessages) else None)
            dialogue.say("messages_sure" if dialogue.has(StopMessages) else "messages_how")
        return True
    language = dialogue.first(SetLanguage)
    if language is not None:
        dialogue.language, dialogue.state.chose_language = language.language, True
        dialogue.say("language_set")
    if dialogue.has(HandOver):
        await _drop(dialogue)
        await hand_over(dialogue, "The patient asked for a person")
        return True
    if dialogue.has(StartOver):
        await _drop(dialogue)
        dialogue.state.queued.clear()
        dialogue.say("started_over")
    elif dialogue.has(Abandon) or _takes_leave(dialogue):
        await _leave(dialogue)
        if len(dialogue.commands) == 1 or _takes_leave(dialogue):
            return True
    again = dialogue.has(Repeat) and len(dialogue.commands) == 1 and dialogue.state.last_answer
    if again and dialogue.state.awaiting != "request_detail":
        dialogue.missed("once_more")
        dialogue.repeats = True
        dialogue.lines.append(dialogue.state.last_answer)
        dialogue.has_read_back = dialogue.state.pending is not None
        return True
    return False


async def _answered_to_stop(dialogue: Dialogue) -> bool:
    """An answer to "shall I stop all messages?". False: it was something else, or the same wish again."""
    answer = answer_to_stop(dialogue.text)
    if answer == "yes":
        dialogue.state.ask(None)
        await _set_messages(dialogue, allowed=False)
        return True
    if dialogue.has(StopMessages, ResumeMessages):
        return False
    if answer == "no" or dialogue.has(Deny):
        dialogue.state.ask(None)
        dialogue.say("messages_stay")
        return True
    if all(isinstance(command, _ASIDE) for command in dialogue.commands):
        dialogue.missed("not_understood")
        dialogue.say("messages_sure")
        return True
    dialogue.state.ask(None)
    return False


def _takes_leave(dialogue: Dialogue) -> bool:
    """A goodbye and nothing else, or a no to who is writing."""
    if not dialogue.commands or dialogue.state.flow is None:
        return False
    leaves = dialogue.has(Goodbye) or (dialogue.has(Deny) and dialogue.state.awaiting == "birth_date")
    return leaves and all(isinstance(command, Goodbye | Thank | Deny | Abandon) for command in dialogue.commands)


async def _leave(dialogue: Dialogue) -> None:
    """Let go of what is under way, kindly."""
    state = dialogue.state
    flow, pending, asked = state.flow, state.pending, state.awaiting
    await _drop(dialogue)
    state.queued.clear()
    if pending is not None and pending.action == "cancel":
        dialogue.say("kept", **pending.facts)
    elif flow is not None:
        dialogue.say("left")
    else:
        dialogue.say("goodbye" if asked == "anything_else" or dialogue.has(Goodbye) else "nothing_to_leave")


async def _set_messages(dialogue: Dialogue, *, allowed: bool) -> None:
    """STOP and START act on every patient of the number, at once and without verification: they only withdraw, or
    give back, the right to write to this number."""
    page = await dialogue.call_as_service(search_patients, phone=dialogue.address)
    for patient in page.items:
        await dialogue.call_as_service(set_message_consent, patient_id=str(patient.id), allowed=allowed)
    dialogue.say("messages_on" if allowed else "messages_off")


async def _absorb(dialogue: Dialogue) -> bool:
    """Put starts, fills and corrections where they belong. True: the present flow's information has changed."""
    state, changed = dialogue.state, False
    target: FlowData | None = None  # whose information follows: of the flow begun last in this message
    _note_who(dialogue)
    _begin_by_itself(dialogue)
    for place, command in enumerate(dialogue.commands):
        if isinstance(command, Start):
            target = await _start(dialogue, command, place)
            changed = changed or target is state.data
        elif state.flow is None:
            continue
        elif isinstance(command, More):
            await flows.find(state.flow).does.more(dialogue, command)
        elif isinstance(command, Fill | Correct) and command.slot not in WHO:
            data = state.data if target is None else target
            owner = flows.find(state.flow if data is state.data else _queued_with(dialogue, data))
            filled = await owner.does.fill(dialogue, data, command)
            changed = changed or (filled and data is state.data)
    return changed


def _note_who(dialogue: Dialogue) -> None:
    """What is said about the writer is kept until it is needed."""
    for command in dialogue.commands:
        if not isinstance(command, Fill | Correct) or command.slot not in WHO:
            continue
        readable = resolve_birth_date(command.value, month_first=dialogue.tenant.month_first)
        if command.slot != "birth_date" or readable:
            dialogue.state.noted[command.slot] = command.value


def _begin_by_itself(dialogue: Dialogue) -> None:
    """A piece of information may ask for a flow where nothing is under way; and one message, for a flow more than
    once."""
    if dialogue.state.flow is None and not dialogue.has(Start):
        name = flows.begun_by(command.slot for command in dialogue.fills())
        if name is not None:
            dialogue.commands = (Start(flow=name), *dialogue.commands)
    for declared in flows.all_flows():
        dialogue.commands = declared.does.split(dialogue, dialogue.commands)


def _queued_with(dialogue: Dialogue, data: FlowData) -> str:
    return next(queued.flow for queued in dialogue.state.queued if queued.data is data)


async def _start(dialogue: Dialogue, command: Start, place: int) -> FlowData:
    """Begin a flow, or note it for later where another of this message comes first. Returns where its words go.
    `place`: of the command among the message's."""
    state = dialogue.state
    if state.flow is None:
        state.begin(command.flow)
        flows.find(command.flow).does.begun(state.data, dialogue.text)
        return state.data
    begun_now = any(isinstance(command, Start) and command.flow == state.flow for command in dialogue.commands[:place])
    if state.flow == command.flow and not begun_now:
        return state.data
    if begun_now:
        state.queued.append(QueuedFlow(flow=command.flow))
        return state.queued[-1].data
    left, resumed = QueuedFlow(flow=state.flow, data=state.data.for_later()), flows.find(state.flow).resumed
    await flows.release(dialogue)
    state.end_flow()
    state.begin(command.flow)
    flows.find(command.flow).does.begun(state.data, dialogue.text)
    if resumed and not any(word in dialogue.text.lower().split() for word in _INSTEAD):
        state.queued.append(left)
    return state.data


async def _drop(dialogue: Dialogue) -> None:
    await flows.release(dialogue)
    dialogue.state.answering = None
    dialogue.state.end_flow()


async def _go_on(dialogue: Dialogue, *, changed: bool) -> None:
    """Take the flow further, once it is known who writes; then the next one, if one was waiting."""
    state = dialogue.state
    asked_now = state.awaiting == "birth_date" or state.verified_at is None
    if not await _may_go_on(dialogue):
        return
    if state.answering is not None:
        answering, state.answering = state.answering, None
        await flows.find(answering).does.answer(dialogue)
        return
    if _only_digression(dialogue, changed=changed):
        _ask_again(dialogue)
        return
    await _step(dialogue, changed=changed or asked_now)
    while state.flow is None and state.queued and not dialogue.handed_over:
        queued = state.queued.pop(0)
        state.begin(queued.flow, queued.data)
        dialogue.say(f"next_{queued.flow}")
        dialogue.commands = ()
        if not await _may_go_on(dialogue):
            return
        await _step(dialogue, changed=True)
    if state.flow is None and not dialogue.handed_over and not state.pending:
        state.ask("anything_else")
        dialogue.say("anything_else")


async def _may_go_on(dialogue: Dialogue) -> bool:
    """Whether the flow under way needs to know nobody, or it is known who writes."""
    flow = dialogue.state.flow
    return (flow is not None and not flows.find(flow).verified) or await verified(dialogue)


async def _step(dialogue: Dialogue, *, changed: bool) -> None:
    """One step of the flow. A tool that refuses what the words came to is no end: the flow asks for other words."""
    state = dialogue.state
    assert state.flow is not None
    try:
        await flows.find(state.flow).does.step(dialogue, changed=changed)
    except ToolError as error:
        if error.remedy == "try_later":
            raise  # the turn runs again
        dialogue.lines.clear()
        await flows.release(dialogue)
        state.misses += 1
        if state.misses >= MISSES or state.flow is None or not flows.find(state.flow).does.ask_anew(dialogue):
            await hand_over(dialogue, f"A step was refused: {error.code}")


def _only_digression(dialogue: Dialogue, *, changed: bool) -> bool:
    """Only a question, thanks or greeting, with a question of ours still open; or nothing understood at all."""
    asks = any(isinstance(one, Ask) and one.topic != "other" for one in dialogue.commands)
    if dialogue.state.awaiting == "request_detail" and not asks:
        return False  # whatever is said is taken: the question is not put twice
    aside = not changed and all(isinstance(command, _ASIDE) for command in dialogue.commands)
    if not aside or dialogue.state.awaiting in (None, "birth_date"):
        return False
    flow = dialogue.state.flow
    return flow is None or not flows.find(flow).does.reads(dialogue)


def _ask_again(dialogue: Dialogue) -> None:
    """Put the open question again; after three messages that were not understood, a person is offered."""
    state = dialogue.state
    if not dialogue.commands:
        dialogue.missed("not_understood")
        if state.misses > 1 and state.awaiting == "choice":
            state.options = state.options[:2]
    if state.pending is not None:
        dialogue.read_back(state.pending)
    elif state.flow is not None:
        flows.find(state.flow).does.ask_again(dialogue)


async def _small_talk(dialogue: Dialogue) -> None:
    """No flow, no question: greetings, thanks, a yes or no to nothing, or nothing understood."""
    state = dialogue.state
    answering = await _answered(dialogue) if dialogue.has(Affirm) else None
    if answering is not None:
        state.answering = answering
        await _go_on(dialogue, changed=False)
    elif dialogue.has(Goodbye) or (dialogue.has(Deny) and state.awaiting == "anything_else"):
        state.ask(None)
        dialogue.say("goodbye")
    elif dialogue.has(Thank):
        dialogue.say("welcome")
    elif dialogue.has(Chat):
        dialogue.say("chat" if state.greeted else "greeting", hospital=dialogue.tenant.name)
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


async def _answered(dialogue: Dialogue) -> str | None:
    """The flow that wrote to the patient first, where a yes may be the answer to that."""
    for declared in flows.all_flows():
        if await declared.does.may_answer(dialogue):
            return declared.name
    return None
