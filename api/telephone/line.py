"""What both kinds of call sockets do: read the first message in time, bound what a bad peer can cost, run the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from agents.phone.calls import Hospital, PhoneCall
from api.telephone.webhooks import believed_socket, known_call
from tools.voice.calls import Call
from voice.telephony.fields import MAX_MESSAGE, WireError

FIRST_S = 10.0  # the first messages must have come
SILENT_S = 20.0  # a line on which nothing comes is dead
FAULTS = 20  # messages that make no sense, before the line is cut
REFUSED, BROKEN = 1008, 1011  # close codes: against the rules; our fault
log = structlog.get_logger()


class Refused(Exception):
    """The peer does what Twilio does not. The text is for the log; nothing of it goes to the peer."""


class Hangup(Exception):
    """The line is over: `by_caller` where the carrier said so, else it broke."""

    def __init__(self, *, by_caller: bool) -> None:
        super().__init__()
        self.by_caller = by_caller


class Wire:
    """Messages of one socket, in and out, each whole and one at a time."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._lock = asyncio.Lock()
        self._faults = self._count = 0

    async def read_soon(self, *, within_s: float) -> str:
        """The next message, if it comes in time. Raises Hangup and Refused."""
        try:
            async with asyncio.timeout(within_s):
                return await self.read()
        except TimeoutError:
            raise Hangup(by_caller=False) from None

    async def read(self) -> str:
        """The next message. Raises Hangup and Refused."""
        try:
            text = await self._socket.receive_text()
        except (WebSocketDisconnect, RuntimeError):
            raise Hangup(by_caller=False) from None
        except KeyError:  # bytes
            raise Refused("a message of bytes") from None
        self._count += 1
        if len(text) > MAX_MESSAGE:
            raise Refused("a message is too long")
        return text

    async def watch(self, silent_s: float) -> None:
        """Until no message has come for so long. Raises Hangup."""
        while True:
            count = self._count
            await asyncio.sleep(silent_s)
            if count == self._count:
                raise Hangup(by_caller=False)

    def fault(self, error: WireError | str) -> None:
        """Note a message that makes no sense. Raises Refused where there are too many."""
        self._faults += 1
        if self._faults <= 3:
            log.warning("call.wire", fault=str(error))
        if self._faults > FAULTS:
            raise Refused("too many messages make no sense")

    async def send(self, text: str, *, unless: Callable[[], bool] | None = None) -> bool:
        """Send one message; `unless` is asked when its turn has come. False: it was not sent."""
        async with self._lock:
            if (unless is not None and unless()) or self._socket.application_state is not WebSocketState.CONNECTED:
                return False
            try:
                await self._socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                return False
        return True

    async def close(self, code: int = 1000) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(code)


@asynccontextmanager
async def opened(socket: WebSocket) -> AsyncIterator[Wire | None]:
    """A socket that Twilio has signed; None, and 403, for any other. It is closed afterwards, whatever happened."""
    if not believed_socket(socket):
        await socket.close(REFUSED)
        yield None
        return
    await socket.accept()
    wire = Wire(socket)
    try:
        yield wire
        await wire.close()
    except Refused as refused:
        log.warning("call.refused", reason=str(refused))
        await wire.close(REFUSED)
    except Hangup:
        await wire.close()
    except Exception as error:  # a socket has no error handler: the carrier is told, and calls back
        log.error("call.broken", error=type(error).__name__, exc_info=error)
        await wire.close(BROKEN)


@asynccontextmanager
async def held(
    socket: WebSocket, *, call_sid: str, account_sid: str, parameters: dict[str, str], called: str | None = None
) -> AsyncIterator[tuple[Call, Hospital]]:
    """The call that the first message names, for this socket alone. Raises Refused."""
    live: set[str] = socket.app.state.call_parts.live
    if call_sid in live:
        raise Refused("the call has a socket already")
    live.add(call_sid)
    try:
        known = await known_call(
            socket, call_sid=call_sid, account_sid=account_sid, parameters=parameters, called=called
        )
        if known is None:
            raise Refused("no such call")
        yield known
    finally:
        live.discard(call_sid)


async def talk(call: PhoneCall, *, again: bool, beside: list[Callable[[], Awaitable[object]]]) -> None:
    """Run a call beside what reads and writes its line, until the first of them is done. Whatever ends it, what was
    heard is written; a hang-up by the caller is also the call's end."""
    tasks = [asyncio.ensure_future(run()) for run in (lambda: call.run(again=again), *beside)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    errors = [error for task in done if (error := task.exception()) is not None]
    if any(isinstance(error, Hangup) and error.by_caller for error in errors):
        await call.close("caller_left")
    elif errors:
        await call.flush()
    for error in errors:
        raise error
