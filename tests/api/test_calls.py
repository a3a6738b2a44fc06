"""Phone calls over real sockets: a caller who behaves as Twilio's line does, and the whole service behind it."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
import websockets
from sqlalchemy import select, text

from api import call_media
from api.app import create_app
from api.calls import MEDIA_PATH, RELAY_PATH
from db.blobs import Blobs
from governance.vault import Keyring
from tests.conftest import Clone, Server, cloned, settings_for
from tests.doubles.call_engines import InstantParts
from tests.doubles.twilio_caller import ACCOUNT, CALL_PATH, MediaCaller, RelayCaller
from tools.conversations.contents import open_contents
from tools.conversations.tables import Conversation, Message
from tools.facility import demo
from tools.runtime.runtime import Runtime
from tools.voice.tables import VoicePart, VoiceSession

SPEED = 5.0


@dataclass
class Service:
    """The service on a port, as a caller and a test see it."""

    url: str
    app: Any
    clone: Clone

    @property
    def runtime(self) -> Runtime:
        return self.app.state.runtime  # type: ignore[no-any-return]

    @property
    def parts(self) -> InstantParts:
        return self.app.state.call_parts  # type: ignore[no-any-return]

    def caller(self, phone: str, *, speed: float = SPEED) -> MediaCaller:
        return MediaCaller(self.url, self.app.state.twilio_token, caller=phone, number=demo.VOICE, speed=speed)

    def relay(self, phone: str) -> RelayCaller:
        return RelayCaller(self.url, self.app.state.twilio_token, caller=phone, number=demo.VOICE)

    def sound(self, words: str, seconds: float = 0.8) -> bytes:
        return self.parts.tongue.sound(words, seconds)


@contextmanager
def serving(clone: Clone, data_dir: Any, **changes: Any) -> Iterator[Service]:
    app = create_app(settings_for(data_dir, **changes), url=clone.service)
    app.state.runtime.blobs = app.state.runtime.blobs or Blobs.at(data_dir / "call-blobs")
    app.state.call_parts = InstantParts(app.state.settings, app.state.runtime)
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started and thread.is_alive():
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield Service(f"http://127.0.0.1:{port}", app, clone)
    finally:
        running.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
async def service(server: Server) -> Any:
    async with cloned(server) as clone:
        with serving(clone, server.data_dir) as made:
            yield made


@pytest.fixture(autouse=True)
def faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line's time passes faster than the clock."""
    monkeypatch.setattr(call_media, "FLOOD_S", 1e6)


@pytest.fixture(scope="module")
async def look(service: Service) -> Any:
    """A runtime of the test's own loop, to look with."""
    from tests.conftest import started

    async with started(service.clone, settings_for(service.clone.data_dir)) as runtime:
        yield Looking(runtime)


class Looking:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def messages(self, call: str) -> list[tuple[str, str, str]]:
        """(direction, state, text) of the conversation of a call."""
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = select(Message).where(Message.conversation_id == row.conversation_id).order_by(Message.seq)
            found = list(await session.scalars(query))
            opened = await open_contents(Keyring(self.runtime.vault, session, demo.TENANT_ID), found)
        return [(m.direction, m.state, c.text if c else "") for m, c in zip(found, opened, strict=True)]

    async def session_row(self, session: Any, call: str) -> VoiceSession:
        return (await session.scalars(select(VoiceSession).where(VoiceSession.call_sid == call))).one()  # type: ignore[no-any-return]

    async def row(self, call: str) -> VoiceSession:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            return await self.session_row(session, call)

    async def parts(self, call: str) -> list[VoicePart]:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = select(VoicePart).where(VoicePart.session_id == row.id)
            return list(await session.scalars(query.order_by(VoicePart.start)))

    async def entries(self, call: str, kind: str) -> list[dict[str, Any]]:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = text("SELECT body FROM audit_entry WHERE session_id = :id AND kind = :kind ORDER BY seq")
            found = await session.scalars(query, {"id": row.conversation_id, "kind": kind})
            return [json.loads(body) if isinstance(body, str) else body for body in found]

    async def conversation(self, call: str) -> Conversation:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            return await session.get_one(Conversation, row.conversation_id)

    async def until(self, asked: Any, timeout_s: float = 10) -> Any:
        """Until what is asked for is so."""
        deadline = time.monotonic() + timeout_s
        while not (found := await asked()):
            assert time.monotonic() < deadline, "it never came"
            await asyncio.sleep(0.05)
        return found


async def patient(look: Looking, place: int) -> dict[str, Any]:
    """A patient of the demo hospital who has a number of their own."""
    people = (await demo.facts(look.runtime.database, demo.TENANT_ID)).patients
    counts: dict[str, int] = {}
    for row in people:
        counts[row["phone"]] = counts.get(row["phone"], 0) + 1
    return [row for row in people if counts[row["phone"]] == 1][place]


def nobody() -> str:
    return f"+9177{uuid4().int % 10**8:08d}"


async def ask(call: MediaCaller, service: Service, words: str, seconds: float = 0.8) -> list[str]:
    """Say something and hear the answer out: the sentences."""
    before = len(service.parts.voice.said)
    await call.say(service.sound(words, seconds))
    await call.hears_something()
    await call.quiet()
    return service.parts.voice.said[before:]


async def test_a_booking_by_phone_from_the_first_word_to_the_record(service: Service, look: Looking) -> None:
    who = await patient(look, 3)
    async with service.caller(who["phone"]) as call:
        await call.hears_something()
        await call.quiet()
        assert any("May we record" in said for said in service.parts.voice.said)
        said = await ask(call, service, "yes")
        assert any("being recorded" in one for one in said)
        said = await ask(call, service, "I want to see Dr Meera Nair on Thursday morning", 1.6)
        assert any("date of birth" in one for one in said)
        await call.press(f"{who['birth_date']:%d%m%Y}")
        await call.hears_something()
        await call.quiet()
        assert any(one.startswith("Option 1: ") for one in service.parts.voice.said)
        await call.press("2")
        await call.hears_something()
        await call.quiet()
        assert any("Shall I book it?" in one for one in service.parts.voice.said[-3:])
        said = await ask(call, service, "yes please")
        assert any(one.startswith("Booked: ") for one in said)
        await call.hang_up()
    sid = call.call_sid
    row = await look.until(lambda: _ended(look, sid))
    assert (row.state, row.consent, row.consent_how) == ("final", "granted", "speech")
    assert row.patient_id == UUID(str(who["id"]))
    messages = await look.messages(sid)
    assert [m[2] for m in messages if m[0] == "in"] == [
        "I want to see Dr Meera Nair on Thursday morning", f"{who['birth_date']:%d/%m/%Y}", "2", "yes please"
    ]  # fmt: skip
    assert {m[1] for m in messages} == {"processed", "delivered"}
    assert not any("AGENT" in m[2] or "Write" in m[2] for m in messages)
    async with look.runtime.database.begin(demo.TENANT_ID) as session:
        query = text("SELECT count(*) FROM appointment WHERE patient_id = :id AND created_at > now() - interval '5 min'")
        assert (await session.execute(query, {"id": who["id"]})).scalar() == 1
    legs = await look.parts(sid)
    assert {part.leg for part in legs} == {"caller", "answer"}
    sizes = {leg: sum(part.size for part in legs if part.leg == leg) for leg in ("caller", "answer")}
    assert sizes["caller"] == sizes["answer"] > 8000 * 3
    (consent,) = await look.entries(sid, "recording_consent")
    assert (consent["consent"], consent["how"], consent["script"]) == ("granted", "speech", "call-1")
    heard = await look.entries(sid, "heard")
    assert len(heard) == 4 and all(entry["sentences"] == entry["of"] for entry in heard)
    (end,) = await look.entries(sid, "call_ended")
    assert end["outcome"] == "caller_left"


async def _ended(look: Looking, sid: str) -> VoiceSession | None:
    row = await look.row(sid)
    return row if row.ended_at is not None else None


async def test_without_a_yes_nothing_is_recorded(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.quiet()
        said = await ask(call, service, "no thank you")
        assert any("not recorded" in one for one in said)
        await ask(call, service, "where can I park", 1.2)
        await asyncio.sleep(0.3)
        await call.hang_up()
    row = await look.until(lambda: _ended(look, call.call_sid))
    assert (row.consent, row.received_bytes, await look.parts(call.call_sid)) == ("refused", 0, [])


async def test_other_words_are_no_consent_and_reach_the_turn(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.quiet()
        await ask(call, service, "where can I park", 1.2)
        await call.hang_up()
    row = await look.until(lambda: _ended(look, call.call_sid))
    assert row.consent == "unknown" and not await look.parts(call.call_sid)
    assert [m[2] for m in await look.messages(call.call_sid) if m[0] == "in"] == ["where can I park"]


async def test_a_withdrawal_destroys_the_recording(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.quiet()
        await call.press("1")
        await call.hears_something()
        await call.quiet()
        said = await ask(call, service, "please stop recording", 1.0)
        assert any("has been deleted" in one for one in said)
        await call.hang_up()
    row = await look.until(lambda: _ended(look, call.call_sid))
    assert (row.consent, row.audio_deleted_at is not None, await look.parts(call.call_sid)) == ("withdrawn", True, [])
    answers = [entry["consent"] for entry in await look.entries(call.call_sid, "recording_consent")]
    assert answers == ["granted", "withdrawn"]


async def test_barge_in_empties_the_line_and_the_record_says_what_was_heard(service: Service, look: Looking) -> None:
    async with service.caller(nobody(), speed=1.0) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        await call.say(service.sound("what can you do", 1.0))
        await call.hears_something()
        await asyncio.sleep(0.3)
        clears = len(call.heard.clears)
        began = time.monotonic()
        await call.say(service.sound("where can I park", 1.2))
        assert len(call.heard.clears) == clears + 1
        assert call.heard.clears[-1] - began < 0.5  # 200 ms by design; the bench measures it on an idle machine
        await call.hears_something()
        await call.quiet()
        await call.hang_up()
    heard = await look.until(lambda: look.entries(call.call_sid, "heard"))
    assert heard[0]["sentences"] < heard[0]["of"]
    first, second = [m for m in await look.messages(call.call_sid) if m[0] == "out"][:2]
    assert first[1] in ("failed", "sent") and "parking" in second[2].lower()


async def test_a_backchannel_lets_us_go_on(service: Service) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        await call.say(service.sound("what can you do", 1.0))
        await call.hears_something()
        said = len(service.parts.voice.said)
        await call.say(service.sound("mm-hm", 0.4))
        await call.hears_something()
        await call.quiet()
        again = service.parts.voice.said[said:]
        assert any("book, move, cancel" in one for one in again)  # the sentence that was cut is said again
        await call.hang_up()


async def test_zero_gives_a_person(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.press("0")
        await call.ended()
    assert call.transferred_to == demo.TRANSFER
    assert (await look.conversation(call.call_sid)).state == "handed_over"
    assert (await look.entries(call.call_sid, "call_ended"))[0]["outcome"] == "handed_over"
    async with service.caller(call.caller) as again:  # a person has the conversation: put through at once
        await again.ended()
    assert again.transferred_to == demo.TRANSFER


async def test_an_emergency_is_said_to_its_end_and_handed_over(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        await call.say(service.sound("I have crushing chest pain", 1.2))
        await call.hears_something()
        clears = len(call.heard.clears)
        await call.say(service.sound("what should I do", 1.0))
        assert len(call.heard.clears) == clears
        await call.ended()
    assert any("call 1 1 2 now" in one for one in service.parts.voice.said)
    assert call.transferred_to == demo.TRANSFER
    async with look.runtime.database.begin(demo.TENANT_ID) as session:
        row = await look.session_row(session, call.call_sid)
        query = text("SELECT count(*) FROM ticket WHERE conversation_id = :id AND priority = 'critical'")
        assert (await session.execute(query, {"id": row.conversation_id})).scalar() == 1


async def test_silence_is_asked_about_and_ends_politely(service: Service, look: Looking) -> None:
    async with service.caller(nobody(), speed=10.0) as call:
        await call.ended()
    assert call.hung_up and call.transferred_to is None
    (end,) = await look.entries(call.call_sid, "call_ended")
    assert end["outcome"] == "silent"
    assert (end["phrases"]["call_still_there"], end["phrases"]["call_still_there_keys"]) == (1, 1)
    assert (await look.conversation(call.call_sid)).state == "open"


async def test_a_broken_line_is_taken_up_once(service: Service, look: Looking) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        await call.say(service.sound("what can you do", 1.0))
        await call.hears_something()
        said = len(service.parts.voice.said)
        await call.break_off()
        await look.until(lambda: _async(call.connections == 2))
        await call.hears_something()
        await call.quiet()
        again = service.parts.voice.said[said:]
        assert any("cut off" in one for one in again) and any("book, move, cancel" in one for one in again)
        await call.break_off()
        await call.ended()
    assert call.connections == 2 and call.transferred_to == demo.TRANSFER
    assert (await look.entries(call.call_sid, "call_ended"))[0]["outcome"] == "dropped"


async def _async(value: bool) -> bool:
    return value


async def test_a_turn_that_fails_gives_the_caller_to_a_person(
    service: Service, look: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> Any:
        raise RuntimeError("broken")

    async with service.caller(nobody()) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        monkeypatch.setattr(service.runtime.understanding, "understand", fails)
        await call.say(service.sound("where can I park", 1.0))
        await call.ended()
    assert call.transferred_to == demo.TRANSFER
    assert any("Something went wrong" in one for one in service.parts.voice.said)
    assert [m[1] for m in await look.messages(call.call_sid) if m[0] == "in"] == ["failed"]


async def test_a_recogniser_that_fails_gives_the_caller_to_a_person(service: Service) -> None:
    service.parts.failing = True
    try:
        async with service.caller(nobody()) as call:
            await call.hears_something()
            await call.press("2")
            await call.quiet()
            for _ in range(2):
                await call.say(service.sound("where can I park", 1.2))
                await asyncio.sleep(0.6)
            await call.ended()
        assert call.transferred_to == demo.TRANSFER
    finally:
        service.parts.failing = False


async def test_callers_of_a_withheld_number_share_nothing(service: Service, look: Looking) -> None:
    ids = []
    for _ in range(2):
        async with service.caller("+266696687") as call:
            await call.hears_something()
            await call.hang_up()
        ids.append((await look.row(call.call_sid)).conversation_id)
    assert ids[0] != ids[1]


async def test_who_called_before_is_verified_anew(service: Service, look: Looking) -> None:
    """A number can be forged: what one call proved is nothing on the next."""
    who = await patient(look, 5)
    for _ in range(2):
        async with service.caller(who["phone"]) as call:
            await call.hears_something()
            await call.press("2")
            await call.quiet()
            said = await ask(call, service, "what are my appointments", 1.2)
            assert any("date of birth" in one for one in said)
            await call.press(f"{who['birth_date']:%d%m%Y}")
            await call.hears_something()
            await call.quiet()
            await call.hang_up()
    assert any("Thank you, " in m[2] for m in await look.messages(call.call_sid))


async def test_conversation_relay(server: Server) -> None:
    async with cloned(server) as clone:
        with serving(clone, server.data_dir, voice_calls="relay") as service:
            async with service.relay(nobody()) as call:
                assert "<ConversationRelay" in call.twiml[0] and 'dtmfDetection="true"' in call.twiml[0]
                await call.until("automated assistant")
                assert not any("record" in message["token"] for message in call.heard.texts)
                await call.finished_speaking()
                await call.says("where can I park?")
                words = await call.until("parking")
                assert words
                await call.send("interrupt", utteranceUntilInterrupt=words[:10], durationUntilInterruptMs="460")
                await call.says("uh-huh")
                await asyncio.sleep(0.2)
                assert sum(message.get("token") == words for message in call.heard.texts) == 2
                await call.send("prompt", voicePrompt="I have crush", lang="en-IN", last=False)
                await call.says("I have crushing chest pain")
                assert await call.until("1 1 2")
                urgent = next(message for message in call.heard.texts if "1 1 2" in message.get("token", ""))
                assert urgent["interruptible"] is False
                for _ in range(3):
                    await asyncio.sleep(0.1)
                    await call.finished_speaking()
                await call.ended()
            assert call.transferred_to == demo.TRANSFER
            ends = [message for message in call.heard.texts if message.get("type") == "end"]
            assert json.loads(ends[0]["handoffData"]) == {"reason": "handed_over"}


# --- peers that are not Twilio


async def refused(service: Service, path: str, headers: dict[str, str]) -> int:
    try:
        async with websockets.connect(service.url.replace("http", "ws") + path, additional_headers=headers):
            return 101
    except websockets.InvalidStatus as status:
        return status.response.status_code


@pytest.mark.parametrize("path", [MEDIA_PATH, RELAY_PATH])
async def test_an_unsigned_upgrade_is_refused(service: Service, path: str) -> None:
    right = service.caller(nobody()).signed(service.url.replace("http", "ws") + path)
    assert await refused(service, path, {}) == 403
    assert await refused(service, path, {"X-Twilio-Signature": "x"}) == 403
    assert await refused(service, path + "?x=1", right) == 403
    assert await refused(service, path, right) == 101


async def test_an_unsigned_webhook_is_refused(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        for path in ("", "/ended", "/status"):
            answer = await client.post(service.url + CALL_PATH + path, data={"CallSid": "CA123456", "To": demo.VOICE})
            assert answer.status_code == 403


def start_of(call: MediaCaller, **changes: Any) -> str:
    form = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}
    inner = {
        "streamSid": "MZ1", "accountSid": ACCOUNT, "callSid": call.call_sid, "tracks": ["inbound"], "mediaFormat": form,
        "customParameters": {"tenant": str(demo.TENANT_ID), "again": "0"}, **changes,
    }  # fmt: skip
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": inner})


async def announced(service: Service) -> MediaCaller:
    """A call that the webhook knows and that has no socket yet."""
    call = service.caller(nobody())
    assert (await call.post(CALL_PATH)).status_code == 200
    return call


async def cut(service: Service, call: MediaCaller, *messages: str | bytes) -> tuple[int, list[str]]:
    """Send these; the close code, and what came before it."""
    url = service.url.replace("http", "ws") + MEDIA_PATH
    socket = await call.connect(url)
    got = []
    try:
        for message in messages:
            await socket.send(message)
        async with asyncio.timeout(15):
            async for text_ in socket:
                got.append(text_)
    except websockets.ConnectionClosed:
        pass
    return int(socket.close_code or 0), got


MEDIA = json.dumps(
    {"event": "media", "sequenceNumber": "2", "streamSid": "MZ1", "media": {"payload": base64.b64encode(b"x" * 160).decode()}}
)  # fmt: skip


async def test_sound_before_the_start(service: Service) -> None:
    assert await cut(service, await announced(service), MEDIA) == (1008, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"callSid": "CA" + "9" * 32}, {"callSid": "../x"}, {"customParameters": {}}, {"mediaFormat": {}},
        {"customParameters": {"tenant": str(uuid4())}}, {"customParameters": {"tenant": "'; DROP TABLE x"}},
        {"callSid": None}, {"customParameters": []},
    ],
    ids=str,
)  # fmt: skip
async def test_a_start_that_names_no_call_of_ours(service: Service, changes: dict[str, Any]) -> None:
    call = await announced(service)
    garbage = ["x"] * 25 if "mediaFormat" in changes or changes.get("callSid", "") in ("../x", None) else []
    code, got = await cut(service, call, start_of(call, **changes), *garbage)
    assert (code, got) == (1008, [])


async def test_garbage_is_borne_and_then_cut_off(service: Service) -> None:
    call = await announced(service)
    garbage = ["{", "[]", "null", '{"event": 1}', '{"event":"media"}', "\x00", '{"a":' * 3000] * 4
    code, got = await cut(service, call, start_of(call), *garbage)
    assert code == 1008
    assert all(json.loads(message)["event"] in ("media", "mark", "clear") for message in got)
    assert not any(word in message for message in got for word in ("Error", "Traceback", "Wire"))


@pytest.mark.parametrize("message", ["x" * 70_000, b"\x00\x01"], ids=["huge", "bytes"])
async def test_a_message_that_no_carrier_sends(service: Service, message: str | bytes) -> None:
    call = await announced(service)
    code, _ = await cut(service, call, start_of(call), message)
    assert code == 1008


async def test_a_second_socket_of_a_call_is_refused(service: Service) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        assert (await cut(service, call, start_of(call)))[0] == 1008
        await call.hears_something(timeout_s=5) if not call.heard.sounds else None
        await call.hang_up()


async def test_sound_faster_than_time_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_media, "FLOOD_S", 5.0)
    call = await announced(service)
    flood = [
        json.dumps(
            {"event": "media", "sequenceNumber": str(number), "streamSid": "MZ1",
             "media": {"payload": base64.b64encode(b"\xff" * 1600).decode()}}
        )
        for number in range(2, 60)
    ]  # fmt: skip
    assert (await cut(service, call, start_of(call), *flood))[0] == 1008


async def test_a_socket_that_says_nothing_is_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_media, "FIRST_S", 0.2)
    assert await cut(service, await announced(service)) == (1000, [])
