"""A call over Twilio Media Streams: we hear and speak. u-law at 8 kHz both ways."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial

import structlog
from fastapi import APIRouter, WebSocket

from agents.phone.calls import PhoneCall
from api.telephone.line import FIRST_S, SILENT_S, Hangup, Refused, Wire, held, opened, talk
from api.telephone.parts import CallParts
from api.telephone.webhooks import MEDIA_PATH
from tools.voice.calls import Outcome
from voice.calls import events
from voice.calls.caller_audio import CallerAudio
from voice.calls.channels import CallChannels
from voice.calls.measuring import Stream
from voice.telephony import media_streams as wire_format
from voice.telephony.fields import WireError
from voice.telephony.ordering import Ordering

AHEAD = 3  # sentences that may wait at the carrier
PIECE = 3200  # bytes of sound in one message: 0.4 s
FLOOD_S = 5.0  # so much more sound than time may come: a network's stutter is less
DEAF_AFTER = 2  # failures of the recogniser in a row, and a person takes over
log = structlog.get_logger()
router = APIRouter()


@router.websocket(MEDIA_PATH)
async def media(socket: WebSocket) -> None:
    async with opened(socket) as wire:
        if wire is None:
            return
        start = await _start(wire)
        naming = {
            "call_sid": start.call_sid,
            "account_sid": start.account_sid,
        }
        async with held(socket, **naming, parameters=start.parameters) as (call, hospital):
            parts: CallParts = socket.app.state.call_parts
            line = MediaLine(wire, start, parts)
            line.call = PhoneCall(socket.app.state.runtime, call, line, hospital=hospital)
            await talk(
                line.call,
                again=start.parameters.get("again") == "1",
                beside=[line.read, line.say, partial(wire.watch, SILENT_S)],
            )


async def _start(wire: Wire) -> wire_format.Start:
    """The start message. Raises Refused and Hangup."""
    deadline = time.monotonic() + FIRST_S
    while True:
        text = await wire.read_soon(within_s=max(deadline - time.monotonic(), 0.01))
        try:
            event = wire_format.parse(text)
        except WireError as error:
            wire.fault(error)
            continue
        if isinstance(event, wire_format.Start):
            return event
        if not isinstance(event, wire_format.Connected | wire_format.Unknown):
            raise Refused("the stream did not begin with its start")


class MediaLine:
    """The caller's line as a call needs it (`agents.phone.calls.Line`)."""

    carries_sound = True

    def __init__(self, wire: Wire, start: wire_format.Start, parts: CallParts) -> None:
        self.call: PhoneCall
        self.channels: CallChannels | None = None
        self._wire, self._parts, self._stream = wire, parts, start.stream_sid
        self._caller_audio, self._activity = CallerAudio(), Stream()
        self._order: Ordering[wire_format.Event] = Ordering()
        self._order.push(start)
        self.stand_in = parts.stand_in
        self._began = time.monotonic()
        self._waiting: deque[tuple[int, str, str]] = deque()
        self._at_carrier: deque[int] = deque()
        self._wake = asyncio.Event()
        self._epoch = 0  # counts the clears
        self._considering = 0  # the newest consideration
        self._tasks: set[asyncio.Task[None]] = set()
        self._deaf = 0  # times in a row that the recogniser failed
        self._over = False

    # --- what a call asks of its line

    def now(self) -> float:
        return self._caller_audio.now_s

    def speak(self, number: int, sentence: events.Sentence, language: str) -> None:
        self._waiting.append((number, sentence.text, language))
        self._wake.set()

    def clear(self) -> None:
        self._waiting.clear()
        self._at_carrier.clear()
        self._epoch += 1
        self._wake.set()
        if self.channels is not None:
            self.channels.cleared()
        self._spawn(self._wire.send(wire_format.clear(self._stream)))

    def consider(self, action: events.Consider, language: str | None, hot_words: tuple[str, ...]) -> None:
        self._considering = action.number
        sound = self._caller_audio.cut(action.start_s, action.end_s)
        self._spawn(self._recognise(action, sound, language=language, hot_words=hot_words))
        self._spawn(self._judge(action.number, sound))

    async def hang_up(self, outcome: Outcome) -> None:
        self._over = True  # the socket is closed when `talk` returns

    # --- the caller's side

    async def read(self) -> None:
        """Take the caller's messages until the line is over. Raises Hangup and Refused."""
        while True:
            text = await self._wire.read()
            try:
                event = wire_format.parse(text)
            except WireError as error:
                self._wire.fault(error)
                continue
            if isinstance(event, wire_format.Connected | wire_format.Start):
                self._wire.fault("a second start")
                continue
            for one in self._order.push(event):
                self._happened(one)

    def _happened(self, event: wire_format.Event) -> None:
        if isinstance(event, wire_format.Unknown):
            return
        if event.stream_sid != self._stream:
            self._wire.fault("a message of another stream")
        elif isinstance(event, wire_format.Media):
            self._receive(event.payload)
        elif isinstance(event, wire_format.Mark):
            self._played(event.name)
        elif isinstance(event, wire_format.Dtmf):
            self.call.feed(events.Pressed(self.now(), event.digit))
        elif isinstance(event, wire_format.Stop):
            raise Hangup(by_caller=True)

    def _receive(self, sound: bytes) -> None:
        if self._caller_audio.now_s - (time.monotonic() - self._began) > FLOOD_S:
            raise Refused("sound comes faster than time passes")
        if self.channels is not None:
            self.channels.received(sound)
        for at, chunk in self._caller_audio.push(sound):
            self._parts.measure(self._activity, at, chunk, self._measured)

    def _measured(self, at: float, probability: float) -> None:
        if not self._over:
            self.call.feed(events.Voice(at, probability))

    def _played(self, name: str) -> None:
        if not name.isdigit():
            return
        number = int(name)
        while self._at_carrier and self._at_carrier[0] <= number:
            self._at_carrier.popleft()
        self._wake.set()
        self.call.feed(events.Played(self.now(), number))

    async def _recognise(
        self, action: events.Consider, sound: bytes, *, language: str | None, hot_words: tuple[str, ...]
    ) -> None:
        try:
            text = await self._parts.words(
                sound,
                start_s=action.start_s,
                question=action.question,
                language=language,
                hot_words=hot_words,
                wanted=partial(self._wants, action.number),
            )
            self._deaf = 0
        except Exception as error:  # whatever the engine raises: the call goes on without these words
            log.error("call.recogniser", error=type(error).__name__, exc_info=error)
            text, self._deaf = "", self._deaf + 1
            if self._deaf == DEAF_AFTER:
                await self.call.give_up("The recogniser does not work")
                return
        self.call.feed(events.Recognized(self.now(), action.number, text))

    async def _judge(self, number: int, sound: bytes) -> None:
        finished = await self._parts.finished(sound, wanted=partial(self._wants, number))
        if finished is not None:
            self.call.feed(events.Judged(self.now(), number, finished))

    def _wants(self, number: int) -> bool:
        return not self._over and self._considering == number

    # --- our side

    async def say(self) -> None:
        """Speak what waits, sentence by sentence; the next is made while the one before is being played."""
        while True:
            while not self._waiting or len(self._at_carrier) >= AHEAD:
                self._wake.clear()
                await self._wake.wait()
            number, text, language = self._waiting.popleft()
            epoch = self._epoch
            async for piece in self._parts.speech.say(text, language=language):
                for place in range(0, len(piece), PIECE):
                    await self._send_sound(piece[place : place + PIECE], epoch)
            if epoch == self._epoch:
                self._at_carrier.append(number)
                await self._wire.send(wire_format.mark(self._stream, str(number)), unless=partial(self._cleared, epoch))

    async def _send_sound(self, sound: bytes, epoch: int) -> None:
        sent = await self._wire.send(wire_format.media(self._stream, sound), unless=partial(self._cleared, epoch))
        if sent and self.channels is not None:
            self.channels.sent(sound)

    def _cleared(self, epoch: int) -> bool:
        return epoch != self._epoch

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
