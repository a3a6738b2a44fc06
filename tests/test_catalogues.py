"""The catalogues in `docs/` are those of this code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import catalogues
from tests.paths import ROOT


def test_none_is_stale() -> None:
    """In a process of its own, where no test has declared anything."""
    command = [sys.executable, "-m", "tests.catalogues", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_stale_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogues, "DOCS", tmp_path)
    monkeypatch.setattr(catalogues, "catalogues", lambda: {"tools.md": "x\n", "cli.md": "y\n"})
    assert catalogues.main(["--check"]) == 1 and not list(tmp_path.iterdir())
    assert catalogues.main([]) == 0 and catalogues.main(["--check"]) == 0
    (tmp_path / "cli.md").write_text("changed")
    capsys.readouterr()
    assert catalogues.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/cli.md is stale; run: make catalogues\n"


def test_no_path_of_this_machine() -> None:
    for name in ("tools", "events", "settings", "problems", "roles", "cli"):
        assert str(ROOT) not in (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
