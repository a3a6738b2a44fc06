"""An upgrade under way: a database made by the version before tables lay in partitions is brought along while that
version's server and worker run on it and messages come in; then a worker of each version side by side. Nothing may be
lost or doubled, and the record must be whole."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
from sqlalchemy import text

from db import embedded, provision
from db.engine import Database
from evals.harness import Hospital, Processes, Sender
from evals.soak.webhooks import _ASIDES as LINES
from wiring import demo

BEFORE = "bc4044c"
_FIRST_ENDS_IN_S = 120.0  # longer than the rest of the migration takes on a slow machine: in truth it is months
_ROOT = Path(__file__).parents[2]
# Run by the version before, in its own tree: folder, how many conversations.
_MAKE = """
import asyncio, sys
from pathlib import Path
from db import embedded, provision
from evals.harness import NOW, Hospital, running_runtime
from tools.conversations.inbox import Incoming, receive
from tools.facility import demo

async def main(folder, conversations):
    service, owner = provision.create_database(embedded.start(folder), "wardline", "wardline_app")
    await asyncio.to_thread(provision.migrate, owner, "wardline_app")
    await demo.load(owner, secret=b"soak", now=NOW, horizon_days=30)
    async with running_runtime(Hospital(service, owner, folder)) as runtime:
        for number in range(conversations):
            phone = f"+9199{number:08d}"
            incoming = Incoming("whatsapp", phone, "hello", f"SM{number:032d}")
            conversation = await receive(runtime, demo.TENANT_ID, incoming)
            await runtime.turns.run_next(demo.TENANT_ID, conversation)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


@dataclass(slots=True)
class Sent:
    """What was acknowledged, and the longest that a carrier had to wait for it, by part of the run."""

    messages: int = 0
    longest_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    conversations: int
    messages: int
    stored: int
    answered: int
    answers: int
    waiting: int
    by_version: tuple[int, int]  # messages answered while only the version before ran, and since
    in_partitions: int  # entries, events and messages that are not in what was there first
    migrated_s: float
    longest_s: dict[str, float]  # for an acknowledgement: before, during the migration, side by side
    verified: str

    @property
    def good(self) -> bool:
        return (
            self.stored == self.messages == self.answered == self.answers
            and self.waiting == 0
            and self.verified == "whole"
            and min(*self.by_version, self.in_partitions) > 0
        )


class Before(Processes):
    """Processes of the version before."""

    def __init__(self, place: Hospital, tree: Path, *, logs: Path | None = None) -> None:
        super().__init__(place, logs=logs, environment={"PYTHONPATH": str(tree)})
        self._tree = tree

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "cli", *name.split()]
        self._running[name] = subprocess.Popen(
            command, env=self._env, cwd=self._tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextmanager
def tree_before() -> Iterator[Path | None]:
    """The code of the version before, in a folder; None where the history that holds it is not there."""
    packed = subprocess.run(["git", "archive", BEFORE], cwd=_ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="wardline-before-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(folder, filter="data")
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def made_before(tree: Path, conversations: int) -> AsyncIterator[Hospital]:
    """A hospital made by the version before, with conversations."""
    with tempfile.TemporaryDirectory(prefix="wardline-", ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o755)
        superuser = embedded.start(data_dir)
        command = [sys.executable, "-c", _MAKE, folder, str(conversations)]
        own = {**os.environ, "PYTHONPATH": str(tree)}
        await asyncio.to_thread(subprocess.run, command, cwd=tree, env=own, check=True)
        service, owner = provision.create_database(superuser, "wardline", "wardline_app")
        try:
            yield Hospital(service, owner, data_dir)
        finally:
            embedded.stop(data_dir)


async def run(tree: Path, *, conversations: int, messages: int, logs: Path | None = None) -> Outcome:
    """`messages` in each part: before the migration, while it runs (as many as come), and side by side."""
    async with made_before(tree, conversations) as place:
        before, now, sent = Before(place, tree, logs=logs), Processes(place, logs=logs), Sent()
        sent.messages = conversations
        try:
            before.start("serve")
            before.start("worker")
            await before.ready()
            async with httpx.AsyncClient() as client:
                old, new = Sender(before.url, client), Sender(now.url, client)
                await _send(sent, "before", [old], messages)
                migrated_s = await _migrate_meanwhile(place, sent, old)
                alone = await _number(place, _ANSWERED)
                now.start("serve")
                now.start("worker")
                await now.ready()
                await _send(sent, "side by side", [old, new], messages)
            await _settled(place, sent.messages)
        finally:
            before.stop()
            now.stop()
        return await _outcome(place, now, conversations, sent, alone=alone, migrated_s=migrated_s)


async def _send(sent: Sent, part: str, senders: list[Sender], count: int) -> None:
    """Messages of conversations old and new, each delivered to every sender, four at once."""
    gate = asyncio.Semaphore(4)

    async def deliver(number: int) -> None:
        phone = f"+9199{number:08d}" if number % 2 else f"+9188{uuid4().int % 10**8:08d}"
        sid, line = f"SM{uuid4().hex}", LINES[number % len(LINES)]
        async with gate:
            for sender in senders if number % 3 else senders[::-1]:
                started = time.monotonic()
                await sender.deliver(phone, line, sid)
                sent.longest_s[part] = max(sent.longest_s.get(part, 0.0), round(time.monotonic() - started, 2))

    await asyncio.gather(*(deliver(number) for number in range(count)))
    sent.messages += count


async def _migrate_meanwhile(place: Hospital, sent: Sent, sender: Sender) -> float:
    """Bring the schema along while messages come in; how long it took. What was there first ends a moment after it, not
    in two months, so that the rest of the run writes into other partitions."""
    started = time.monotonic()
    migration = asyncio.create_task(asyncio.to_thread(_migrate, place.owner))
    while not migration.done():
        await _send(sent, "migrating", [sender], 4)
        await asyncio.sleep(0.2)
    ends = await migration
    seconds = time.monotonic() - started
    await _send(sent, "migrating", [sender], 20)  # connections that were opened before, and what they had prepared
    await asyncio.sleep(max(0.0, ends - time.time()))
    return seconds


def _migrate(owner: str) -> float:
    """Migrate, and say when (Unix time) the first partitions of events and messages end."""
    provision.migrate(owner, "wardline_app", to="0014_partition_functions")
    ends = time.time() + _FIRST_ENDS_IN_S
    bound = UUID(int=int(ends * 1000) << 80)
    for table in ("event_log", "message"):
        changed = f"DROP CONSTRAINT until, ADD CONSTRAINT until CHECK (id < '{bound}') NOT VALID"
        _altered(owner, f"ALTER TABLE {table} {changed}")
        _altered(owner, f"ALTER TABLE {table} VALIDATE CONSTRAINT until")
    provision.migrate(owner, "wardline_app")
    return ends


def _altered(owner: str, statement: str) -> None:
    """Change a table in use, as the migrations do: without making others wait."""
    while True:
        try:
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute("SET lock_timeout = '0.8s'")
                connection.execute(statement)  # type: ignore[arg-type]
            return
        except psycopg.errors.LockNotAvailable:
            time.sleep(0.5)


async def _settled(place: Hospital, expected: int, *, patience_s: float = 300) -> None:
    deadline = time.monotonic() + patience_s
    while await _number(place, _ANSWERED) < expected and time.monotonic() < deadline:
        await asyncio.sleep(0.5)


_ANSWERED = "SELECT count(DISTINCT in_reply_to) FROM message WHERE direction = 'out' AND purpose = 'reply'"
_IN_PARTITIONS = """
    SELECT (SELECT count(*) FROM audit_entry WHERE tableoid <> 'audit_entry_first'::regclass)
         + (SELECT count(*) FROM event_log WHERE tableoid <> 'event_log_first'::regclass)
         + (SELECT count(*) FROM message WHERE tableoid <> 'message_first'::regclass)
"""


async def _number(place: Hospital, query: str) -> int:
    database = Database(place.service, pool_size=1)
    try:
        async with database.begin(demo.TENANT_ID) as session:
            return int((await session.execute(text(query))).scalar() or 0)
    finally:
        await database.close()


async def _outcome(
    place: Hospital, now: Processes, conversations: int, sent: Sent, *, alone: int, migrated_s: float
) -> Outcome:
    answered = await _number(place, _ANSWERED)
    return Outcome(
        conversations=conversations,
        messages=sent.messages,
        stored=await _number(place, "SELECT count(*) FROM message WHERE direction = 'in'"),
        answered=answered,
        answers=await _number(place, "SELECT count(*) FROM message WHERE direction = 'out' AND purpose = 'reply'"),
        waiting=await _number(place, "SELECT count(*) FROM message WHERE state IN ('received', 'hearing')"),
        by_version=(alone, answered - alone),
        in_partitions=await _number(place, _IN_PARTITIONS),
        migrated_s=round(migrated_s, 1),
        longest_s=sent.longest_s,
        verified=await asyncio.to_thread(_verified, now),
    )


def _verified(now: Processes) -> str:
    """What `wardline audit verify` says, after what waits was sealed."""
    for command in (["seals", "make"], ["audit", "verify"]):
        done = subprocess.run(
            [sys.executable, "-m", "cli", *command], env=now._env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            return (done.stdout + done.stderr)[-2000:]
    return "whole"


async def main() -> Outcome:
    with tree_before() as tree:
        if tree is None:
            raise SystemExit(f"the history is not here that holds {BEFORE}, the version to upgrade from")
        return await run(tree, conversations=1_000, messages=200)
