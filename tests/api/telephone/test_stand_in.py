"""A call where the recogniser only stands in: plain answers and keys count, free speech is not guessed at, red flags
are seen."""

from __future__ import annotations

import pytest

from tests.api.telephone.calling import Looking, Service
from tests.api.telephone.test_calls import ask, patient

pytestmark = pytest.mark.usefixtures("any_speed")


@pytest.fixture
def standing_in(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(type(service.parts), "stand_in", True)
    return service


async def test_free_speech_is_not_acted_on(standing_in: Service, look: Looking) -> None:
    service, who = standing_in, await patient(look, 9)
    async with service.caller(who["phone"]) as call:
        await call.hears_something()
        await call.quiet()
        assert any("is not recorded" in said for said in await ask(call, service, "no"))
        said = await ask(call, service, "cancel all my appointments with Dr Nair", 1.6)
        assert any("only make out a plain yes or no" in one for one in said)
        assert await look.messages(call.call_sid) == []
        said = await ask(call, service, "I have crushing chest pain and cannot breathe", 1.6)
        assert any("emergency" in one for one in said)
        await call.hang_up()
