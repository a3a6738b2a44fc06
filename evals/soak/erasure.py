"""Erasure: patients' texts are erased through the tool, and then sought in every way there is: every tool that reads,
replay with broken glass, reruns, and every sealed value of the database opened with the vault."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from cli.chat import say
from db.base import new_id
from db.columns import Sealed, sealed_columns
from db.engine import driver_of
from evals.harness import hospital, running_runtime
from governance.seals.chains import chain_breaks
from governance.seals.checking import check_tenant
from governance.seals.sealer import Seals
from governance.seals.sealing import seal_tenant
from governance.tables import LLMResponse
from governance.vault import Keyring, Owner, Unsealable, key_id_of
from tools.rooms import metadata
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Effect, all_tools
from wiring import demo

# What is sealed under a person's key, as the tables declare it. What each value is bound to is not needed: a key that
# is gone opens nothing.
SEALED = tuple(one for one in sealed_columns(metadata()) if one.personal)
SECRET = "the rash on my left shoulder since {number} days"


@dataclass(slots=True)
class Outcome:
    erased: int = 0
    sealed_values: int = 0  # of the erased, none of which may open
    opened: int = 0
    reads: int = 0  # tools asked for it
    leaks: list[str] = field(default_factory=list)
    columns: int = 0  # of those that are sealed under a person's key
    without: list[str] = field(default_factory=list)  # of these, what held nothing of the erased: not proven
    others_open: bool = False
    starts_afresh: bool = False
    whole: bool = False

    @property
    def good(self) -> bool:
        return self.erased > 0 < self.sealed_values and not (self.opened or self.leaks
            or self.without) and self.others_open and (
            self.starts_afresh and self.whole
        )  # fmt: skip


def person(role: str) -> Principal:
    return Principal(kind="staff", id=f"{role}-{uuid4()}", tenant_id=demo.TENANT_ID, roles=frozenset({role}))


async def run(runtime: Runtime, *, patients: int) -> Outcome:
    outcome = Outcome()
    people = (await demo.facts(runtime.database, demo.TENANT_ID)).patients[30:]
    numbers = {who["phone"]: who for who in people}
    chosen = list(numbers.values())[: patients + 1]
    admin, officer = person("admin"), person("privacy_officer")
    sessions = [await _live(runtime, admin, who, number) for number, who in enumerate(chosen)]
    await _seal(runtime)
    kept, *gone = list(zip(chosen, sessions, strict=True))
    before = {str(who["id"]): await _keys(runtime, who["id"], session) for who, session in gone}
    outcome.columns, outcome.without = len(SEALED), await _without(runtime, set().union(*before.values()))
    for who, _ in gone:
        await _approve(runtime, officer)
        await runtime.call("record.erase_patient", _wish(who), admin)
        outcome.erased += 1
    for number, (who, session) in enumerate(gone, 1):
        await _open_all(runtime, before[str(who["id"])], outcome)
        await _ask_every_tool(runtime, admin, who, session, SECRET.format(number=number + 100), outcome)
    outcome.others_open = await _can_be_read(runtime, admin, kept[1], SECRET.format(number=100))
    again = await say(runtime, demo.TENANT_ID, gone[0][0]["phone"], "hello")
    outcome.starts_afresh = bool(again["reply"]) and str(again["session_id"]) != gone[0][1]
    await _seal(runtime)
    outcome.whole = await _whole(runtime)
    return outcome


async def _live(runtime: Runtime, admin: Principal, who: dict[str, Any], number: int) -> str:
    """A conversation, calls by staff, a message and a stored answer, all of which hold the secret."""
    secret = SECRET.format(number=number + 100)
    for line in ("show my appointments", f"{who['birth_date']:%d %B %Y}", f"i want to tell you of {secret}"):
        answer = await say(runtime, demo.TENANT_ID, who["phone"], line)
    named = {"patient_id": str(who["id"])}
    message = {**named, "purpose": "information", "body": f"You told us of {secret}."}
    await runtime.call("communications.send_communication", message, admin, key=f"key-{uuid4()}")
    told = {"session_id": str(answer["session_id"]), "rule": "x", "severity": "low", "evidence": f"it says {secret}"}
    await runtime.call("violations.report_violation", told, admin)
    await _record_visit(runtime, admin, named, secret)
    await _write_up(runtime, admin, named, secret)
    await _note_answer(runtime, answer["session_id"], secret)
    try:
        await runtime.call("record.erase_patient", _wish(who), admin)
    except ToolError as asked:
        assert asked.code == "approval_needed", asked
    return str(answer["session_id"])


def _wish(who: dict[str, Any]) -> dict[str, str]:
    return {"patient_id": str(who["id"]), "reason": "asked for it by letter"}


async def _record_visit(runtime: Runtime, admin: Principal, named: dict[str, str], secret: str) -> None:
    """A dictation about the patient: its hints, what was said, what its speaker is called."""
    started = {**named, "kind": "dictation", "hot_words": ["rash", secret[:40]]}
    voice = json.loads((await runtime.call("voice.start_session", started, admin)).body)["id"]
    said = [{"start_s": 0.0, "end_s": 4.0, "text": f"There is {secret}.", "speaker": "S1"}]
    await runtime.call("voice.add_segments", {"session_id": voice, "engine": "elsewhere", "segments": said}, admin)
    await runtime.call("voice.name_speaker", {"session_id": voice, "speaker": "S1", "name": secret[:30]}, admin)


async def _write_up(runtime: Runtime, admin: Principal, named: dict[str, str], secret: str) -> None:
    """A note, signed and changed for a reason, and talk about the case."""
    thread = json.loads((await runtime.call("collab.open_thread", {**named, "title": secret[:60]}, admin)).body)["id"]
    await runtime.call("collab.post_message", {"thread_id": thread, "text": f"See {secret}."}, admin)
    note_id = str(uuid4())
    note = {"sections": [{"division": "plan", "sentences": [{"text": f"Look at {secret}."}]}]}
    revision: dict[str, Any] = {**named, "note_id": note_id, "note": note}
    await runtime.call("collab.add_revision", revision, admin)
    read = json.loads((await runtime.call("collab.get_revision", {"note_id": note_id, "rev": 1}, admin)).body)
    signed = {"note_id": note_id, "rev": 1, "content_sha256": read["content_sha256"]}
    await runtime.call("collab.finalize_revision", signed, person("physician"))
    changed = {"note_id": note_id, "note": note, "parent": 1, "reason": f"It was {secret}."}
    await runtime.call("collab.add_revision", changed, admin)


async def _note_answer(runtime: Runtime, conversation_id: UUID, secret: str) -> None:
    """What a model answered, as a turn notes it: there is no model here."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        ring = Keyring(runtime.vault, session, demo.TENANT_ID)
        kept = await ring.seal(Owner(conversation_id, "conversation"), secret, "answer")
        query = text("SELECT id FROM message WHERE conversation_id = :id AND direction = 'in' LIMIT 1")
        message = await session.scalar(query, {"id": conversation_id})
        values = {"id": new_id(), "tenant_id": demo.TENANT_ID, "session_id": conversation_id, "message_id": message}
        await session.execute(insert(LLMResponse).values(**values, answer=kept))


async def _approve(runtime: Runtime, officer: Principal) -> None:
    found = json.loads((await runtime.call("approvals.list_approvals", {"state": "asked"}, officer)).body)["items"]
    for item in found:
        args = {"approval_id": item["id"], "decision": "approved", "reason": "the letter was seen"}
        await runtime.call("approvals.decide_approval", args, officer)


async def _keys(runtime: Runtime, patient_id: UUID, session: str) -> set[UUID]:
    """Of the patient, of the conversation, and of what was recorded of the patient."""
    query = text(
        "SELECT id FROM vault_key WHERE wrapped IS NOT NULL AND (owner_id IN (:patient, :session)"
        " OR owner_id IN (SELECT id FROM voice_session WHERE patient_id = :patient))"
    )
    async with runtime.database.begin(demo.TENANT_ID) as work:
        return set(await work.scalars(query, {"patient": patient_id, "session": UUID(session)}))


async def _values(session: AsyncSession, one: Sealed) -> list[bytes]:
    return list(await session.scalars(text(f"SELECT {one.column} FROM {one.table} WHERE {one.column} IS NOT NULL")))


async def _without(runtime: Runtime, keys: set[UUID]) -> list[str]:
    """Columns that hold nothing under these keys."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        return [
            f"{one.table}.{one.column}"
            for one in SEALED
            if not any(key_id_of(value) in keys for value in await _values(session, one))
        ]


async def _open_all(runtime: Runtime, keys: set[UUID], outcome: Outcome) -> None:
    """Try every sealed value under the keys that were: the vault must know none of them."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        ring = Keyring(runtime.vault, session, demo.TENANT_ID)
        for one in SEALED:
            for value in await _values(session, one):
                if key_id_of(value) in keys:
                    outcome.sealed_values += 1
                    try:
                        outcome.opened += await ring.open_one(value, "anything") is not None
                    except Unsealable:  # the key is there: what it is about is another matter
                        outcome.opened += 1


async def _ask_every_tool(
    runtime: Runtime, admin: Principal, who: dict[str, Any], session: str, secret: str, outcome: Outcome
) -> None:
    glass = {"session_id": session, "reason": "is it really gone?"}
    await runtime.call("record.break_glass", glass, admin)
    ids = {"patient_id": str(who["id"]), "session_id": session, "conversation_id": session}
    for tool in all_tools():
        if tool.effect is not Effect.READ or tool.name.startswith("alerts."):
            continue
        needed = {name for name, one in tool.args.model_fields.items() if one.is_required()}
        for given in (ids, {}):
            args = {name: value for name, value in given.items() if name in tool.args.model_fields}
            if needed - args.keys() or (given and not args):
                continue
            try:
                reply = await runtime.call(tool.name, args, admin)
            except ToolError:
                continue
            outcome.reads += 1
            if secret in reply.body:
                outcome.leaks.append(tool.name)


async def _can_be_read(runtime: Runtime, admin: Principal, session: str, secret: str) -> bool:
    await runtime.call("record.break_glass", {"session_id": session, "reason": "are others kept?"}, admin)
    return secret in (await runtime.call("record.replay_session", {"session_id": session}, admin)).body


async def _seal(runtime: Runtime) -> None:
    seals = runtime.services.get(Seals)
    async with runtime.database.begin(demo.TENANT_ID) as session:
        now = runtime.clock.now()
        await seal_tenant(session, seals.store, seals.keys, tenant_id=demo.TENANT_ID, now=now)


async def _whole(runtime: Runtime) -> bool:
    seals = runtime.services.get(Seals)
    async with runtime.database.begin(demo.TENANT_ID) as session:
        chains = await chain_breaks(await driver_of(session), demo.TENANT_ID)
        trusted = seals.keys.trusted()
        report = await check_tenant(session, seals.store, trusted, tenant_id=demo.TENANT_ID)
    return not chains and report.whole


async def main() -> Outcome:
    async with hospital() as place, running_runtime(place) as runtime:
        return await run(runtime, patients=12)
