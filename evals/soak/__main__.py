"""The long proofs: `python -m evals.soak [NAME ...]`; `--list` shows them. Prints each figure; exits with 1 where a
proof
fails."""

from __future__ import annotations

import dataclasses
from typing import Any

from evals.discovered import Run, start


def show(run: Run, result: Any, seconds: float) -> bool:
    if not dataclasses.is_dataclass(result):
        print(f"{run.name}: FAILED ({result})", flush=True)
        return False
    shown = {key: value for key, value in dataclasses.asdict(result).items() if key != "appointments"}  # type: ignore[arg-type]
    good: bool = result.good  # type: ignore[union-attr]
    print(f"{run.name}: {'GOOD' if good else 'FAILED'} in {seconds:.0f} s {shown}", flush=True)
    return good


if __name__ == "__main__":
    raise SystemExit(start("evals.soak", show))
