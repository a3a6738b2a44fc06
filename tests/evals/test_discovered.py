"""Runs are found in their folders, and each says what it does."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from evals import discovered
from tests.paths import ROOT

PACKAGES = ("evals", "evals.bench", "evals.soak")


@pytest.mark.parametrize("package", PACKAGES)
def test_each_says_what_it_does(package: str) -> None:
    found = discovered.runs(package)
    assert len(found) >= 9 and all(run.about for run in found.values())


@pytest.mark.parametrize("package", PACKAGES)
def test_whatever_can_be_run_is_found(package: str) -> None:
    """A module that is a program has a `main`; a proof (`run`) too."""
    found = {run.module for run in discovered.runs(package).values()}
    for path in ROOT.joinpath(*package.split(".")).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        proof = package == "evals.soak" and any(
            isinstance(node, ast.AsyncFunctionDef) and node.name == "run" for node in ast.parse(text).body
        )
        if not path.name.startswith("__") and ('if __name__ == "__main__"' in text or proof):
            assert f"{package}.{path.stem}" in found


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs of its own."""
    folder = tmp_path / "tried_runs"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "first_one.py").write_text('"""Says one.\n\nMore."""\nimport sys\ndef main():\n    return sys.argv[1:]\n')
    (folder / "second.py").write_text('"""Fails."""\nasync def main():\n    raise SystemExit("no")\n')
    (folder / "third.py").write_text('"""Needs more."""\nONLY_BY_NAME = "x"\ndef main():\n    return 3\n')
    (folder / "words.py").write_text('"""No run."""\n')
    monkeypatch.setattr(discovered, "__file__", str(tmp_path / "evals" / "discovered.py"))
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("given", "seen", "status"),
    [
        ([], [("first-one", []), ("second", "no")], 1),
        (["first-one", "--x", "y"], [("first-one", ["--x", "y"])], 0),
        (["first_one", "third"], [("first-one", []), ("third", 3)], 0),
        (["nothing"], [], 2),
        (["--list"], [], 0),
    ],
)
def test_what_is_asked_for_is_run(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[str],
    seen: list[tuple[str, object]], status: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["x", *given])
    ran: list[tuple[str, object]] = []

    def show(run: discovered.Run, result: object, seconds: float) -> bool:
        ran.append((run.name, result))
        return result != "no"

    assert discovered.start("tried_runs", show) == status and ran == seen
    said = capsys.readouterr()
    assert ("Says one." in said.out) == (given == ["--list"]) and ("there is no nothing" in said.err) == (status == 2)
