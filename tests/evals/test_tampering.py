"""The tampering soak, small; `make soak` runs it at full length."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.soak import tampering
from tests.conftest import Clone
from tools.rooms import load

pytestmark = pytest.mark.soak

load()


async def test_every_change_is_found(clone: Clone, tmp_path: Path) -> None:
    outcome = await tampering.run(clone.superuser, tmp_path, changes=150, seed=7)
    assert outcome.good, outcome
    assert len(outcome.by_kind) == len(tampering.KINDS)


async def test_a_control_that_changes_nothing_is_whole(clone: Clone, tmp_path: Path) -> None:
    """What the soak finds is the change and nothing else."""

    async def nothing(record: object, session: object) -> None: ...

    kept = dict(tampering.KINDS)
    tampering.KINDS.clear()
    tampering.KINDS["nothing"] = nothing
    try:
        outcome = await tampering.run(clone.superuser, tmp_path, changes=10)
    finally:
        tampering.KINDS.clear()
        tampering.KINDS.update(kept)
    assert outcome.found == 0 and outcome.missed == ["nothing"] * 10
