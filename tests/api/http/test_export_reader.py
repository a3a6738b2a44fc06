"""A slow reader of an export keeps no transaction open; a failure breaks the response off."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.http.export import ahead_of_reader


async def test_the_writer_ends_before_a_slow_reader() -> None:
    ended = False

    async def lines() -> AsyncIterator[str]:
        nonlocal ended
        for number in range(1000):
            yield f"line {number}\n"
        ended = True

    stream = ahead_of_reader(lines())
    first = await anext(stream)
    assert ended and first.startswith(b"line 0\n")
    rest = b"".join([part async for part in stream])
    assert (first + rest).decode() == "".join(f"line {number}\n" for number in range(1000))


async def test_a_failure_is_the_readers_too() -> None:
    async def lines() -> AsyncIterator[str]:
        yield "line\n"
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        _ = [part async for part in ahead_of_reader(lines())]
