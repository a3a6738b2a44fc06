"""The same service when the model is down: the built-in answers within the same call."""

from __future__ import annotations

import asyncio

import pytest

from agents.commands import Affirm, Greet
from agents.understanding.breaker import Breaker
from agents.understanding.model import FallingBack
from tests.doubles.openai_server import busy, call, commands, fails, says, silence


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


GREETS = commands({"kind": "greet"})


async def test_the_model_answers_while_it_can(server, make_model, built_in, hear):
    server.script(GREETS)
    understood, answer = await FallingBack(make_model(), built_in).understand_recorded(hear())
    assert (understood.commands, understood.by, answer.outcome) == ((Greet(),), "model", "understood")
    assert built_in.heard == []


@pytest.mark.parametrize("reply", [fails(500), busy(), says("hello"), call("{"), silence(30)])
async def test_the_built_in_answers_in_the_same_call(server, make_model, built_in, hear, reply):
    server.script(reply)
    understood, answer = await FallingBack(make_model(timeout_s=0.5), built_in).understand_recorded(hear())
    assert (understood.commands, understood.by) == ((Affirm(),), "built-in")
    assert answer is not None and answer.outcome != "understood"


async def test_a_stream_that_stalls_is_left(server, make_model, built_in, hear):
    server.script(commands({"kind": "greet"}, stall_after=4))
    model = make_model(timeout_s=0.5, stream=True)
    understood, answer = await FallingBack(model, built_in).understand_recorded(hear())
    assert (understood.by, answer.outcome) == ("built-in", "timeout")


async def test_once_open_nothing_is_asked(server, make_model, built_in, hear):
    both = FallingBack(make_model(), built_in, breaker=Breaker(2, 30, clock=Clock()))
    for _ in range(5):
        understood, answer = await both.understand_recorded(hear())
        assert understood.by == "built-in"
    assert answer is None
    assert len(server.requests) == 2 and both.breaker.state == "open"


async def test_after_the_rest_one_probe_decides(server, make_model, built_in, hear):
    clock = Clock()
    both = FallingBack(make_model(), built_in, breaker=Breaker(1, 30, clock=clock))
    await both.understand(hear())
    clock.now = 31
    await both.understand(hear())
    assert both.breaker.state == "open" and len(server.requests) == 2
    clock.now = 62
    server.script(GREETS, GREETS)
    assert (await both.understand(hear())).by == "model"
    assert (await both.understand(hear())).by == "model"
    assert both.breaker.state == "closed"


async def test_one_probe_at_a_time(server, make_model, built_in, hear):
    clock = Clock()
    both = FallingBack(make_model(), built_in, breaker=Breaker(1, 30, clock=clock))
    await both.understand(hear())
    clock.now = 31
    server.script(GREETS)
    by = [understood.by for understood in await asyncio.gather(*(both.understand(hear()) for _ in range(5)))]
    assert sorted(by) == ["built-in"] * 4 + ["model"]


async def test_what_one_patient_writes_does_not_open_the_breaker(server, make_model, built_in, hear):
    both = FallingBack(make_model(), built_in, breaker=Breaker(2, 30, clock=Clock()))
    server.script(*[says("no")] * 5, *[commands({"kind": "affirm", "value": "x"})] * 5)
    for _ in range(10):
        await both.understand(hear())
    assert both.breaker.state == "closed" and len(server.requests) == 10


async def test_a_cancelled_probe_lets_the_next_one_through(server, make_model, built_in, hear):
    clock = Clock()
    both = FallingBack(make_model(), built_in, breaker=Breaker(1, 30, clock=clock))
    await both.understand(hear())
    clock.now = 31
    server.script(silence(30), GREETS)
    probe = asyncio.create_task(both.understand(hear()))
    while len(server.requests) < 2:
        await asyncio.sleep(0.01)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (await both.understand(hear())).by == "model"


def test_a_late_failure_does_not_lengthen_the_rest():
    clock = Clock()
    breaker = Breaker(1, 30, clock=clock)
    breaker.failed()
    clock.now = 20
    breaker.failed()
    clock.now = 30
    assert breaker.state == "half_open"


def test_a_success_begins_the_count_again():
    breaker = Breaker(2, 30, clock=Clock())
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.state == "closed"
