"""A call over Twilio ConversationRelay: the carrier hears and speaks, we exchange text.

The carrier does not tell when a sentence has been played. It tells when it stops speaking, and what had been said when
the caller spoke over it; in between, the time that a sentence takes is estimated from its length.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial

from fastapi import APIRouter, WebSocket

from agents.phone.calls import PhoneCall
from api.telephone.line import FIRST_S, Hangup, Refused, Wire, held, opened, talk
from api.telephone.webhooks import RELAY_PATH, code_of
from tools.voice.calls import Outcome
from voice.calls import events
from voice.calls.channels import CallChannels
from voice.telephony import relay as wire_format
from voice.telephony.fields import WireError

LETTERS_A_S = 14.0  # of speech
SETTLES_S = 0.5  # before a sentence begins to sound
TICK_S = 0.25
DEAD_S = 3600.0  # the carrier sends nothing while nobody speaks
router = APIRouter()


@router.websocket(RELAY_PATH)
async def relay(socket: WebSocket) -> None:
    async with opened(socket) as wire:
        if wire is None:
            return
        setup = await _setup(wire)
        async with held(
            socket,
            call_sid=setup.call_sid,
            account_sid=setup.account_sid,
            parameters=setup.parameters,
            called=setup.called,
        ) as (call, hospital):
            line = RelayLine(wire, hospital.country)
            line.call = PhoneCall(socket.app.state.runtime, call, line, hospital=hospital)
            await talk(
                line.call,
                again=setup.parameters.get("again") == "1",
                beside=[line.read, line.tick, line.say, partial(wire.watch, DEAD_S)],
            )


async def _setup(wire: Wire) -> wire_format.Setup:
    """The first message. Raises Refused and Hangup."""
    try:
        event = wire_format.parse(await wire.read_soon(within_s=FIRST_S))
    except WireError as error:
        raise Refused(str(error)) from None
    if not isinstance(event, wire_format.Setup):
        raise Refused("the session did not begin with its setup")
    return event


class RelayLine:
    """The caller's line as a call needs it (`agents.phone.calls.Line`)."""

    carries_sound = stand_in = False

    def __init__(self, wire: Wire, country: str) -> None:
        self.call: PhoneCall
        self.channels: CallChannels | None = None
        self._wire, self._country = wire, country
        self._began = time.monotonic()
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._playing: deque[tuple[int, float]] = deque()  # sentences, and when each should have been heard
        self._language: str | None = None

    # --- what a call asks of its line

    def now(self) -> float:
        return time.monotonic() - self._began

    def speak(self, number: int, sentence: events.Sentence, language: str) -> None:
        code = code_of(language, self._country)
        if self._language not in (None, code):
            self._out.put_nowait(wire_format.language(code, code))
        self._language = code
        begins = max(self._playing[-1][1] if self._playing else 0.0, self.now() + SETTLES_S)
        self._playing.append((number, begins + len(sentence.text) / LETTERS_A_S))
        self._out.put_nowait(
            wire_format.text(sentence.text, last=True, language=code, interruptible=sentence.interruptible)
        )

    def clear(self) -> None:
        self._playing.clear()  # the carrier has fallen silent by itself

    def consider(self, action: events.Consider, language: str | None, hot_words: tuple[str, ...]) -> None:
        raise AssertionError("this line carries no sound")

    async def hang_up(self, outcome: Outcome) -> None:
        while not self._out.empty():
            await self._wire.send(self._out.get_nowait())
        await self._wire.send(wire_format.end(outcome))

    # --- both sides

    async def read(self) -> None:
        """Take the carrier's messages until the line is over. Raises Hangup and Refused."""
        while True:
            text = await self._wire.read()
            try:
                self._happened(wire_format.parse(text))
            except WireError as error:
                self._wire.fault(error)

    def _happened(self, event: wire_format.Event) -> None:
        match event:
            case wire_format.Prompt() if event.last:
                self.call.feed(events.Said(self.now(), event.text))
            case wire_format.Interrupt():
                self._playing.clear()
                self.call.feed(events.Interrupted(self.now(), event.played))
            case wire_format.Dtmf():
                self.call.feed(events.Pressed(self.now(), event.digit))
            case wire_format.Spoke(who="agent", on=False):
                self._note_played(float("inf"))
            case wire_format.Setup():
                self._wire.fault("a second setup")
            case wire_format.Failure():
                self._wire.fault("the carrier reports an error")

    async def tick(self) -> None:
        """Let the call know that time passes."""
        while True:
            await asyncio.sleep(TICK_S)
            self._note_played(self.now())
            self.call.feed(events.Tick(self.now()))

    def _note_played(self, at: float) -> None:
        while self._playing and self._playing[0][1] <= at:
            self.call.feed(events.Played(self.now(), self._playing.popleft()[0]))

    async def say(self) -> None:
        """Send what is to be sent, in order."""
        while True:
            text = await self._out.get()
            if not await self._wire.send(text):
                raise Hangup(by_caller=False)
