"""Erasure: patients' texts are erased through the tool, and then sought in every way there is: every tool that reads, replay
with broken glass, reruns, and every sealed value of the database opened with the vault."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from cli.chat import say
from db.engine import driver_of
from governance.seals.chains import chain_breaks
from governance.seals.checking import check_tenant
from governance.seals.sealer import Seals
from governance.seals.sealing import seal_tenant
from governance.vault import Keyring, Unsealable, key_id_of
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Effect, all_tools
from wiring import demo

# Where sealed values are: table, column. What each is bound to is not needed: a key that is gone opens nothing.
SEALED = (
    ("audit_entry", "sealed"), ("message", "content"), ("conversation", "flow"), ("conversation", "address"),
    ("communication", "body"), ("llm_response", "answer"), ("idempotency_key", "result"), ("approval", "args"),
    ("policy_violation", "excerpt"),
)  # fmt: skip
SECRET = "the rash on my left shoulder since {number} days"


@dataclass(slots=True)
class Outcome:
    erased: int = 0
    sealed_values: int = 0  # of the erased, none of which may open
    opened: int = 0
    reads: int = 0  # tools asked for it
    leaks: list[str] = field(default_factory=list)
    others_open: bool = False
    starts_afresh: bool = False
    whole: bool = False

    @property
    def good(self) -> bool:
        return self.erased > 0 < self.sealed_values and not self.opened and not self.leaks and self.others_open and (
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
    for who, _ in gone:
        args = {"patient_id": str(who["id"]), "reason": "asked for it by letter"}
        try:
            await runtime.call("record.erase_patient", args, admin)
        except ToolError as asked:
            assert asked.code == "approval_needed", asked
        await _approve(runtime, officer)
        await runtime.call("record.erase_patient", args, admin)
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
    return str(answer["session_id"])


async def _approve(runtime: Runtime, officer: Principal) -> None:
    found = json.loads((await runtime.call("approvals.list_approvals", {"state": "asked"}, officer)).body)["items"]
    for item in found:
        args = {"approval_id": item["id"], "decision": "approved", "reason": "the letter was seen"}
        await runtime.call("approvals.decide_approval", args, officer)


async def _keys(runtime: Runtime, patient_id: UUID, session: str) -> set[UUID]:
    query = text("SELECT id FROM vault_key WHERE owner_id IN (:patient, :session) AND wrapped IS NOT NULL")
    async with runtime.database.begin(demo.TENANT_ID) as work:
        return set(await work.scalars(query, {"patient": patient_id, "session": UUID(session)}))


async def _open_all(runtime: Runtime, keys: set[UUID], outcome: Outcome) -> None:
    """Try every sealed value under the keys that were: the vault must know none of them."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        ring = Keyring(runtime.vault, session, demo.TENANT_ID)
        for table, column in SEALED:
            rows = await session.scalars(text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"))
            for value in rows:
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
