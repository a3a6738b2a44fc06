"""Twilio ConversationRelay over a WebSocket, both ways: the carrier hears and speaks, text goes over the wire.

Source: Twilio, "ConversationRelay: WebSocket messages" (docs/voice/conversationrelay/websocket-messages).
`durationUntilInterruptMs` is a text in the older documents and a number in the newer: both are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from db.json import JsonObject
from voice.telephony.fields import WireError, digit, load, number, parameters, sid, words


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message. Numbers as the carrier gives them, mostly E.164."""

    session_id: str
    call_sid: str
    account_sid: str
    caller: str
    called: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Words of the caller. Not `last`: they may still change."""

    text: str
    language: str
    last: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller spoke while we did: what had been said until then."""

    played: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class Dtmf:
    digit: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The carrier could not use a message of ours, or has a fault of its own. The session goes on."""

    description: str


@dataclass(frozen=True, slots=True)
class Spoke:
    """A speaker began (on) or ended (off), where the carrier was asked to tell (`events="speaker-events"`)."""

    who: str  # agent, client
    on: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    kind: str


Event = Setup | Prompt | Interrupt | Dtmf | Failure | Spoke | Unknown
_SPEAKERS = {"agentSpeaking": "agent", "clientSpeaking": "client"}


def parse(text: str | bytes) -> Event:
    """One message of Twilio's. Raises WireError."""
    message = load(text)
    kind = message.get("type")
    if kind == "prompt":
        return Prompt(words(message, "voicePrompt"), words(message, "lang", limit=20), _truth(message, "last"))
    if kind == "interrupt":
        after = number(message, "durationUntilInterruptMs", otherwise=0)
        return Interrupt(words(message, "utteranceUntilInterrupt"), after)
    if kind == "dtmf":
        return Dtmf(digit(message, "digit"))
    if kind == "setup":
        return _setup(message)
    if kind == "error":
        return Failure(words(message, "description", limit=500))
    if kind == "info" and message.get("name") in _SPEAKERS:
        return Spoke(_SPEAKERS[message["name"]], str(message.get("value")).lower() in ("on", "true"))
    if not isinstance(kind, str):
        raise WireError("type is missing")
    return Unknown(kind[:40])


def _setup(message: JsonObject) -> Setup:
    return Setup(
        session_id=sid(message, "sessionId"),
        call_sid=sid(message, "callSid"),
        account_sid=sid(message, "accountSid"),
        caller=words(message, "from", limit=64),
        called=words(message, "to", limit=64),
        parameters=parameters(message),
    )


def _truth(message: JsonObject, name: str) -> bool:
    value = message.get(name, True)
    return value is True or str(value).lower() == "true"


def text(token: str, *, last: bool, language: str, interruptible: bool = True) -> str:
    """Words to be said; with `last` the answer is whole. What is not interruptible is said to its end."""
    message = {"type": "text", "token": token, "last": last, "lang": language, "interruptible": interruptible}
    return json.dumps(message | {"preemptible": False}, ensure_ascii=False)


def end(reason: str) -> str:
    """Ends the session. `reason` is a word of ours: nothing of the patient's goes to the carrier with it."""
    return json.dumps({"type": "end", "handoffData": json.dumps({"reason": reason})})


def language(spoken: str, transcribed: str) -> str:
    """Changes the languages of speech out and speech in (`hi-IN`)."""
    return json.dumps({"type": "language", "ttsLanguage": spoken, "transcriptionLanguage": transcribed})
