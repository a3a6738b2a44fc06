"""One phone call: the caller's words go through the same turn as a WhatsApp message, its answers become sentences.

Nothing is done here but talking. What the caller says is stored as a message of the conversation and its turn is run
in this process; turns of a call are serial, and what is said meanwhile is taken next."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

import structlog

from agents.phone.words import consent_in, ends_recording, only_stop, question_of, to_say
from agents.phrases import phrase
from agents.screen.screening import Screens
from agents.turn.dialogue import EMERGENCY
from agents.turn.running import ATTEMPTS, Answered, Turns
from db.blobs import Blobs
from tools.conversations.inbox import Incoming
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.voice import calls as written
from tools.voice.calls import Call, Outcome, Recorder
from voice.calls import events
from voice.calls.channels import CallChannels
from voice.calls.events import Event, How, Question
from voice.calls.spoken_numbers import in_figures
from voice.calls.turn_taking import Manners, TurnTaking

log = structlog.get_logger()
MANY_WAITING = 20  # utterances that wait for their turn: more are taken too, and said in the log
RECORDED_S = 5.0  # so much of a recording is sealed at once
LAST_WORDS_S = 45.0  # the longest that our last sentences may take


class Line(Protocol):
    """The caller's line, as a call needs it. Nothing here waits."""

    carries_sound: bool
    stand_in: bool  # the recogniser of this line stands in for a real one
    channels: CallChannels | None  # set while the call is being recorded

    def now(self) -> float:
        """Seconds of the call's own clock."""

    def speak(self, number: int, sentence: events.Sentence, language: str) -> None: ...

    def clear(self) -> None: ...

    def consider(self, action: events.Consider, language: str | None, hot_words: tuple[str, ...]) -> None: ...

    async def hang_up(self, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Hospital:
    """Where the call has come in."""

    name: str
    country: str
    transfers: bool  # there is a number to put callers through to

    @property
    def emergency(self) -> str:
        return EMERGENCY.get(self.country, "112")


class PhoneCall:
    """Drives one call, from `run` until the line is hung up. `feed` takes what happens on the line."""

    def __init__(
        self, runtime: Runtime, call: Call, line: Line, *, hospital: Hospital, manners: Manners | None = None
    ) -> None:
        self.machine = TurnTaking(manners)
        self.language = call.language
        self._runtime, self._call, self._line, self._hospital = runtime, call, line, hospital
        self._waiting: asyncio.PriorityQueue[tuple[int, int, tuple[str, How, Question]]] = asyncio.PriorityQueue()
        self._notes: deque[events.PlaybackReport] = deque()
        self._noted = asyncio.Event()
        self._said: Counter[str] = Counter()
        self._count = self._order = 0
        self._names: tuple[str, ...] = ()  # that the caller may say
        self._consent_asked = False
        self._recorder: Recorder | None = None
        self._ending: Outcome | None = None
        self._said_all = asyncio.Event()

    # --- what happens, and what is done

    def feed(self, event: Event) -> None:
        """Something happened on the line."""
        for action in self.machine.on(event):
            self._do(action)
        if self._ending is not None and self.machine.nothing_to_say:
            self._said_all.set()

    def _do(self, action: events.Action) -> None:
        match action:
            case events.Speak():
                self._line.speak(action.number, action.sentence, self.language)
            case events.Clear():
                self._line.clear()
            case events.Consider():
                self._line.consider(action, self.language if self._count else None, self._names)
            case events.FinalWords():
                self._wait(action.text, action.how)
            case events.PlaybackReport():
                if action.ref is not None:
                    self._notes.append(action)
                    self._noted.set()
            case events.Ask():
                self._say(f"call_{action.phrase}", question=self.machine.question)
            case events.Finish():
                self._say("call_goodbye", question="none")
                self._end("silent")

    def _say(self, *names: str, question: Question, answers: bool = False, **facts: object) -> None:
        """Say phrases of the house one after the other; the last one asks."""
        self._said.update(names)
        text = "\n".join(phrase(self.language, name, **facts) for name in names)
        self._tell(text, question, answers=answers)

    def _tell(
        self, text: str, question: Question, *, ref: UUID | None = None, must: bool = False, answers: bool = False
    ) -> None:
        sentences = to_say(text, self.language, must=must)
        reply = events.Reply(self._line.now(), sentences, question, str(ref) if ref else None, answers=answers)
        self.feed(reply)

    def _end(self, outcome: Outcome) -> None:
        """End the call once everything has been said."""
        if self._ending is None:
            self._ending = outcome
        self._said_all.set()

    # --- the call

    async def run(self, *, again: bool) -> None:
        """Talk until the call is to end, then write its end and hang up. Cancelled where the line is gone."""
        async with asyncio.TaskGroup() as tasks:
            begun = [
                tasks.create_task(self._greet(again=again)),
                tasks.create_task(self._take_turns()),
                tasks.create_task(self._write_notes()),
                tasks.create_task(self._record()),
            ]
            await self._until_said()
            for task in begun:
                task.cancel()
        await self.close(self._ending or "ended")
        await self._line.hang_up(self._ending or "ended")

    async def _until_said(self) -> None:
        while self._ending is None:
            await self._said_all.wait()
            self._said_all.clear()
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                while not self.machine.nothing_to_say:
                    self._said_all.clear()
                    await self._said_all.wait()
        except TimeoutError:
            log.warning("call.last_words", call=self._call.call_sid)

    async def flush(self) -> None:
        """Write what is left to be written of what was heard, and of the recording."""
        await self._write_waiting()
        await self._keep_sound()

    async def close(self, outcome: Outcome) -> None:
        """Write what is left to be written, and the end."""
        await self.flush()
        await written.end_call(self._runtime, self._call, outcome, said=dict(self._said))

    async def _greet(self, *, again: bool) -> None:
        call = self._call
        directory = (await self._runtime.services.get(Turns).hospital(call.tenant_id)).names
        self._names = tuple(known.name for known in (*directory.practitioners, *directory.specialties))[:60]
        if again:
            self._count = await written.words_so_far(self._runtime, call)
            self._recorder = await written.record(self._runtime, call)
            self._line.channels = CallChannels() if self._recorder is not None else None
        if call.conversation_state == "handed_over":
            self._say("call_welcome", "call_with_colleague", question="none", hospital=self._hospital.name,
                      number=self._hospital.emergency)  # fmt: skip
            self._to_person()
        elif again:
            await self._go_on()
        elif self._line.carries_sound and self._runtime.services.find(Blobs) is not None and call.consent == "unknown":
            self._consent_asked = True
            self._say("call_welcome", "call_consent", question="yes_no", hospital=self._hospital.name)
        else:
            self._say("call_welcome", "call_help", question="free", hospital=self._hospital.name)

    async def _go_on(self) -> None:
        """The line broke and is back: answer what was not answered, or say what was not heard."""
        self._say("call_again", question="free")
        if await self._run_turns():
            return
        unplayed = await written.unplayed_answer(self._runtime, self._call)
        if unplayed is not None:
            self._tell(unplayed[1], "free", ref=unplayed[0])
        else:
            self._say("call_help", question="free")

    # --- the caller's words

    def _wait(self, text: str, how: How) -> None:
        """What was said waits for its turn; an emergency goes before all else."""
        self._order += 1
        rank = 0 if self._urgent(text) else 1
        self._waiting.put_nowait((rank, self._order, (text, how, self.machine.question)))
        if self._waiting.qsize() % MANY_WAITING == 0:
            log.warning("call.many_waiting", call=self._call.call_sid, waiting=self._waiting.qsize())

    async def _take_turns(self) -> None:
        while True:
            _, _, (text, how, question) = await self._waiting.get()
            try:
                await self._answer(text, how, question)
            except Exception as error:  # somebody is on the line: whatever it was, the caller is told and put through
                log.error("call.failed", call=self._call.call_sid, error=type(error).__name__, exc_info=error)
                await self._failed()

    async def _answer(self, text: str, how: How, question: Question) -> None:
        consent = consent_in(text) if self._consent_asked else None
        self._consent_asked = False  # it is asked once; whatever else is said goes to the turn
        if consent is not None:
            await self._note_consent(consent, how)
        elif ends_recording(text):
            await self._withdraw(how)
        elif only_stop(text):
            self._say("call_stopped", question="free", answers=True)
        elif how == "speech" and self._guesses(question) and not self._urgent(text):
            self._say("call_keys_only", question=self.machine.question, answers=True)
        else:
            await self._answer_words(in_figures(text, question))

    def _urgent(self, text: str) -> bool:
        return (self._runtime.services.find(Screens) or Screens()).urgent(text)

    def _guesses(self, question: Question) -> bool:
        """Whether the words are little more than a guess: by the stand-in, of an answer that is not from a small set.
        They are looked through for red flags, and not acted on."""
        return self._line.stand_in and question not in ("yes_no", "choice", "digits")

    async def _answer_words(self, text: str) -> None:
        """What was said becomes a message, and is answered."""
        self._count += 1
        incoming = Incoming("phone", self._call.address, text, f"{self._call.call_sid}:{self._count}")
        call = self._call
        try:
            message_id, answered = await self._runtime.services.get(Turns).receive_and_answer(
                call.tenant_id, call.conversation_id, incoming
            )
        except Exception as error:  # the message is stored: its turn is tried again
            log.warning("call.again", call=call.call_sid, error=type(error).__name__)
            await self._run_turns()
            return
        if answered is not None and answered.message_id is not None:
            self._tell_answer(answered)
        elif message_id is None:  # received before, and answered
            self.feed(events.Reply(self._line.now(), (), answers=True))
        if message_id is not None and (answered is None or answered.message_id != message_id):
            await self._run_turns(until=message_id)

    async def _run_turns(self, *, until: UUID | None = None) -> bool:
        """Run the turns that wait, up to that of a message, and say the answers. False: none waited."""
        ran, failures, failed = False, 0, None
        while True:
            try:
                answered = await self._runtime.services.get(Turns).answer_next(
                    self._call.tenant_id, self._call.conversation_id
                )
            except Exception as error:  # tried again while the caller waits, as a job would be
                failures, failed = failures + 1, error
                if failures >= ATTEMPTS:
                    raise
                continue
            if answered is None and failed is not None:  # it was given up meanwhile
                raise failed
            failed = None
            if answered is None:
                return ran
            if answered.message_id is not None:
                ran = True
                self._tell_answer(answered)
                if answered.message_id == until:
                    return True

    def _tell_answer(self, answered: Answered) -> None:
        self.language = answered.language
        if not answered.reply:  # a person has the conversation
            self._say("call_waiting", question="none", answers=True)
        else:
            self._tell(
                answered.reply,
                question_of(answered.awaiting),
                ref=answered.reply_id,
                must=answered.urgent,
                answers=True,
            )
        if answered.handed_over:
            self._to_person(said=answered.urgent)
        elif answered.reply == phrase(self.language, "goodbye"):
            self._end("ended")

    def _to_person(self, *, said: bool = False) -> None:
        if not said:
            self._say("call_transfer" if self._hospital.transfers else "call_return", question="none")
        self._end("handed_over")

    async def _failed(self) -> None:
        """The turn could not be run: say so, and give the caller to a person."""
        try:
            unplayed = await written.unplayed_answer(self._runtime, self._call)
        except Exception:  # the database is away too
            unplayed = None
        if unplayed is not None:
            self._tell(unplayed[1], "none", ref=unplayed[0], answers=True)
            self._to_person()
        else:
            await self.give_up("A caller's words could not be processed")

    async def give_up(self, reason: str) -> None:
        """This call cannot be gone on with: a person is given the conversation, and the caller is told."""
        call = self._call
        args = {"conversation_id": str(call.conversation_id), "reason": reason, "priority": "high"}
        caller = system(call.tenant_id, "agent:concierge")
        try:
            await self._runtime.call("conversations.hand_over", args, caller, channel="phone")
        except Exception as error:  # the database is away too: the carrier still tells the caller
            log.error("call.hand_over", call=call.call_sid, error=type(error).__name__)
        self._say("phone_failed", question="none", answers=True)
        self._to_person()

    # --- consent and recording

    async def _note_consent(self, consent: Literal["granted", "refused"], how: How) -> None:
        await written.note_consent(self._runtime, self._call, answer=consent, how=how)
        if consent == "granted":
            self._recorder = await written.record(self._runtime, self._call)
            self._line.channels = CallChannels() if self._recorder is not None else None
        self._say(f"call_consent_{consent}", "call_help", question="free", answers=True)

    async def _withdraw(self, how: How) -> None:
        if self._recorder is None:
            self._say("call_not_recorded", question=self.machine.question, answers=True)
            return
        self._recorder, self._line.channels = None, None
        await written.note_consent(self._runtime, self._call, answer="withdrawn", how=how)
        self._say("call_consent_withdrawn", question=self.machine.question, answers=True)

    async def _record(self) -> None:
        while True:
            await asyncio.sleep(RECORDED_S)
            await self._keep_sound()

    async def _keep_sound(self) -> None:
        recorder, channels = self._recorder, self._line.channels
        if recorder is None or channels is None:
            return
        caller, answer = channels.drain()
        if not caller:
            return
        try:
            await recorder.keep(caller, answer)
        except Exception as error:  # the call is worth more than its recording
            log.error("call.recording", call=self._call.call_sid, error=type(error).__name__, exc_info=error)

    # --- what was heard

    async def _write_notes(self) -> None:
        while True:
            await self._noted.wait()
            self._noted.clear()
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        while self._notes:
            await self._note(self._notes[0])
            self._notes.popleft()

    async def _note(self, report: events.PlaybackReport) -> None:
        try:
            await written.note_playback(
                self._runtime, self._call, UUID(report.ref), played=report.played, unplayed=report.unplayed
            )
        except Exception as error:  # the call goes on without this entry; the answer itself is on the record
            log.error("call.note", call=self._call.call_sid, error=type(error).__name__, exc_info=error)
