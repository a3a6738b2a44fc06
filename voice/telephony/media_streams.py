"""Twilio Media Streams over a WebSocket, both ways: what it sends, typed, and what we send.

Source: Twilio, "Media Streams: WebSocket messages" (docs/voice/media-streams/websocket-messages). Audio is u-law at
8 kHz, 20 ms (160 bytes) a message from Twilio, any length towards it. Numbers come as texts.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from voice.telephony.fields import WireError, digit, load, number, parameters, part, sid, words

FRAME_BYTES = 160  # 20 ms
MAX_PAYLOAD = 16_000  # bytes in one message: 2 s


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is up. Comes first, and has no number."""


@dataclass(frozen=True, slots=True)
class Start:
    sequence: int
    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """Audio of the caller. `timestamp_ms` since the stream's start."""

    sequence: int
    stream_sid: str
    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Dtmf:
    sequence: int
    stream_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """All audio before the mark of that name has been played, or was dropped by a clear."""

    sequence: int
    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    sequence: int
    stream_sid: str
    call_sid: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event that this side does not know; it still takes its place in the order."""

    sequence: int
    event: str


Event = Start | Media | Dtmf | Mark | Stop | Unknown


def parse(text: str | bytes) -> Connected | Event:
    """One message of Twilio's. Raises WireError."""
    message = load(text)
    event = message.get("event")
    if event == "media":  # fifty a second: first
        return _media(message)
    if event == "connected":
        return Connected()
    sequence = number(message, "sequenceNumber", otherwise=0)
    if event == "start":
        return _start(message, sequence)
    if event == "mark":
        return Mark(sequence, sid(message, "streamSid"), words(part(message, "mark"), "name", limit=200))
    if event == "dtmf":
        return Dtmf(sequence, sid(message, "streamSid"), digit(part(message, "dtmf"), "digit"))
    if event == "stop":
        return Stop(sequence, sid(message, "streamSid"), words(part(message, "stop"), "callSid", limit=64))
    if not isinstance(event, str):
        raise WireError("event is missing")
    return Unknown(sequence, event[:40])


def _start(message: dict[str, object], sequence: int) -> Start:
    start = part(message, "start")
    form = part(start, "mediaFormat")
    if form.get("encoding") != "audio/x-mulaw" or number(form, "sampleRate") != 8000 or number(form, "channels") != 1:
        raise WireError("mediaFormat is not u-law at 8 kHz in one channel")
    return Start(
        sequence=sequence,
        stream_sid=sid(start, "streamSid"),
        call_sid=sid(start, "callSid"),
        account_sid=sid(start, "accountSid"),
        parameters=parameters(start),
    )


def _media(message: dict[str, object]) -> Event:
    media = part(message, "media")
    sequence = number(message, "sequenceNumber", otherwise=0)
    if media.get("track", "inbound") != "inbound":
        return Unknown(sequence, "media of another track")
    payload = media.get("payload")
    if not isinstance(payload, str):
        raise WireError("payload is missing")
    if len(payload) > MAX_PAYLOAD * 4 // 3 + 4:
        raise WireError("payload is too long")
    try:
        audio = binascii.a2b_base64(payload, strict_mode=True)
    except (binascii.Error, ValueError):
        raise WireError("payload is not base64") from None
    return Media(sequence, sid(message, "streamSid"), number(media, "timestamp", otherwise=0), audio)


def media(stream_sid: str, audio: bytes) -> str:
    """Audio for the caller: u-law, 8 kHz, no header."""
    payload = base64.b64encode(audio).decode("ascii")
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{payload}"}}}}'


def mark(stream_sid: str, name: str) -> str:
    """A mark, which comes back once all audio before it has been played."""
    return json.dumps({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """Drops the audio that waits at the carrier; the marks that wait come back at once."""
    return json.dumps({"event": "clear", "streamSid": stream_sid})
