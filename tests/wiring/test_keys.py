"""Keys come from outside in production; elsewhere they are made once, readable by their owner alone."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from wiring.keys import master_secret, seals, vault


@pytest.mark.parametrize(
    ("use", "named"),
    [(master_secret, "SECRET_KEY"), (seals, "SEAL_KEY_FILE"), (vault, "MASTER_KEY_FILE")],
    ids=["secret", "seals", "vault"],
)
def test_production_makes_none_of_its_own(tmp_path: Path, use: Callable[[Settings], Any], named: str) -> None:
    with pytest.raises(SystemExit, match=named):
        use(Settings(env="production", data_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_production_names_the_master_keys(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="MASTER_KEY_FILE or WARDLINE_KEY_SERVICE_URL"):
        vault(Settings(env="production", data_dir=tmp_path, secret_key="x"))  # type: ignore[arg-type]
    with pytest.raises(SystemExit, match="KEY_SERVICE_TOKEN"):
        vault(
            Settings(
                env="production", data_dir=tmp_path, secret_key="x", key_service_url="https://vault:8200/v1/transit"
            )
        )  # type: ignore[arg-type]


def test_development_makes_them_once(tmp_path: Path) -> None:
    settings = Settings(env="development", data_dir=tmp_path)
    first, again = seals(settings), seals(settings)
    vault(settings)
    kept = (tmp_path / "master.keys").read_bytes()
    vault(settings)
    assert (tmp_path / "master.keys").read_bytes() == kept
    assert first.keys.trusted().lines() == again.keys.trusted().lines()
    for name in ("master.keys", "seal.keys", "secret.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
