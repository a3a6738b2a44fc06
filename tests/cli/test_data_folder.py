"""The data folder is found wherever one stands, said by `doctor`, and begun only by what begins a hospital."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import settings as module
from settings import Settings
from tests.paths import ROOT

READING = (
    ["demo"], ["chat"], ["outbox"], ["session", "list"], ["tools", "run", "facility.list_locations"],
    ["audit", "verify"],
    ["token", "admin"], ["worker"], ["serve"],
)  # fmt: skip


def wardline(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The command, run in another folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *args], cwd=cwd, env={**plain, "WARDLINE_PORT": "0", "COLUMNS": "500", **env},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_begins_nothing(tmp_path: Path, command: list[str]) -> None:
    data = tmp_path / "data"
    done = wardline(*command, cwd=tmp_path, WARDLINE_DATA_DIR=str(data))
    assert done.returncode == 1, done
    assert str(data) in done.stderr and "wardline migrate" in done.stderr and "WARDLINE_DATA_DIR" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_is_not_where_one_stands(tmp_path: Path) -> None:
    done = wardline("doctor", cwd=tmp_path)
    assert f"{ROOT / 'var'} (found: WARDLINE_DATA_DIR is not set" in done.stdout, done
    named = wardline("doctor", cwd=tmp_path, WARDLINE_DATA_DIR=str(tmp_path / "x"))
    assert f"{tmp_path / 'x'} (WARDLINE_DATA_DIR; not there yet: wardline migrate makes it)" in named.stdout
    assert list(tmp_path.iterdir()) == []


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting, checkout, the user's data folder."""
    for name in ("WARDLINE_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert Settings().data_dir == ROOT / "var"
    monkeypatch.setattr(module, "__file__", str(tmp_path / "site-packages" / "settings.py"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings().data_dir == tmp_path / ".local" / "share" / "wardline"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "shared"))
    assert Settings().data_dir == tmp_path / "shared" / "wardline"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # the XDG specification: to be ignored
    assert Settings().data_dir == tmp_path / ".local" / "share" / "wardline"
    monkeypatch.setenv("WARDLINE_DATA_DIR", "/srv/wardline")
    assert Settings().data_dir == Path("/srv/wardline")
