"""The scored runs: `python -m evals [NAME ...]`, all where none is named; `--list` shows them."""

from __future__ import annotations

from typing import Any

from evals.discovered import Run, start


def show(run: Run, result: Any, seconds: float) -> bool:
    """They print their own scores."""
    if result:
        print(f"{run.name}: FAILED{f' ({result})' if isinstance(result, str) else ''}", flush=True)
    return not result


if __name__ == "__main__":
    raise SystemExit(start("evals", show))
