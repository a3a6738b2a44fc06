"""What a start does not wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.paths import ROOT

CODE = """
import sys
import {modules}
print(*sorted({{"langchain_openai", "openai", "onnxruntime", "scipy", "spacy", "simple_icd_10_cm"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("modules", "loaded"),
    [("cli.main, worker.main, wiring.runtime", []), ("cli.main, api.http.app", ["onnxruntime", "scipy"])],
)
def test_engines_are_loaded_by_who_uses_them(modules: str, loaded: list[str]) -> None:
    """The server has what calls use: an import while calls go on would hold up their sound."""
    code = CODE.format(modules=modules)
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == loaded
