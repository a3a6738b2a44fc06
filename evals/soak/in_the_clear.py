"""Nothing in the clear: after conversations over real processes and calls by staff, the raw files of the database's
record, job, event and state tables, and the logs, are searched for what patients are called and what was said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import select

from evals.harness import Hospital, hospital, running_runtime
from evals.soak import webhooks
from governance.vault import Keyring
from tools.conversations.contents import open_contents
from tools.conversations.tables import Message
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.rooms import in_clear
from tools.runtime.runtime import Runtime
from wiring import demo

SHORTEST_TEXT = 12
_FILES = """
    SELECT c.relname, pg_relation_filepath(f.oid)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
      JOIN pg_class f ON f.oid = c.oid OR f.oid = c.reltoastrelid
        OR f.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN (c.oid, c.reltoastrelid))
     WHERE c.relkind = 'r' AND pg_relation_filepath(f.oid) IS NOT NULL
"""


@dataclass(slots=True)
class Outcome:
    values: int = 0
    texts: int = 0
    tables: int = 0
    files: int = 0
    megabytes: float = 0.0
    control: bool = False  # the patients' own table is found to hold their names
    found: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.control and not self.found and self.texts > 0


async def run(place: Hospital, *, patients: int, lines: int) -> Outcome:
    logs = place.data_dir / "captured"
    logs.mkdir()
    await webhooks.run(place, patients=patients, lines=lines, kills=0, in_order=True, logs=logs)
    async with running_runtime(place) as runtime:
        await staff_calls(runtime)
        await dictations(runtime)
        await case_work(runtime)
        values, texts = await personal(runtime)
    return await asyncio.to_thread(search, place, values, texts)


async def staff_calls(runtime: Runtime) -> None:
    """What a front desk does in a day, refusals, repeated keys and a call that waits for a person included."""
    desk = Principal(kind="staff", id="desk", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}))
    people = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
    for who in people[:20]:
        named = {"patient_id": str(who["id"])}
        calls: list[tuple[str, dict[str, Any]]] = [
            ("patients.search_patients", {"phone": who["phone"]}),
            ("patients.search_patients", {"name": f"{who['given']} {who['family']}"}),
            ("patients.get_patient", named),
            ("patients.update_patient", {**named, "address": f"12 Lake View Road, {who['family']} House"}),
            ("patients.create_patient", {"given": who["given"], "family": who["family"],
            "birth_date": str(who["birth_date"]), "mrn": who["mrn"]}),
            ("patients.update_patient", {**named, "email": f"{who['given']}.{who['family']}@example.com".lower()}),
            ("communications.send_communication",
            {**named, "purpose": "information",
            "body": f"Dear {who['given']} {who['family']}, your report of {who['birth_date']} is ready."}),
            ("tickets.create_ticket", {**named, "category": "other",
            "subject": f"{who['given']} {who['family']} called from {who['phone']}"}),
            ("record.erase_patient", {**named, "reason": f"{who['given']} {who['family']} asked for it"}),
            ("conversations.open_conversation", named),
        ]  # fmt: skip
        for name, args in calls:
            key = f"key-{uuid4()}"
            for _ in range(2):
                try:
                    await runtime.call(name, args, desk, key=key)
                except ToolError:
                    pass  # a refusal is on the record too


async def dictations(runtime: Runtime) -> None:
    """What is said and corrected in recordings of patients."""
    doctor = Principal(kind="staff", id="doctor", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}))
    for who in (await demo.facts(runtime.database, demo.TENANT_ID)).patients[:10]:
        name = f"{who['given']} {who['family']}"

        async def call(tool: str, /, **args: Any) -> Any:
            return json.loads((await runtime.call(tool, args, doctor)).body)

        started = await call(
            "voice.start_session", kind="dictation", patient_id=str(who["id"]), hot_words=[name, who["mrn"]]
        )
        session = {"session_id": started["id"]}
        said = [
            {
                "start_s": 0.0,
                "end_s": 4.0,
                "text": f"{name}, record {who['mrn']}, to be called on {who['phone']}.",
                "speaker": name[:30],
            }
        ]
        await call("voice.add_segments", **session, engine="elsewhere", segments=said)
        first = (await call("voice.get_transcript", **session))["segments"][0]
        await call(
            "voice.correct_segment", **session, segment_id=first["id"], text=f"{name} was born on {who['birth_date']}."
        )


async def case_work(runtime: Runtime) -> None:
    """Notes drafted, saved, edited and refused, and discussions of a case, all of which name the patient."""
    doctor = Principal(kind="staff", id="doctor", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}))
    for who in (await demo.facts(runtime.database, demo.TENANT_ID)).patients[:10]:
        name, patient, note_id = f"{who['given']} {who['family']}", {"patient_id": str(who["id"])}, str(uuid4())
        talk = (
            f"Doctor: {name}, born {who['birth_date']}, came with a cough. I think it is bronchitis. Call "
            f"{who['phone']}."
        )
        note = {"sections": [{"division": "plan", "sentences": [{"text": f"Call {name} on {who['phone']}."}]}]}
        thread = json.loads(
            (await runtime.call("collab.open_thread", {**patient, "title": f"{name}'s cough"}, doctor)).body
        )
        calls: list[tuple[str, dict[str, Any]]] = [
            ("scribe.draft_note", {**patient, "text": talk}),
            ("scribe.draft_note", {"text": talk}),
            ("scribe.validate_note", {**patient, "text": talk, "note_text": f"Plan: call {name}."}),
            ("collab.add_revision", {**patient, "note_id": note_id, "note": note}),
            ("collab.add_revision", {"note_id": note_id, "note": note, "parent": 1, "reason": f"{name} rang"}),
            ("collab.add_revision", {"note_id": note_id, "note": note, "parent": 1}),
            ("collab.compare_revisions", {"note_id": note_id, "rev": 2}),
            ("collab.note_as_fhir", {"note_id": note_id, "rev": 2}),
            ("collab.post_message", {"thread_id": thread["id"], "text": f"@nurse please ring {name}, {who['mrn']}"}),
            ("collab.list_mentions", {}),
        ]
        for tool, args in calls:
            try:
                await runtime.call(tool, args, doctor, key=f"key-{uuid4()}")
            except ToolError:
                pass


async def personal(runtime: Runtime) -> tuple[set[str], set[str]]:
    """(values of the demo patients' records, texts that were said)."""
    values: set[str] = set()
    for who in (await demo.facts(runtime.database, demo.TENANT_ID)).patients:
        values |= {f"{who['given']} {who['family']}", who["phone"], who["phone"].removeprefix("+91"), who["mrn"]}
        values |= {str(who["birth_date"]), f"{who['birth_date']:%d %B %Y}"}
        values.add(f"{who['given']}.{who['family']}@example.com".lower())
    async with runtime.database.begin(demo.TENANT_ID) as session:
        rows = list(await session.scalars(select(Message)))
        contents = await open_contents(Keyring(runtime.vault, session, demo.TENANT_ID), rows)
    texts = {content.text for content in contents if content is not None and len(content.text) >= SHORTEST_TEXT}
    return values, texts


def search(place: Hospital, values: set[str], texts: set[str]) -> Outcome:
    outcome = Outcome(values=len(values), texts=len(texts))
    needles = [(text, form) for text in sorted(values | texts) for form in _forms(text)]
    superuser = place.service.replace("//wardline_app:", "//postgres:")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        files = connection.execute(_FILES).fetchall()
    by_design = in_clear() | {"alembic_version"}
    outcome.tables = len({table for table, _ in files} - by_design)
    for table, path in files:
        data = _read(place.data_dir / "pg" / path)
        if table == "patient":
            outcome.control |= any(form in data for _, form in needles)
        if table not in by_design:
            outcome.files += 1
            outcome.megabytes += len(data) / 1e6
            outcome.found += [f"{table}: {text[:60]!r}" for text, form in needles if form in data]
    for log in _logs(place.data_dir):
        data = log.read_bytes()
        outcome.files += 1
        outcome.found += [f"{log.name}: {text[:60]!r}" for text, form in needles if form in data]
    outcome.found = sorted(set(outcome.found))
    outcome.megabytes = round(outcome.megabytes, 1)
    return outcome


def _forms(text: str) -> Iterator[bytes]:
    """A text as a file may hold it: as it is, and escaped as in JSON."""
    yield text.encode()
    if not text.isascii() or "\n" in text:
        yield text.encode("unicode_escape")


def _read(path: Path) -> bytes:
    """A relation's file with its further segments."""
    parts = [path, *sorted(path.parent.glob(f"{path.name}.*"))]
    return b"".join(part.read_bytes() for part in parts if part.exists())


def _logs(data_dir: Path) -> list[Path]:
    return [
        path
        for path in data_dir.rglob("*")
        if path.is_file() and (path.suffix == ".log" or path.name in ("log", "logfile"))
    ]


async def main() -> Outcome:
    async with hospital() as place:
        return await run(place, patients=40, lines=20)
