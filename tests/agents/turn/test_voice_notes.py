"""A voice note flows into the same conversation as text: fetched, heard by the real recogniser, answered in its
place."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from sqlalchemy import select, text

from agents.turn.running import Turns
from db.blobs import Blobs
from governance.vault import Keyring
from tests.conftest import Clone, settings_for, started
from tests.doubles.recognisers import InstantEngine
from tests.doubles.twilio_server import TwilioServer
from tests.voice.small_whisper import hinted_tokens, make_scripted
from tools.conversations.carrier import Carrier, CarrierBusy, CarrierRefused, TwilioCarrier
from tools.conversations.contents import open_contents
from tools.conversations.inbox import Incoming, receive
from tools.conversations.tables import Conversation, Message
from tools.runtime.runtime import Runtime
from tools.voice.notes import delete_at_carrier, transcribe_note
from tools.voice.recognizers import Recognizers
from tools.voice.tables import VoiceSession
from tools.voice.transcribing import names_that_may_be_said
from voice.audio import PHONE_RATE_HZ, RATE_HZ, mulaw_to_pcm, resample, wav_bytes
from voice.recognition.choosing import choose
from voice.speech.espeak import Espeak
from wiring import demo

TENANT, PHONE = demo.TENANT_ID, "+919845010031"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as double:
        yield double


@pytest.fixture
async def hospital(own_clone: Clone, twilio: TwilioServer, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with started(own_clone, settings_for(own_clone.data_dir)) as runtime:
        carrier = TwilioCarrier(twilio.account_sid, twilio.auth_token, from_number=demo.WHATSAPP, base_url=twilio.url)
        runtime.services.put(Carrier, carrier)
        runtime.services.put(Blobs, Blobs.at(tmp_path / "blobs"))
        yield runtime


@pytest.fixture
def speech_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loud counts as speech here, so that a buzz will do for a voice."""
    import voice.windows as windows

    def loud(samples: Any) -> Any:
        steps = len(samples) // 512
        return np.array(
            [float(np.abs(samples[at * 512 : (at + 1) * 512]).max() > 0.05) for at in range(steps)], np.float32
        )

    monkeypatch.setattr(windows, "probabilities", loud)


def note(seconds: float = 4.0) -> bytes:
    """A buzz that rises and falls as a voice does, for so long, between silences."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(1)
    pitch = 120 + 30 * np.sin(2 * np.pi * 1.3 * at)
    loud = 0.3 * ((np.cumsum(pitch / RATE_HZ) % 1) - 0.5) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))
    silence = np.zeros(RATE_HZ // 2)
    return wav_bytes(
        np.concatenate([silence, loud + rng.normal(0, 0.005, len(at)), silence]).astype(np.float32), RATE_HZ
    )


async def spoken(words: str) -> bytes:
    """A synthesiser's voice."""
    speech = Espeak()
    sound = b"".join([piece async for piece in speech.say(words, language="en")])
    await speech.aclose()
    pcm = mulaw_to_pcm(sound).astype(np.float32) / 32768
    return wav_bytes(resample(pcm, PHONE_RATE_HZ, RATE_HZ), RATE_HZ)


class Says(InstantEngine):
    """Hears the same words in whatever it is given."""

    def __init__(self, words: str, **changes: Any) -> None:
        super().__init__(**changes)
        self._words = words

    def recognise(self, pieces: Any, **asked: Any) -> Any:
        from dataclasses import replace

        [[first], *_] = super().recognise(pieces, **asked)
        return [[replace(first, text=self._words, words=())]] + [[] for _ in pieces[1:]]


def hears(runtime: Runtime, words: str, **changes: Any) -> None:
    engine = Says(words, **changes)
    runtime.services.put(Recognizers, Recognizers(batch=engine, live=engine))


async def sent(runtime: Runtime, url: str, *, body: str = "", kind: str = "audio/ogg") -> UUID:
    media = [{"url": url, "content_type": kind}] if url else []
    message = await receive(runtime, TENANT, Incoming("whatsapp", PHONE, body, f"SM{uuid4().hex}", media))
    assert message is not None
    return message


async def heard(runtime: Runtime, message: UUID) -> None:
    await transcribe_note(runtime, tenant=str(TENANT), message=str(message))
    await answered(runtime)


async def answered(runtime: Runtime) -> None:
    async with runtime.database.begin(TENANT) as session:
        conversation = (await session.scalars(select(Conversation.id))).first()
    await runtime.services.get(Turns).drain(TENANT, conversation)


async def messages(runtime: Runtime) -> list[tuple[str, str, str]]:
    """(direction, state, text) of the conversation's messages, in order."""
    async with runtime.database.begin(TENANT) as session:
        rows = list(await session.scalars(select(Message).order_by(Message.seq)))
        contents = await open_contents(Keyring(runtime.vault, session, TENANT), rows)
    return [
        (row.direction, row.state, content.text if content else "") for row, content in zip(rows, contents, strict=True)
    ]


@pytest.mark.usefixtures("speech_is_loud")
async def test_a_note_becomes_the_text_of_its_message(hospital: Runtime, twilio: TwilioServer) -> None:
    hears(hospital, "I want to book an appointment with a cardiologist.")
    url = twilio.attach(note())
    message = await sent(hospital, url)
    await heard(hospital, message)
    (_, state, words), (direction, _, reply) = await messages(hospital)
    assert (state, words) == ("processed", "I want to book an appointment with a cardiologist.")
    assert direction == "out" and reply.startswith("I heard: “I want to book an appointment")
    await delete_at_carrier(hospital, url=url)
    assert twilio.media == {}
    await delete_at_carrier(hospital, url=url)  # gone already


async def test_the_real_recogniser_hears_it(hospital: Runtime, twilio: TwilioServer, tmp_path: Path) -> None:
    async with hospital.database.begin(TENANT) as session:
        names = await names_that_may_be_said(session, VoiceSession())
    text_of_model = "book an appointment with a cardiologist"
    model = make_scripted(tmp_path / "whisper", text_of_model, hinted_tokens=hinted_tokens(names))
    engine = choose(str(model), device="cpu", compute_type=None, slot="batch", download=False)
    hospital.services.put(Recognizers, Recognizers(batch=engine, live=engine))
    await heard(
        hospital,
        await sent(hospital, twilio.attach(await spoken("I want to book an appointment with a doctor of the heart"))),
    )
    said, reply = await messages(hospital)
    assert "cardiologist" in said[2] and "I heard" in reply[2]
    async with hospital.database.begin(TENANT) as session:
        entry = (await session.scalars(text("SELECT body FROM audit_entry WHERE kind = 'voice_note_heard'"))).one()
    assert json.loads(entry)["understood"] and "cardiologist" not in entry


@pytest.mark.usefixtures("speech_is_loud")
async def test_what_comes_after_a_note_waits_for_it(hospital: Runtime, twilio: TwilioServer) -> None:
    hears(hospital, "I want to book an appointment.")
    first = await sent(hospital, twilio.attach(note()))
    await sent(hospital, "", body="with Dr. Nair please")
    await answered(hospital)
    assert [state for _, state, _ in await messages(hospital)] == ["hearing", "received"]
    await heard(hospital, first)
    assert [(direction, state) for direction, state, _ in await messages(hospital)][:2] == [("in", "processed")] * 2


@pytest.mark.usefixtures("speech_is_loud")
async def test_a_stand_in_is_not_acted_on_but_red_flags_are_seen(hospital: Runtime, twilio: TwilioServer) -> None:
    hears(hospital, "cancel all of my appointments", stand_in=True)
    await heard(hospital, await sent(hospital, twilio.attach(note())))
    assert (await messages(hospital))[-1][2].startswith("I could not make out your voice message")
    hears(hospital, "I have crushing chest pain and cannot breathe", stand_in=True)
    await heard(hospital, await sent(hospital, twilio.attach(note())))
    assert "emergency" in (await messages(hospital))[-1][2]


@pytest.mark.usefixtures("speech_is_loud")
@pytest.mark.parametrize("content", [b"no audio at all", wav_bytes(np.zeros(RATE_HZ, np.float32), RATE_HZ)])
async def test_a_note_that_cannot_be_heard_is_asked_for_in_writing(
    hospital: Runtime, twilio: TwilioServer, content: bytes
) -> None:
    hears(hospital, "this was never said")
    await heard(hospital, await sent(hospital, twilio.attach(content)))
    said, reply = await messages(hospital)
    assert said[2] == "" and reply[2].startswith("I could not make out your voice message")


async def test_gone_at_the_carrier_or_not_there(hospital: Runtime, twilio: TwilioServer) -> None:
    url = twilio.attach(note())
    twilio.media.clear()
    await heard(hospital, await sent(hospital, url))
    assert (await messages(hospital))[-1][2].startswith("I could not make out your voice message")
    hospital.services.put(Carrier, None)
    await heard(hospital, await sent(hospital, url))
    assert (await messages(hospital))[-1][2].startswith("Once more:\nI could not make out your voice message")


async def test_a_carrier_that_is_down_is_asked_again(hospital: Runtime, twilio: TwilioServer) -> None:
    url = twilio.attach(note())
    message = await sent(hospital, url)
    twilio.stop()
    with pytest.raises(CarrierBusy):
        await transcribe_note(hospital, tenant=str(TENANT), message=str(message))
    assert (await messages(hospital))[0][1] == "hearing"


@pytest.mark.usefixtures("speech_is_loud")
async def test_heard_twice_it_acts_once(hospital: Runtime, twilio: TwilioServer) -> None:
    hears(hospital, "I want to book an appointment.")
    message = await sent(hospital, twilio.attach(note()))
    await heard(hospital, message)
    await heard(hospital, message)
    assert len(await messages(hospital)) == 2


async def test_our_password_goes_to_twilio_alone(hospital: Runtime) -> None:
    for url in ("http://169.254.169.254/latest", "https://example.com/2010-04-01/Accounts/AC/x", "file:///etc/passwd"):
        with pytest.raises(CarrierRefused):
            async for _ in hospital.services.get(Carrier).fetch_media(url, most_bytes=10):
                pass


async def test_too_large_a_note_is_refused(hospital: Runtime, twilio: TwilioServer) -> None:
    url = twilio.attach(b"x" * 5000)
    with pytest.raises(CarrierRefused):
        async for _ in hospital.services.get(Carrier).fetch_media(url, most_bytes=1000):
            pass


def test_the_double_wants_the_password(twilio: TwilioServer) -> None:
    assert httpx.get(twilio.attach(b"x")).status_code == 401
