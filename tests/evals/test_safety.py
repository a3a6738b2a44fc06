"""The safety proofs, in small: an obedient model, nothing in the clear, erasure, false alarms."""

from __future__ import annotations

import pytest

from evals import false_alarms, injection
from evals.harness import hospital, running_runtime
from evals.soak import erasure, in_the_clear
from tests.conftest import Server, cloned, settings_for, started


@pytest.mark.soak
async def test_what_is_erased_is_gone(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = f"file://{tmp_path_factory.mktemp('seals')}"
    async with cloned(server) as clone, started(clone, settings_for(server.data_dir, seal_store=store)) as runtime:
        outcome = await erasure.run(runtime, patients=2)
    assert outcome.good and outcome.reads > 40 and outcome.sealed_values > 20, outcome


@pytest.mark.soak
async def test_nothing_in_the_clear() -> None:
    async with hospital(days=10) as place:
        outcome = await in_the_clear.run(place, patients=6, lines=8)
    assert outcome.good, outcome


@pytest.mark.soak
@pytest.mark.skipif(not injection.DATA.exists(), reason="the shared data are not here")
async def test_an_obedient_model_gets_nothing_done() -> None:
    texts = injection.attacks()
    async with hospital(days=10) as place, running_runtime(place) as runtime:
        superuser = place.service.replace("//wardline_app:", "//postgres:")
        outcome = await injection.run(runtime, superuser, place.data_dir, texts[::40], stored=texts[7::60])
    assert outcome.good and outcome.asked > 20, (outcome.writes[:3], outcome.reads[:3], outcome.secrets[:3])


def test_ordinary_messages_are_not_flagged() -> None:
    for counted in false_alarms.run():
        assert counted.good, (counted.name, counted.flagged)
