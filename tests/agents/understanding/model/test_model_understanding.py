"""What a model's answer becomes, whole and streamed, over a real socket."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import pytest

from agents.commands import Ask, Fill, Greet, Start
from agents.understanding.model import PROMPTS, ModelAnswer, ModelUnavailable, from_record
from tests.agents.understanding.model.conftest import HEARD
from tests.doubles.openai_server import Reply, call, commands, fails, says, silence

GOOD = (
    {"kind": "start", "flow": "book"},
    {"kind": "fill", "slot": "specialty", "value": "dentist"},
    {"kind": "fill", "slot": "day", "value": "next tuesday"},
)
MEANT = (Start(flow="book"), Fill(slot="specialty", value="dentist"), Fill(slot="day", value="next tuesday"))

pytestmark = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


async def test_commands_in_the_order_said(server, make_model, hear, stream):
    server.script(commands(*GOOD))
    understood = await make_model(stream=stream).understand(hear())
    assert (understood.commands, understood.by) == (MEANT, "model")


async def test_the_answer_is_a_whole_record(server, make_model, hear, stream):
    server.script(commands(*GOOD))
    answer = await make_model(stream=stream).ask(hear())
    file = (PROMPTS / "concierge" / "understand.md").read_bytes()
    assert (answer.model, answer.prompt, answer.prompt_version) == ("double", "concierge/understand", "5")
    assert answer.prompt_sha256 == hashlib.sha256(file).hexdigest()
    assert (answer.tokens_in, answer.tokens_out, answer.outcome) == (812, 24, "understood")
    assert answer.finish_reason == "tool_calls"
    assert len(answer.request_sha256) == 64 and answer.latency_ms >= 0
    assert json.loads(json.loads(answer.calls)[0]["arguments"]) == {"commands": list(GOOD)}


async def test_the_record_alone_gives_the_same_again(server, make_model, hear, stream):
    server.script(commands(*GOOD))
    answer = await make_model(stream=stream).ask(hear())
    stored = json.loads(json.dumps(asdict(answer)))
    assert from_record(ModelAnswer(**stored)).commands == MEANT
    assert len(server.requests) == 1


async def test_the_request_keeps_to_what_compatible_servers_have(server, make_model, hear, stream):
    server.script(commands(*GOOD))
    await make_model(stream=stream).ask(hear())
    body = server.bodies[0]
    assert server.requests[0].path == "/v1/chat/completions"
    assert body["temperature"] == 0 and body["parallel_tool_calls"] is False
    assert body["tool_choice"] == {"type": "function", "function": {"name": "understand"}}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert bool(body.get("stream")) is stream
    assert body.get("stream_options") == ({"include_usage": True} if stream else None)


async def test_unicode_stays_whole(server, make_model, hear, stream):
    server.script(commands({"kind": "fill", "slot": "day", "value": "कल शाम"}))
    understood = await make_model(stream=stream).understand(hear("मुझे कल शाम को आना है 🙏"))
    assert understood.commands == (Fill(slot="day", value="कल शाम"),)
    assert "मुझे कल शाम को आना है 🙏" in server.bodies[0]["messages"][1]["content"]


async def test_the_same_command_twice_is_one(server, make_model, hear, stream):
    arguments = json.dumps({"commands": [GOOD[1], GOOD[1]]})
    server.script(call(arguments, arguments))
    assert (await make_model(stream=stream).understand(hear())).commands == (MEANT[1],)


async def test_several_calls_are_taken_in_order(server, make_model, hear, stream):
    server.script(call(*[json.dumps({"commands": [item]}) for item in GOOD]))
    assert (await make_model(stream=stream).understand(hear())).commands == MEANT


async def test_an_empty_list_is_an_answer(server, make_model, hear, stream):
    server.script(commands(finish_reason="stop"))
    understood = await make_model(stream=stream).understand(hear("asdf"))
    assert (understood.commands, understood.by) == ((), "model")


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "start", "flow": "discharge"},
        {"kind": "drop_tables"},
        {"kind": "start", "flow": "book", "patient_id": "42"},
        {"kind": "fill", "slot": "day"},
        {"kind": "fill", "slot": "day", "value": "next friday"},
        {"kind": "fill", "slot": "practitioner", "value": "Dr Meera Nair"},
        {"kind": "correct", "slot": "day", "value": "2026-11-24"},
        {"kind": "choose", "value": "3"},
        {"kind": "fill", "slot": "reason", "value": "x" * 500},
        {"kind": "affirm", "value": None},
        "book",
        None,
    ],
)
async def test_a_bad_command_is_left_out_and_the_good_stay(server, make_model, hear, stream, bad):
    server.script(commands(bad, GOOD[1]), commands(bad))
    model = make_model(stream=stream)
    assert (await model.understand(hear())).commands == (MEANT[1],)
    assert (await model.ask(hear())).outcome == "nothing_valid"


async def test_invented_words_of_a_question_go_and_the_question_stays(server, make_model, hear, stream):
    server.script(commands({"kind": "ask", "topic": "fees", "about": "cardiology fees"}))
    assert (await make_model(stream=stream).understand(hear("how much is it"))).commands == (Ask(topic="fees"),)


async def test_a_call_of_an_unknown_function_is_left_out(server, make_model, hear, stream):
    greet = json.dumps({"commands": [{"kind": "greet"}]})
    server.script(Reply(calls=(("cancel_all", '{"everyone": true}'), ("understand", greet))), call(greet, name="run"))
    model = make_model(stream=stream)
    assert (await model.understand(hear())).commands == (Greet(),)
    assert (await model.ask(hear())).outcome == "nothing_valid"


MANY = [{"kind": kind} for kind in ("affirm", "deny", "abandon", "repeat", "greet", "thank")]
HALF = '{"commands": [{"kind": "greet"}, {"kind": "fill", "slot": "d'
FAILURES = [
    ("broken_arguments", call(HALF)),
    ("broken_arguments", call(HALF, finish_reason="stop")),
    ("broken_arguments", call('{"commands": [], "also": 1}')),
    ("broken_arguments unreadable", call('"greet"')),
    ("cut_short", call(HALF, finish_reason="length")),
    ("cut_short", commands(*GOOD, finish_reason="length")),
    ("cut_short", commands(*GOOD, finish_reason=None)),
    ("filtered", commands(*GOOD, finish_reason="content_filter")),
    ("refused empty", says(None, refusal="I cannot help with that.")),
    ("empty", says("")),
    ("empty", says(None)),
    ("empty", says("Your appointment is booked for Tuesday!")),
    ("too_many", commands(*[{"kind": "choose", "value": word} for word in HEARD.text.split()], *MANY)),
    ("busy", fails(429, "slow down", Retry_After="30")),
    ("server_error", fails(500)),
    ("server_error", fails(503)),
    ("denied", fails(404)),
    ("rejected", fails(400)),
    ("unreadable cut_short", Reply(body=b"\x00\xff\xfe not json")),
    ("unreadable cut_short", Reply(body=b'{"object": "chat.completion"')),
    ("unreachable unreadable", commands(*GOOD, cut_after=12)),
    ("unreachable", Reply(not_http=b"\x15\x03\x01\x00\x02\x02\x50")),
]


@pytest.mark.parametrize(("outcomes", "reply"), FAILURES)
async def test_every_failure_has_its_outcome(server, make_model, hear, stream, outcomes, reply):
    server.script(reply)
    answer = await make_model(stream=stream).ask(hear())
    assert answer.outcome in outcomes.split()
    assert answer.commands == "[]"
    with pytest.raises(ModelUnavailable):
        from_record(answer)


async def test_silence_ends_within_the_bound(server, make_model, hear, stream):
    server.script(silence(30))
    answer = await make_model(stream=stream, timeout_s=0.2).ask(hear())
    assert answer.outcome == "timeout" and answer.latency_ms < 5_000


async def test_nothing_listens(make_model, hear, server, stream):
    server.stop()
    assert (await make_model(stream=stream).ask(hear())).outcome == "unreachable"


async def test_nothing_is_asked_twice(server, make_model, hear, stream):
    await make_model(stream=stream).ask(hear())
    assert len(server.requests) == 1
