"""A turn as a LangGraph graph, compiled without a checkpointer: what is screened out first says where it goes -> the
message is understood and the flow acts (or the emergency is answered) -> compose and screen out. The turn's transaction
is let go while a model is asked, and is committed by the turn after the graph has ended. Few nodes, since each takes
half a millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime as GraphRuntime

from agents import flows
from agents.concierge import flow as concierge
from agents.concierge.attachments import note_attachment
from agents.concierge.elsewhere import answer_in
from agents.concierge.emergency import ask_whether_now, emergency_number, raise_alarm
from agents.concierge.identity import hand_over
from agents.concierge.waiting import keep_company
from agents.turn.conversation_state import Option
from agents.turn.state import Turn
from tools.tickets.hand_over import take_back

_LEAST_LEFT = 80  # characters that a shortened sentence keeps
MAX_REPLY = 1600  # characters that WhatsApp through Twilio takes in one message


Where = Literal["waiting", "emergency", "suspected", "elsewhere", "converse"]


class Nothing(TypedDict):
    """What the graph itself carries: the turn's own data is in the context."""


Context = GraphRuntime[Turn]


def screen(state: Nothing, *, runtime: Context) -> Where:
    """What kind of turn it is, by rules and by likeness to emergencies: before anything else."""
    return runtime.context.screen()


async def emergency(state: Nothing, *, runtime: Context) -> Nothing:
    turn = await _claimed(runtime)
    await raise_alarm(turn.dialogue, turn.red_flags)
    return {}


async def suspected(state: Nothing, *, runtime: Context) -> Nothing:
    """It may be an emergency: one question, with the number to call meanwhile. What was under way stays."""
    turn = await _claimed(runtime)
    await ask_whether_now(turn.dialogue, turn.screened.flags)
    return {}


async def elsewhere(state: Nothing, *, runtime: Context) -> Nothing:
    """A language that is not offered."""
    turn = await _claimed(runtime)
    assert turn.other_language is not None
    await answer_in(turn.dialogue, turn.other_language)
    return {}


async def converse(state: Nothing, *, runtime: Context) -> Nothing:
    """Words to commands (no transaction is open while a model is asked, and its answer is put on the record at once);
    then the flow."""
    await runtime.context.understand()
    turn = await _claimed(runtime)
    if turn.resumes:
        await turn.dialogue.call_as_service(take_back, conversation_id=str(turn.conversation_id))
        turn.state.waiting = None
    if turn.read.claimed.media and not turn.text.strip():
        note_attachment(turn.dialogue, turn.read.claimed.media)
        return {}
    if turn.lost is not None:
        turn.dialogue.say("lost_place")
    if turn.said_before is not None:
        turn.dialogue.say("not_happening", number=emergency_number(turn.dialogue))
    elif turn.voice_note:
        turn.dialogue.say("i_heard", text=turn.text)
    await concierge.act(turn.dialogue)
    return {}


async def waiting(state: Nothing, *, runtime: Context) -> Nothing:
    """A person has the conversation, and the patient writes meanwhile."""
    turn = await _claimed(runtime)
    await keep_company(turn.dialogue, turn.other_language)
    return {}


async def compose(state: Nothing, *, runtime: Context) -> Nothing:
    """The sentences as one message, with the options that are open numbered."""
    turn = runtime.context
    dialogue = turn.dialogue
    asked = dialogue.state.awaiting
    open_options = (
        asked in ("choice", "confirm") and not dialogue.handed_over and bool(dialogue.lines)
        and dialogue.state.suspicion is None
    )  # fmt: skip
    choose = dialogue.phrase("choose_by_number") if asked == "choice" else ""
    reply = fit(dialogue.lines, dialogue.state.options if open_options else [], choose)
    if open_options:
        dialogue.state.options = dialogue.state.options[: reply.options]
    text = _in_other_words(turn, reply.text or dialogue.phrase("not_understood_help"))
    turn.reply = (await screen_out(turn, text))[:MAX_REPLY]
    if not dialogue.repeats:
        turn.state.last_answer, turn.state.last_answer_at = turn.reply, dialogue.work.now
    return {}


def _in_other_words(turn: Turn, text: str) -> str:
    """What was said last is not said again in the same words, unless it was asked for. Nothing stands before the
    emergency number, which one who waits for a person is told again and again."""
    said, dialogue = turn.state.last_answer, turn.dialogue
    if dialogue.repeats or turn.screened.flags or turn.state.waiting is not None or not said.endswith(text):
        return text
    first = "once_more" if turn.state.awaiting in (None, "anything_else") else "still_open"
    leads = [f"{dialogue.phrase(name)}\n{text}" for name in (first, "simpler", "offer_person")]
    return {leads[0]: leads[1], leads[1]: leads[2], leads[2]: leads[1]}.get(said, leads[0])


@dataclass(frozen=True, slots=True)
class Fitted:
    """An answer that one message takes. `options`: how many of them it shows."""

    text: str
    options: int


def fit(lines: Sequence[str], options: Sequence[Option], choose: str) -> Fitted:
    """Sentences and numbered options within `MAX_REPLY`: the longest sentence is shortened first (an echo of what was
    said, as a rule), then options are left out from the end, so that what is numbered is what can be chosen."""
    shown, said = list(options), list(lines)
    while True:
        numbered = [f"{number}. {option.label}" for number, option in enumerate(shown, 1)]
        text = "\n".join([*said, *numbered, *([choose] if shown else [])]).strip()
        over = len(text) - MAX_REPLY
        longest = max(said, key=len, default="")
        if over <= 0:
            return Fitted(text, len(shown))
        if len(longest) > over + _LEAST_LEFT:
            said[said.index(longest)] = f"{longest[: len(longest) - over - 2].rstrip()} …"
        elif shown:
            shown.pop()
        else:
            return Fitted(text[:MAX_REPLY], 0)


async def screen_out(turn: Turn, reply: str) -> str:
    """The policy's last look at an answer: what must not leave is replaced, and where it says so a person takes
    over."""
    dialogue = turn.dialogue
    work, state = dialogue.work, dialogue.state
    await work.scope(None)
    patients = [one for one in (state.patient_id, state.subject_id) if one is not None]
    verdict, subject, decisions = await work.guard.outgoing(
        work, reply, conversation_id=turn.conversation_id, patients=patients, given=(*state.named, dialogue.address),
        by_agent=True, grounds=turn.grounds, zone=turn.tenant.zone,
    )  # fmt: skip
    await work.guard.note(work, subject, decisions)
    if turn.screened.flags:  # nothing stands between a patient and the emergency number
        return reply
    if verdict.text is not None:
        return verdict.text
    await flows.release(dialogue)  # what was not shown can be agreed to by nobody
    if verdict.action == "hand_over" and not dialogue.handed_over:
        await hand_over(dialogue, "The policy stopped an answer", said=True)
    return dialogue.phrase("policy_handed_over" if dialogue.handed_over else "policy_blocked")


async def _claimed(runtime: Context) -> Turn:
    """The turn, which is the conversation's one writer from here on."""
    await runtime.context.claim()
    return runtime.context


def _after_waiting(state: Nothing, *, runtime: Context) -> str:
    return "compose" if runtime.context.dialogue.lines else END


def build() -> CompiledStateGraph[Nothing, Turn, Nothing, Nothing]:
    """The compiled graph; invoked with the turn as its context."""
    graph: StateGraph[Nothing, Turn] = StateGraph(Nothing, context_schema=Turn)
    graph.add_node("emergency", emergency)
    graph.add_node("suspected", suspected)
    graph.add_node("elsewhere", elsewhere)
    graph.add_node("converse", converse)
    graph.add_node("waiting", waiting)
    graph.add_node("compose", compose)
    graph.add_conditional_edges(START, screen, ["emergency", "suspected", "elsewhere", "converse", "waiting"])
    graph.add_edge("emergency", "compose")
    graph.add_edge("suspected", "compose")
    graph.add_edge("elsewhere", "compose")
    graph.add_edge("converse", "compose")
    graph.add_conditional_edges("waiting", _after_waiting, ["compose", END])
    graph.add_edge("compose", END)
    return graph.compile()
