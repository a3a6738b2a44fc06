"""The event loop that a process runs on: uvloop, as uvicorn's server does, where this system has it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop


def run(main: Coroutine[object, object, Result]) -> Result:
    """As asyncio.run."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
