"""Notes by a model over the real protocol: parts, ends that are cut off, faults, hostile answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from agents.scribe.parts import Part, parts_of
from agents.scribe.writing import FUNCTION, ModelNotes
from scribe.making import ModelSilent
from scribe.note import Division, Written
from scribe.visit import Segment, Visit
from tests.doubles.openai_server import OpenAIServer, Reply, busy, call, fails, says, silence

DIVISIONS = tuple(Division)
VISIT = Visit(
    tuple(
        Segment(f"s{n}", role, text)
        for n, (role, text) in enumerate(
            [("doctor", "what brings you in?"), ("patient", "my knee hurts"), ("doctor", "rest and ice for a week")]
        )
    )
)
Make = Callable[..., ModelNotes]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
async def make(server: OpenAIServer) -> AsyncIterator[Make]:
    made: list[ModelNotes] = []

    def make_one(**changes: Any) -> ModelNotes:
        made.append(ModelNotes(server.base_url, "key", **{"model": "double", "timeout_s": 5.0, **changes}))
        return made[-1]

    yield make_one
    for one in made:
        await one.aclose()


def answer(*lines: tuple[str, str, list[int]], **changes: Any) -> Reply:
    sections = [
        {"division": division, "sentences": [{"text": text, "segments": named}]} for division, text, named in lines
    ]
    return call(json.dumps({"sections": sections}), name=FUNCTION, **changes)


def lines(written: Written) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(s.division.value, one.text, one.segments) for s in written.sections for one in s.sentences]


async def test_a_note(server: OpenAIServer, make: Make) -> None:
    server.script(answer(("plan", "Rest and ice for a week.", [3]), ("chief_complaint", "Knee pain.", [1, 2])))
    written = await make().write(VISIT, DIVISIONS)
    assert lines(written) == [
        ("chief_complaint", "Knee pain.", ("s0", "s1")), ("plan", "Rest and ice for a week.", ("s2",))
    ]  # fmt: skip
    maker = written.maker
    assert (maker.kind, maker.name, maker.prompt, maker.prompt_version) == ("model", "double", "scribe/write", "1")
    assert maker.prompt_sha256 and len(maker.prompt_sha256) == 64
    [body] = server.bodies
    assert body["tool_choice"]["function"]["name"] == FUNCTION and body["parallel_tool_calls"] is False
    assert '[2] patient: "my knee hurts"' in body["messages"][1]["content"]
    assert "$ref" not in json.dumps(body["tools"])


async def test_what_a_model_makes_up_about_segments_is_not_believed(server: OpenAIServer, make: Make) -> None:
    server.script(
        answer(
            ("plan", "From nowhere.", []),
            ("plan", "Of no segment.", [99, 0, -1]),
            ("surgery", "No division.", [1]),
            ("plan", "Good.", [3, 3, 99]),
        )
    )
    assert lines(await make().write(VISIT, DIVISIONS)) == [("plan", "Good.", ("s2",))]


async def test_only_the_divisions_asked_for(server: OpenAIServer, make: Make) -> None:
    server.script(answer(("plan", "Rest.", [3]), ("assessment", "Sprain.", [3])))
    assert lines(await make().write(VISIT, (Division.PLAN,))) == [("plan", "Rest.", ("s2",))]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (fails(500), "server_error"), (busy(), "busy"), (fails(401), "denied"), (fails(400), "rejected"),
        (says("Here is your note: ..."), "empty"), (says(None), "empty"),
        (call("{not json", name=FUNCTION), "broken_arguments"),
        (call('{"sections": 3}', name=FUNCTION), "broken_arguments"),
        (answer(finish_reason="content_filter"), "filtered"),
        (Reply(refusal="I cannot", finish_reason="stop"), "refused"),
        (Reply(not_http=b"nonsense\r\n\r\n"), "unreachable"),
        (call('{"sections": []}', name="rm_rf"), "empty"), (silence(3), "timeout"),
    ],
)  # fmt: skip
async def test_every_fault_has_its_reason(server: OpenAIServer, make: Make, reply: Reply, reason: str) -> None:
    server.script(reply)
    with pytest.raises(ModelSilent) as silent:
        await make(timeout_s=0.7).write(VISIT, DIVISIONS)
    assert silent.value.reason == reason


async def test_nobody_is_asked_while_the_server_is_known_to_be_down(server: OpenAIServer, make: Make) -> None:
    server.otherwise = fails(503)
    model = make()
    for _ in range(3):
        with pytest.raises(ModelSilent):
            await model.write(VISIT, DIVISIONS)
    with pytest.raises(ModelSilent) as silent:
        await model.write(VISIT, DIVISIONS)
    assert silent.value.reason == "resting" and len(server.requests) == 3


def long_visit(turns: int) -> Visit:
    return Visit(tuple(Segment(f"s{n}", "doctor", f"fact number {n} was said here") for n in range(turns)))


def echo(body: dict[str, Any]) -> Reply:
    """A model that writes a sentence for each segment that is not of the part before."""
    told = [line for line in body["messages"][1]["content"].splitlines() if line and "(before)" not in line]
    return answer(*[("plan", line.split(": ", 1)[1].strip('"'), [int(line[1 : line.index("]")])]) for line in told])


async def test_a_long_visit_keeps_its_end(server: OpenAIServer, make: Make) -> None:
    server.otherwise = echo
    visit = long_visit(100)
    written = await make(words_a_part=90).write(visit, DIVISIONS)
    assert [segments for _, _, segments in lines(written)] == [(one.id,) for one in visit.segments]
    assert len(server.requests) == len(parts_of(visit.segments, 90)) > 5


async def test_an_answer_that_was_cut_off_is_asked_for_in_halves(server: OpenAIServer, make: Make) -> None:
    def cut_when_long(body: dict[str, Any]) -> Reply:
        reply = echo(body)
        return answer(finish_reason="length") if len(reply.calls[0][1]) > 3_000 else reply

    server.otherwise = cut_when_long
    visit = long_visit(100)
    written = await make().write(visit, DIVISIONS)
    assert [segments for _, _, segments in lines(written)] == [(one.id,) for one in visit.segments]


async def test_an_answer_that_is_always_cut_off_is_no_note(server: OpenAIServer, make: Make) -> None:
    server.otherwise = answer(finish_reason="length")
    with pytest.raises(ModelSilent) as silent:
        await make().write(long_visit(60), DIVISIONS)
    assert silent.value.reason == "cut_short" and len(server.requests) < 20


async def test_one_part_that_fails_leaves_no_half_note(server: OpenAIServer, make: Make) -> None:
    server.otherwise = lambda body: fails(500) if "number 99 " in body["messages"][1]["content"] else echo(body)
    with pytest.raises(ModelSilent):
        await make(words_a_part=90).write(long_visit(100), DIVISIONS)


def test_parts_hold_every_segment_once() -> None:
    for turns in (0, 1, 2, 7, 50):
        visit = long_visit(turns)
        parts = parts_of(visit.segments, 20)
        assert [n for part in parts for n in range(part.first, part.last)] == list(range(turns))
        assert all(part.before <= part.first for part in parts)
    assert Part(0, 3, 4).halves() is None
