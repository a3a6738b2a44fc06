"""Phone calls over real sockets: a caller who behaves as Twilio's line does, and the whole service behind it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agents.understanding.utterance import Understanding
from tests.api.telephone.calling import Looking, Service, nobody, serving
from tests.conftest import Server, cloned
from tests.doubles.twilio_caller import MediaCaller
from tools.voice.tables import VoiceSession
from wiring import demo

pytestmark = pytest.mark.usefixtures("any_speed")


async def patient(look: Looking, place: int) -> dict[str, Any]:
    """A patient of the demo hospital who has a number of their own."""
    people = (await demo.facts(look.runtime.database, demo.TENANT_ID)).patients
    counts: dict[str, int] = {}
    for row in people:
        counts[row["phone"]] = counts.get(row["phone"], 0) + 1
    return [row for row in people if counts[row["phone"]] == 1][place]


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
    assert (row.state, row.consent, row.consent_how) == ("transcribing", "granted", "speech")
    assert row.patient_id == UUID(str(who["id"]))
    messages = await look.messages(sid)
    assert [m[2] for m in messages if m[0] == "in"] == [
        "I want to see Dr Meera Nair on Thursday morning", f"{who['birth_date']:%d/%m/%Y}", "2", "yes please"
    ]  # fmt: skip
    assert {m[1] for m in messages} == {"processed", "delivered"}
    assert not any("AGENT" in m[2] or "Write" in m[2] for m in messages)
    async with look.runtime.database.begin(demo.TENANT_ID) as session:
        query = text("SELECT count(*) FROM appointment WHERE patient_id = :id AND source = 'phone'")
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
    async with service.caller(nobody(), speed=2.0) as call:
        await call.hears_something()
        await call.press("2")
        await call.quiet()
        await call.say(service.sound("what can you do", 1.0))
        await call.hears_something()
        await asyncio.sleep(0.3)
        clears = len(call.heard.clears)
        await call.say(service.sound("where can I park", 1.2))
        async with asyncio.timeout(60):
            while len(call.heard.clears) == clears:
                await asyncio.sleep(0.01)
        assert len(call.heard.clears) == clears + 1
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
        monkeypatch.setattr(service.runtime.services.get(Understanding), "understand", fails)
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
