"""The benchmarks, each beside its baseline in the same run: `python -m evals.bench [NAME ...]`; `--list` shows them."""

from __future__ import annotations

from typing import Any

from evals.discovered import Run, start


def show(run: Run, result: Any, seconds: float) -> bool:
    """They print their own figures."""
    return not result


if __name__ == "__main__":
    raise SystemExit(start("evals.bench", show))
