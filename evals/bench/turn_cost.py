"""What a turn costs without a model: its p50 against the sum of its unavoidable parts, measured in the same run.

The unavoidable parts are the turn's own statements and commits, as PostgreSQL was sent them, sent again over psycopg
alone. What is left is ours: Python, SQLAlchemy, LangGraph, understanding."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from agents.concierge import flow as concierge
from agents.turn.running import Turns
from agents.understanding.utterance import Understanding
from evals.harness import hospital, running_runtime
from tools.conversations.inbox import Incoming, find_conversation, receive
from tools.runtime.runtime import Runtime
from wiring import demo

TALK = (
    "book dr meera nair on thursday morning", "2", "is there parking", "yes", "what are my appointments",
    "cancel my appointment", "yes", "thanks",
)  # fmt: skip
ROUNDS = 6


async def main() -> None:
    async with hospital() as place:
        twin = place.twin("turn_cost")  # the same hospital, to send the same statements to again
        async with running_runtime(place, database_pool=20) as runtime:
            sent: list[tuple[str, Any]] = []
            times, turns = [], []
            with _listening(runtime, sent):
                phones = await _verified(runtime, 17)
                for words in TALK * ROUNDS:
                    conversation = await _receive(runtime, phones[0], words)
                    before = len(sent)
                    started = time.perf_counter()
                    await runtime.services.get(Turns).run_next(demo.TENANT_ID, conversation)
                    times.append(time.perf_counter() - started)
                    turns.append((before, len(sent)))
            floor = await _replay(twin, sent, turns)
            _print("turn, one conversation", times)
            _print("its statements and commits alone", floor)
            ratio = statistics.median(times) / statistics.median(floor)
            count = statistics.mean(end - begin for begin, end in turns)
            print(f"ratio of the medians: {ratio:.2f} (at most 3); statements and commits a turn: {count:.1f}")
            await _at_once(runtime, phones[1:])
            await _what_dominates(runtime, phones[0])


async def _verified(runtime: Runtime, count: int) -> list[str]:
    """Numbers of patients whose conversations are open and who are verified."""
    rows = [p for p in (await demo.facts(runtime.database, demo.TENANT_ID)).patients if p["mrn"][-1] in "0246"][:count]
    for row in rows:
        for words in ("show my appointments", f"{row['birth_date']:%d %B %Y}"):
            conversation = await _receive(runtime, row["phone"], words)
            await runtime.services.get(Turns).drain(demo.TENANT_ID, conversation)
    return [row["phone"] for row in rows]


async def _receive(runtime: Runtime, phone: str, words: str) -> Any:
    incoming = Incoming(channel="whatsapp", address=phone, body=words, provider_id=f"SM{time.monotonic_ns()}")
    await receive(runtime, demo.TENANT_ID, incoming)
    async with runtime.database.begin(demo.TENANT_ID) as session:
        key = runtime.vault.fingerprint(demo.TENANT_ID, phone)
        return await find_conversation(session, "whatsapp", key)


@contextmanager
def _listening(runtime: Runtime, statements: list[tuple[str, Any]]) -> Iterator[None]:
    engine = runtime.database.engine.sync_engine

    def committed(connection: Any) -> None:
        statements.append(("COMMIT", None))

    original = psycopg.AsyncConnection.execute, psycopg.AsyncCursor.execute

    async def by_cursor(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        if isinstance(query, str):
            statements.append((query, params))
        return await original[1](cursor, query, params, **options)

    event.listen(engine, "commit", committed)
    psycopg.AsyncCursor.execute = by_cursor  # type: ignore[method-assign]
    try:
        yield
    finally:
        event.remove(engine, "commit", committed)
        psycopg.AsyncCursor.execute = original[1]  # type: ignore[method-assign]


async def _replay(url: str, sent: list[tuple[str, Any]], turns: list[tuple[int, int]]) -> list[float]:
    """Everything that was sent, in the same transactions, over psycopg alone, to a twin of the database; the time of
    each turn's part."""
    spent = [0.0] * len(sent)
    connection = await psycopg.AsyncConnection.connect(url, autocommit=False)
    async with connection:
        for number, (statement, parameters) in enumerate(sent):
            started = time.perf_counter()
            if statement == "COMMIT":
                await connection.commit()
            else:
                await connection.execute(statement, parameters)  # type: ignore[arg-type]
            spent[number] = time.perf_counter() - started
    return [sum(spent[begin:end]) for begin, end in turns]


async def _at_once(runtime: Runtime, phones: list[str]) -> None:
    """16 conversations at the same time."""
    times: list[float] = []

    async def talk(phone: str) -> None:
        for words in ("what are my appointments", "is there parking", "thanks", "what can you do"):
            conversation = await _receive(runtime, phone, words)
            started = time.perf_counter()
            await runtime.services.get(Turns).run_next(demo.TENANT_ID, conversation)
            times.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(talk(phone) for phone in phones))
    rate = len(times) / (time.perf_counter() - started)
    _print("turn, 16 conversations at once", times)
    print(f"turns a second at 16 conversations, one process, receiving included: {rate:.0f}")


async def _what_dominates(runtime: Runtime, phone: str) -> None:
    """Where a turn's time goes: its statements and commits (as the turn waits for them), understanding, the flow's own
    code, and what is left: the graph, reading and writing the state, the record."""
    spent = {"database": 0.0, "database in the flow": 0.0, "flow": 0.0, "understanding": 0.0, "whole": 0.0}
    place = "database"

    def timed(name: str, original: Any) -> Any:
        async def run(*args: Any, **named: Any) -> Any:
            nonlocal place
            outer, started = place, time.perf_counter()
            if name == "flow":
                place = "database in the flow"
            try:
                return await original(*args, **named)
            finally:
                place = outer
                spent[place if name == "database" else name] += time.perf_counter() - started

        return run

    wrapped = [
        (psycopg.AsyncCursor, "execute", "database"), (psycopg.AsyncConnection, "commit", "database"),
        (concierge, "act", "flow"), (runtime.services.get(Understanding), "understand", "understanding"),
    ]  # fmt: skip
    originals = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in wrapped]
    for (owner, attribute, name), (_, _, original) in zip(wrapped, originals, strict=True):
        setattr(owner, attribute, timed(name, original))
    shares = dict.fromkeys(spent, 0.0)
    try:
        for words in TALK * ROUNDS:
            conversation = await _receive(runtime, phone, words)
            before, started = dict(spent), time.perf_counter()
            await runtime.services.get(Turns).run_next(demo.TENANT_ID, conversation)
            spent["whole"] += time.perf_counter() - started
            for name in spent:
                shares[name] += spent[name] - before[name]
    finally:
        for owner, attribute, original in originals:
            setattr(owner, attribute, original)
    database = shares["database"] + shares["database in the flow"]
    flow = shares["flow"] - shares["database in the flow"]
    rest = shares["whole"] - database - flow - shares["understanding"]
    parts = {
        "database": database,
        "flow's own code": flow,
        "understanding": shares["understanding"],
        "graph, state, rest": rest,
    }
    shown = ", ".join(f"{name} {value / shares['whole']:.0%}" for name, value in parts.items())
    print(f"of a turn's time: {shown}")


def _print(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95) - 1]
    print(f"{name:40} p50 {p50 * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms   ({len(ordered)} turns)")


if __name__ == "__main__":
    asyncio.run(main())
