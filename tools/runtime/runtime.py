"""The one path that every call takes: who is asking -> approval -> done already? -> one transaction that holds the
effect, its events and its entry on the record."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from governance.record import Opening, digest
from tools.runtime import approvals, idempotency
from tools.runtime.constraints import explanation
from tools.runtime.context import Tenant, ToolContext
from tools.runtime.errors import (
    ApprovalNeeded,
    AssentMissing,
    Failed,
    Forbidden,
    InvalidArguments,
    NotFound,
    ToolError,
    Unavailable,
)
from tools.runtime.jobs import Jobs
from tools.runtime.pages import Cursors
from tools.runtime.principals import Principal, system
from tools.runtime.tool import Args, Effect, Tool, find_tool
from tools.runtime.work import Clock, Work, open_work

log = structlog.get_logger()
LARGEST_RESULT = 65_536  # a longer one is recorded by its hash: a session that is replayed would double the record
_RETRIED = {"40P01", "40001"}  # deadlock, serialization failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call gave back. `body` is the result as JSON; `replayed` says that it was done before."""

    body: str
    out: BaseModel | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A call inside a turn. `tools` are those of the flow the agent is in; `assent` is the digest of (tool, arguments)
    that the patient said yes to."""

    turn: str
    number: int
    tools: frozenset[str]
    assent: str | None = None


class Runtime:
    """Runs tools. Holds what outlives a call: database, queue, clock, cursor key, carrier, understanding, tenants."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        clock: Clock,
        *,
        cursors: Cursors,
        hold_minutes: int = 10,
        slot_horizon_days: int = 60,
        carrier: Any = None,
        status_callback: str | None = None,
        understanding: Any = None,
    ) -> None:
        self.turns: Any = None  # set where the agents are wired in
        self.carrier = carrier  # None: messages rest in the outbox
        self.status_callback = status_callback
        self.understanding = understanding
        self.database = database
        self.jobs = jobs
        self.clock = clock
        self.cursors = cursors
        self.hold_minutes = hold_minutes
        self.slot_horizon_days = slot_horizon_days
        self._tenants: dict[UUID, Tenant] = {}

    async def call(
        self,
        name: str,
        arguments: Any,
        caller: Principal,
        *,
        channel: str = "rest",
        key: str | None = None,
        if_match: int | None = None,
    ) -> Reply:
        """Run a tool in a transaction of its own. `arguments`: JSON bytes, a dict of JSON values, or the Args."""
        opening = self.opening_for(caller, channel)
        entry = _Entry(name, caller, key=key, at=self.clock.now().isoformat())
        try:
            for attempt in range(3):
                try:
                    return await self._call_once(name, arguments, caller, opening, entry, key=key, if_match=if_match)
                except DBAPIError as error:
                    if getattr(error.orig, "sqlstate", None) not in _RETRIED or attempt == 2:
                        raise
        except Exception as error:
            refusal = as_tool_error(error)
            await self._record_refusal(caller, opening, entry.refused(refusal))
            raise refusal from error
        raise Failed

    async def _call_once(
        self, name: str, arguments: Any, caller: Principal, opening: Opening, entry: _Entry, *, key: str | None, if_match: int | None
    ) -> Reply:  # fmt: skip
        tool = permitted(name, caller)
        args = parse(tool, arguments)
        entry.args = args.model_dump(mode="json")
        async with open_work(self.database, self.jobs, self.clock, caller.tenant_id, opening=opening) as work:
            claimed = None
            if key is not None and tool.effect is not Effect.READ:
                claimed, new = await idempotency.claim(
                    work, caller.id, key, tool=tool.name, arguments=args.model_dump_json()
                )
                if not new:
                    work.record.append("tool_call", entry.done("replayed", None))
                    return Reply(claimed.result or "null", None, replayed=True)
            if tool.effect is Effect.CRITICAL:
                await approvals.use_approval(work, tool, args)
            context = await self.context(work, caller, if_match=if_match)
            await work.scope(caller.patient_id)
            out: BaseModel = await tool.run(context, args)
            body = out.model_dump_json()
            if claimed is not None:
                await work.scope(None)
                claimed.result = body
            work.record.append("tool_call", entry.done("ok", body))
        return Reply(body, out)

    async def call_within(
        self, work: Work, name: str, arguments: Any, caller: Principal, *, step: Step | None = None
    ) -> Any:
        """Run a tool inside a transaction that is already open (a turn's, or another tool's). A refused write is rolled
        back to before it; its entry stays."""
        entry = _Entry(name, caller, at=work.now.isoformat(), step=f"{step.turn}/{step.number}" if step else None)
        events, jobs = len(work.events), len(work.jobs)
        try:
            tool = permitted(name, caller)
            args = parse(tool, arguments)
            entry.args = args.model_dump(mode="json")
            if step is not None:
                _check_step(tool, args, caller, step)
            context = await self.context(work, caller)
            await work.scope(caller.patient_id)
            if tool.effect is Effect.READ:
                out = await tool.run(context, args)
            else:
                if tool.effect is Effect.CRITICAL:
                    await approvals.use_approval(work, tool, args)
                async with work.session.begin_nested():
                    out = await tool.run(context, args)
                    await work.session.flush()
        except (ToolError, IntegrityError) as error:
            refusal = as_tool_error(error)
            del work.events[events:], work.jobs[jobs:]
            work.session.info.pop("scope", None)  # a rollback to a savepoint takes the scope back too
            work.record.append("tool_call", entry.refused(refusal))
            raise refusal from error
        work.record.append("tool_call", entry.done("ok", out.model_dump_json()))
        return out

    async def context(self, work: Work, caller: Principal, *, if_match: int | None = None) -> ToolContext:
        """The context of one call; calls from it to other rooms run as the system on the caller's behalf."""
        behalf = system(caller.tenant_id, f"system for {caller.id}")

        async def call_other(name: str, arguments: Any) -> Any:
            scope = work.session.info.get("scope")
            out = await self.call_within(work, name, arguments, behalf)
            await work.scope(scope[1] if scope else None)
            return out

        return ToolContext(
            work=work,
            principal=caller,
            tenant=await self.tenant(caller.tenant_id, work.session),
            cursors=self.cursors,
            call=call_other,
            if_match=if_match,
            hold_minutes=self.hold_minutes,
            slot_horizon_days=self.slot_horizon_days,
        )

    async def tenant(self, tenant_id: UUID, session: AsyncSession | None = None) -> Tenant:
        """Whose call it is; read once. Inside a transaction give its `session`: a second connection might never come."""
        if tenant_id not in self._tenants:
            from tools.facility.tables import Tenant as TenantTable

            if session is None:
                async with self.database.begin(tenant_id) as own:
                    row = await own.get(TenantTable, tenant_id)
            else:
                row = await session.get(TenantTable, tenant_id)
            if row is None:
                raise NotFound(f"There is no tenant {tenant_id}.")
            self._tenants[tenant_id] = Tenant(row.id, row.slug, row.name, ZoneInfo(row.zone), row.country)
        return self._tenants[tenant_id]

    def opening_for(self, caller: Principal, channel: str) -> Opening:
        """A caller without a conversation has one session a day and channel."""
        now = self.clock.now()
        name = f"{caller.tenant_id}|{caller.id}|{channel}|{now:%Y-%m-%d}"
        return Opening(
            id=uuid5(NAMESPACE_OID, name),
            agent="none",
            channel=channel,
            principal=caller.id,
            started_at=now,
            patient_id=caller.patient_id,
        )

    async def _record_refusal(self, caller: Principal, opening: Opening, body: dict[str, Any]) -> None:
        try:
            async with open_work(self.database, self.jobs, self.clock, caller.tenant_id, opening=opening) as work:
                work.record.append("tool_call", body)
                if body["code"] == ApprovalNeeded.code:
                    tool = permitted(body["tool"], caller)
                    await approvals.ask_approval(work, tool, parse(tool, body["args"]), caller)
        except (OperationalError, InterfaceError, PoolTimeout):
            log.warning("record.unreachable", tool=body["tool"], code=body["code"])


@dataclass(slots=True)
class _Entry:
    """A tool call's entry on the record, filled as the call goes on."""

    tool: str
    caller: Principal
    at: str
    key: str | None = None
    step: str | None = None
    args: Any = None
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.perf_counter()

    def done(self, outcome: str, result: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "at": self.at,
            "tool": self.tool,
            "args": self.args,
            "principal": self.caller.id,
            "outcome": outcome,
            "latency_ms": round((time.perf_counter() - self.started) * 1000, 1),
        }
        if self.key is not None:
            body["key"] = self.key
        if self.step is not None:
            body["step"] = self.step
        if result is not None and len(result) <= LARGEST_RESULT:
            body["result"] = result
        elif result is not None:
            body |= {"result_sha256": hashlib.sha256(result.encode()).hexdigest(), "result_length": len(result)}
        return body

    def refused(self, error: ToolError) -> dict[str, Any]:
        outcome = "failed" if error.status >= 500 else "refused"
        return {**self.done(outcome, None), "code": error.code, "detail": error.detail}


def permitted(name: str, caller: Principal) -> Tool:
    """The tool, if the caller may use it."""
    tool = find_tool(name)
    if tool is None:
        raise NotFound(f"There is no tool {name}.")
    if not caller.may(tool.needs.name):
        raise Forbidden(f"{tool.name} needs the permission {tool.needs.name}.")
    if caller.kind == "patient" and not tool.by_patient:
        raise Forbidden(f"{tool.name} is for staff.")
    return tool


def parse(tool: Tool, arguments: Any) -> Args:
    """The arguments, checked strictly; InvalidArguments names each field and its rule."""
    if isinstance(arguments, tool.args):
        return arguments
    try:
        if isinstance(arguments, bytes | str):
            return tool.args.model_validate_json(arguments)
        return tool.args.model_validate_json(_to_json(arguments))
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from error


def invalid(found: Iterable[Any]) -> InvalidArguments:
    """InvalidArguments from Pydantic's errors, without the values given."""
    errors = [{"field": ".".join(str(part) for part in e["loc"]) or "body", "rule": e["msg"]} for e in found]
    named = ", ".join(dict.fromkeys(str(error["field"]) for error in errors))
    return InvalidArguments(f"Not accepted: {named}.", errors=errors)


def as_tool_error(error: BaseException) -> ToolError:
    """What a caller may see of an exception. An exception's own text never leaves the process."""
    if isinstance(error, ToolError):
        return error
    if isinstance(error, IntegrityError):
        return explanation(error)
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return Unavailable()
    log.error("tool.failed", error=type(error).__name__, exc_info=error)
    return Failed()


def assent_digest(name: str, arguments: Any) -> str:
    """What a patient's yes is bound to: the tool and its exact arguments."""
    tool = find_tool(name)
    assert tool is not None, name
    return digest([name, parse(tool, arguments).model_dump(mode="json")])


def _check_step(tool: Tool, args: Args, caller: Principal, step: Step) -> None:
    if tool.name not in step.tools:
        raise Forbidden(f"{tool.name} is not a tool of this flow.")
    if tool.assent and caller.kind == "patient" and step.assent != digest([tool.name, args.model_dump(mode="json")]):
        raise AssentMissing


def _to_json(arguments: Any) -> str:
    if isinstance(arguments, BaseModel):
        return arguments.model_dump_json()
    return json.dumps(arguments, default=str)
