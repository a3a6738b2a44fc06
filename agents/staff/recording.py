"""What a staff agent puts on the record beside its tool calls: the model's answers, and what policy found in
results."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from pydantic import BaseModel

from agents.staff.steps import ModelReply
from agents.understanding.model import MODEL_ANSWER
from governance.policies.screening import BETWEEN, Subject
from governance.readable import texts_in
from governance.record import digest
from governance.vault import Owner
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work

CHANNEL = "staff"


async def record_reply(runtime: Runtime, caller: Principal, *, reply: ModelReply, patients: Collection[UUID]) -> None:
    """Put one call of the model in the caller's session of the day. What was said is sealed under the patient's key
    where all that was found is one patient's; else only its hashes are kept, since it could not be erased."""
    header = runtime.header_for(caller, CHANNEL)
    row = asdict(reply)
    body = {name: row[name] for name in ModelReply.metadata()}
    body |= {
        "at": None, "principal": caller.id, "asked_sha256": digest([str(header.id), reply.asked]),
        "answered_sha256": digest([str(header.id), reply.answered]),
    }  # fmt: skip
    owner = Owner(next(iter(patients)), "patient") if len(patients) == 1 else None
    async with unit_of_work(runtime, caller.tenant_id, header=header) as work:
        full = {"asked": reply.asked, "calls": reply.answered}
        work.record.append(MODEL_ANSWER, body | {"at": work.now}, full=full, owner=owner)


async def screen_result(runtime: Runtime, caller: Principal, *, tool: str, out: BaseModel) -> None:
    """Let the policy look through what a tool found: text that tries to steer a model is put before people."""
    text = BETWEEN.join(texts_in(out))
    if not text:
        return
    async with unit_of_work(runtime, caller.tenant_id, header=runtime.header_for(caller, CHANNEL)) as work:
        await runtime.guard.judge(work, Subject("tool_result", text, tool=tool), patient_id=None)
