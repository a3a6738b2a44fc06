"""What a start does not wait for."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT

CODE = """
import sys
import api.http.app, cli.main, worker.main
print(*sorted({"langchain_openai", "openai", "onnxruntime", "scipy", "spacy", "simple_icd_10_cm"} & set(sys.modules)))
"""


def test_engines_are_loaded_by_who_uses_them() -> None:
    found = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
