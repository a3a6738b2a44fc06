"""Twilio's messages as its documents show them, and as nobody should send them."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from voice.telephony import media_streams, relay
from voice.telephony.fields import WireError
from voice.telephony.ordering import HELD, Ordering

# The examples of docs/voice/media-streams/websocket-messages.
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
START = {
    "event": "start", "sequenceNumber": "1", "streamSid": "MZX",
    "start": {
        "accountSid": "ACX", "streamSid": "MZX", "callSid": "CAX", "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"FirstName": "Jane", "n": 5},
    },
}  # fmt: skip
MEDIA = {
    "event": "media", "sequenceNumber": "3", "streamSid": "MZX",
    "media": {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": base64.b64encode(b"\xff" * 160).decode()},
}  # fmt: skip
DTMF = {"event": "dtmf", "streamSid": "MZX", "sequenceNumber": "5", "dtmf": {"track": "inbound_track", "digit": "1"}}
MARK = {"event": "mark", "sequenceNumber": "4", "streamSid": "MZX", "mark": {"name": "my label"}}
STOP = {"event": "stop", "sequenceNumber": "6", "streamSid": "MZX", "stop": {"accountSid": "ACX", "callSid": "CAX"}}


def test_media_streams_as_documented() -> None:
    read = [media_streams.parse(json.dumps(one)) for one in (CONNECTED, START, MEDIA, DTMF, MARK, STOP)]
    assert read == [
        media_streams.Connected(),
        media_streams.Start(1, "MZX", "CAX", "ACX", {"FirstName": "Jane"}),
        media_streams.Media(3, "MZX", 5, b"\xff" * 160),
        media_streams.Dtmf(5, "MZX", "1"),
        media_streams.Mark(4, "MZX", "my label"),
        media_streams.Stop(6, "MZX", "CAX"),
    ]


def test_what_we_send_to_media_streams() -> None:
    sound = bytes(range(256))
    sent = json.loads(media_streams.media("MZX", sound))
    assert sent == {"event": "media", "streamSid": "MZX", "media": {"payload": base64.b64encode(sound).decode()}}
    assert json.loads(media_streams.mark("MZX", "7")) == {"event": "mark", "streamSid": "MZX", "mark": {"name": "7"}}
    assert json.loads(media_streams.clear("MZX")) == {"event": "clear", "streamSid": "MZX"}


@pytest.mark.parametrize("extra", [{"new": [1, {"x": 2}]}, {"sequenceNumber": 3}])
def test_what_is_new_to_us_is_borne(extra: dict[str, Any]) -> None:
    assert isinstance(media_streams.parse(json.dumps({**MEDIA, **extra})), media_streams.Media)
    assert media_streams.parse('{"event":"surprise","sequenceNumber":"9"}') == media_streams.Unknown(9, "surprise")
    outbound = {**MEDIA, "media": {**MEDIA["media"], "track": "outbound"}}  # type: ignore[dict-item]
    assert isinstance(media_streams.parse(json.dumps(outbound)), media_streams.Unknown)


def changed(message: dict[str, Any], place: str, name: str, value: Any) -> str:
    inner = message if place == "" else message[place]
    made = {**inner, name: value}
    return json.dumps(made if place == "" else {**message, place: made})


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "1", '"x"', "{}", '{"event": null}', '{"event": 7}', "x" * 70_000, '{"a":' * 5000,
        changed(MEDIA, "media", "payload", "%%%"), changed(MEDIA, "media", "payload", "QUJ"),
        changed(MEDIA, "media", "payload", None), changed(MEDIA, "media", "payload", "QUJD\n"),
        changed(MEDIA, "media", "payload", "A" * 40_000), changed(MEDIA, "", "sequenceNumber", "-1"),
        changed(MEDIA, "", "sequenceNumber", "1e400"), changed(MEDIA, "", "sequenceNumber", True),
        changed(MEDIA, "", "streamSid", "../../etc"), changed(MEDIA, "", "media", []),
        changed(START, "start", "callSid", "a b"), changed(START, "start", "mediaFormat", {"encoding": "audio/opus"}),
        changed(START, "start", "mediaFormat", {"encoding": "audio/x-mulaw", "sampleRate": "44100", "channels": 1}),
        changed(DTMF, "dtmf", "digit", "12"), changed(DTMF, "dtmf", "digit", "A"), changed(MARK, "mark", "name", 7),
    ],
)  # fmt: skip
def test_nonsense_is_told_without_its_content(text: str) -> None:
    with pytest.raises(WireError) as error:
        media_streams.parse(text)
    assert len(str(error.value)) < 80 and "etc" not in str(error.value)


@settings(max_examples=300, deadline=None)
@given(
    some.dictionaries(
        some.sampled_from(["event", "type", "media", "start", "mark", "sequenceNumber", "streamSid", "dtmf",
        "voicePrompt"]),
        some.recursive(
            some.none() | some.booleans() | some.floats() | some.text() | some.integers()
            | some.sampled_from(["media", "start", "prompt", "interrupt", "setup", "dtmf"]),
            lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
            max_leaves=8,
        ),
    )
)  # fmt: skip
def test_nothing_but_a_wire_error_comes_out_of_any_json(message: dict[str, Any]) -> None:
    for parse in (media_streams.parse, relay.parse):
        try:
            parse(json.dumps(message))
        except WireError:
            pass


def test_relay_as_documented() -> None:
    setup = {
        "type": "setup", "sessionId": "VX1", "accountSid": "AC1", "parentCallSid": "", "callSid": "CA1",
        "from": "+18005550100", "to": "+18005550101", "forwardedFrom": "", "callType": "PSTN", "callerName": "",
        "direction": "inbound", "callStatus": "RINGING", "customParameters": {"callReference": "bar"},
    }  # fmt: skip
    messages: list[tuple[dict[str, Any], relay.Event]] = [
        (setup, relay.Setup("VX1", "CA1", "AC1", "+18005550100", "+18005550101", {"callReference": "bar"})),
        ({"type": "prompt", "voicePrompt": "Hi!", "lang": "en-US", "last": True}, relay.Prompt("Hi!", "en-US", True)),
        ({"type": "prompt", "voicePrompt": "H", "lang": "en-US", "last": False}, relay.Prompt("H", "en-US", False)),
        ({"type": "dtmf", "digit": "1"}, relay.Dtmf("1")),
        ({"type": "error", "description": "Invalid message"}, relay.Failure("Invalid message")),
        ({"type": "info", "name": "agentSpeaking", "value": "off"}, relay.Spoke("agent", False)),
        ({"type": "info", "name": "roundTripDelayMs", "value": 80}, relay.Unknown("info")),
        ({"type": "news"}, relay.Unknown("news")),
    ]  # fmt: skip
    for after in ("460", 460):  # a text in the older documents, a number in the newer
        message = {"type": "interrupt", "utteranceUntilInterrupt": "Life is", "durationUntilInterruptMs": after}
        messages.append((message, relay.Interrupt("Life is", 460)))
    assert [relay.parse(json.dumps(message)) for message, _ in messages] == [event for _, event in messages]


def test_what_we_send_to_the_relay_holds_nothing_of_the_patient_beside_the_words() -> None:
    assert json.loads(relay.text("नमस्ते", last=True, language="hi-IN", interruptible=False)) == {
        "type": "text", "token": "नमस्ते", "last": True, "lang": "hi-IN", "interruptible": False, "preemptible": False,
    }  # fmt: skip
    ended = json.loads(relay.end("handed_over"))
    assert (ended["type"], json.loads(ended["handoffData"])) == ("end", {"reason": "handed_over"})


@dataclass(frozen=True)
class One:
    sequence: int


def test_order_with_duplicates_and_swaps() -> None:
    rng = random.Random(3)
    sent = [One(number) for number in range(1, 200)]
    for _ in range(50):
        place = rng.randrange(1, len(sent) - 3)
        sent[place], sent[place + 2] = sent[place + 2], sent[place]
        sent.insert(place + 3, sent[place])
    order: Ordering[One] = Ordering()
    got = [one.sequence for message in sent for one in order.push(message)]
    assert got == sorted(set(got)) and order.duplicates > 0


def test_a_message_that_never_comes_is_given_up() -> None:
    order: Ordering[One] = Ordering()
    got = [one.sequence for number in [1, 2, *range(4, 4 + HELD)] for one in order.push(One(number))]
    assert got == [1, 2, *range(4, 4 + HELD)] and order.lost == 1
    assert order.push(One(3)) == []
    assert order.push(One(0)) == [One(0)]
