"""The one path that every call takes: who is asking -> approval -> done already? -> one transaction that holds the
effect, its events and its entry on the record."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from governance.kek import KeyServiceDown
from governance.policies.screening import BETWEEN, Subject, decide
from governance.readable import texts_in
from governance.record import SessionHeader, digest
from governance.vault import Vault
from tools.runtime import approvals, idempotency
from tools.runtime.constraints import explanation
from tools.runtime.context import Tenant, ToolContext
from tools.runtime.entries import Entry, parse, permitted
from tools.runtime.errors import (
    ApprovalNeeded,
    ConfirmationMissing,
    Failed,
    NotFound,
    OutOfScope,
    PolicyRefused,
    ToolError,
    Unavailable,
)
from tools.runtime.guard import Guard
from tools.runtime.idempotency import Asked
from tools.runtime.jobs import Jobs
from tools.runtime.outages import is_outage
from tools.runtime.pages import Cursors
from tools.runtime.principals import Principal, system
from tools.runtime.services import Services
from tools.runtime.tables import TenantRecord
from tools.runtime.tool import Args, Effect, Given, Operation, Result, Tool, find_tool, tool_of
from tools.runtime.traces import span
from tools.runtime.unit_of_work import Clock, UnitOfWork, unit_of_work

log = structlog.get_logger()
TENANT_TTL_S = 60.0
_RETRIED = {"40P01", "40001"}  # deadlock, serialization failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call gave back. `body` is the result as JSON; `replayed` says that it was done before."""

    body: str
    out: BaseModel | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A call inside a turn. `tools` are those of the flow the agent is in; `confirmation` is the digest of (tool,
    arguments) that the patient said yes to."""

    turn: str
    number: int
    tools: frozenset[str]
    confirmation: str | None = None


class Runtime:
    """Runs tools. Holds what outlives a call and every call needs; what rooms need besides is in `services`."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        clock: Clock,
        vault: Vault,
        *,
        cursors: Cursors,
        guard: Guard,
        services: Services,
    ) -> None:
        self.database = database
        self.jobs = jobs
        self.clock = clock
        self.vault = vault
        self.cursors = cursors
        self.guard = guard
        self.services = services
        self._tenants: dict[UUID, tuple[float, Tenant]] = {}
        self._named: dict[str, UUID] = {}

    async def call(
        self,
        name: str,
        arguments: Any,
        caller: Principal,
        *,
        channel: str = "rest",
        key: str | None = None,
        if_match: int | None = None,
        session: AsyncSession | None = None,
    ) -> Reply:
        """Run a tool in a transaction of its own. `arguments`: JSON bytes, a dict of JSON values, or the Args.
        `session`: a transaction of the caller's tenant that has begun and only read (who is calling, say): the call
        ends it."""
        header = self.header_for(caller, channel)
        entry = Entry(name, caller, key=key, at=self.clock.now())
        try:
            for attempt in range(3):
                try:
                    return await self._call_once(
                        name, arguments, caller=caller, header=header, entry=entry, key=key, if_match=if_match,
                        session=session if attempt == 0 else None,
                    )  # fmt: skip
                except DBAPIError as error:
                    if getattr(error.orig, "sqlstate", None) not in _RETRIED or attempt == 2:
                        raise
        except Exception as error:  # whatever it was is on the record, and the caller hears of it without its text
            if session is not None:
                await session.rollback()
            refusal = as_tool_error(error)
            entry.asked(arguments)
            await self._record_refusal(header, entry, refusal)
            raise refusal from error
        raise Failed

    async def _call_once(
        self, name: str, arguments: Any, *, caller: Principal, header: SessionHeader, entry: Entry, key: str | None,
        if_match: int | None, session: AsyncSession | None,
    ) -> Reply:  # fmt: skip
        tool = permitted(name, caller)
        args = entry.args = parse(tool, arguments)
        asked = None
        if key is not None and tool.effect is not Effect.READ:
            asked = Asked(tool.name, args.model_dump_json(), caller.id, key)
        if tool.before is None:
            return await self._run(
                tool, args, caller=caller, header=header, entry=entry, asked=asked, if_match=if_match, session=session
            )
        if session is not None:
            await session.commit()  # what takes long holds no transaction open
        if asked is not None:
            done = await self._begin(asked, caller, header=header, entry=entry)
            if done is not None:
                return done
        try:
            prepared = await self._prepare(tool, args, caller=caller, header=header)
            return await self._run(
                tool, args, caller=caller, header=header, entry=entry, asked=asked, if_match=if_match, prepared=prepared
            )
        except BaseException:  # cancelled too: a repeat with the same key must not wait for this one
            if asked is not None:
                await self._release(asked, caller, header)
            raise

    async def _run(
        self, tool: Tool, args: Args, *, caller: Principal, header: SessionHeader, entry: Entry, asked: Asked | None,
        if_match: int | None, prepared: Any = None, session: AsyncSession | None = None,
    ) -> Reply:  # fmt: skip
        async with unit_of_work(self, caller.tenant_id, header=header, session=session) as work:
            claimed = None
            if asked is not None:
                claimed, new = await idempotency.claim(work, asked, ours=tool.before is not None)
                if not new:
                    entry.write(work, "replayed")
                    return Reply(await idempotency.stored(work, claimed), None, replayed=True)
            if tool.effect is Effect.CRITICAL:
                await approvals.use_approval(work, tool, args)
            context = await self.context(work, caller, if_match=if_match)
            context.prepared = prepared
            await work.scope(caller.patient_id)
            out = await _act(tool, context, args)
            body = out.model_dump_json()
            entry.out, entry.seen = out, context.seen
            if claimed is not None:
                await work.scope(None)
                await idempotency.store(work, claimed, body, patient_id=entry.subject())
            entry.write(work, "ok", result=body)
        return Reply(body, out)

    async def _begin(self, asked: Asked, caller: Principal, *, header: SessionHeader, entry: Entry) -> Reply | None:
        """Claim the key before what takes long is begun outside a transaction; what the first call gave, if it has."""
        async with unit_of_work(self, caller.tenant_id, header=header) as work:
            claimed, new = await idempotency.claim(work, asked)
            if new:
                idempotency.begin(work, claimed)
                return None
            entry.write(work, "replayed")
            return Reply(await idempotency.stored(work, claimed), None, replayed=True)

    async def _release(self, asked: Asked, caller: Principal, header: SessionHeader) -> None:
        try:
            async with unit_of_work(self, caller.tenant_id, header=header) as work:
                await idempotency.give_up(work, asked)
        except Exception as error:  # only an outage is let pass
            if not is_outage(error):
                raise
            log.warning("idempotency.not_released", tool=asked.tool)  # it frees itself after some minutes

    async def _prepare(self, tool: Tool, args: Args, *, caller: Principal, header: SessionHeader) -> Any:
        if tool.before is None:
            return None
        async with unit_of_work(self, caller.tenant_id, header=header) as work:
            context = await self.context(work, caller)
            await work.scope(caller.patient_id)
            outside = await tool.before(context, args)
        return await outside()

    async def call_within(
        self, work: UnitOfWork, run: Operation[Given, Result], *, args: Given, caller: Principal,
        step: Step | None = None,
        prepared: object = None,
    ) -> Result:  # fmt: skip
        """Run a tool, given as its function, inside a transaction that is already open (`call_named_within`)."""
        out = await self.call_named_within(work, tool_of(run).name, args, caller, step=step, prepared=prepared)
        return cast(Result, out)

    async def call_named_within(
        self, work: UnitOfWork, name: str, arguments: Any, caller: Principal, *, step: Step | None = None,
        prepared: object = None,
    ) -> BaseModel:  # fmt: skip
        """Run a tool inside a transaction that is already open (a turn's, or another tool's). A refused write is rolled
        back to before it; its entry stays."""
        entry = Entry(name, caller, at=work.now, step=f"{step.turn}/{step.number}" if step else None)
        try:
            tool = permitted(name, caller)
            args = entry.args = parse(tool, arguments)
            if step is not None:
                await self._check_step(work, tool, args, caller, step)
            if tool.before is not None and prepared is None:
                raise RuntimeError(f"{tool.name} is to be prepared before the transaction (ctx.prepare)")
            context = await self.context(work, caller)
            context.prepared = prepared
            await work.scope(caller.patient_id)
            if tool.effect is Effect.READ:
                out = await _act(tool, context, args)
            else:
                if tool.effect is Effect.CRITICAL:
                    await approvals.use_approval(work, tool, args)
                async with work.savepoint():
                    out = await _act(tool, context, args)
        except (ToolError, IntegrityError) as error:
            refusal = as_tool_error(error)
            entry.asked(arguments)
            entry.write(work, "refused", error=refusal)
            await _note_refusal(work, refusal)
            raise refusal from error
        entry.out, entry.seen = out, context.seen
        entry.write(work, "ok", result=out.model_dump_json())
        if step is not None:
            text = BETWEEN.join(texts_in(out))
            if text:
                await self.guard.judge(work, Subject("tool_result", text, tool=name), patient_id=entry.subject())
        return out

    async def _check_step(self, work: UnitOfWork, tool: Tool, args: Args, caller: Principal, step: Step) -> None:
        """An agent holds only the tools of its flow; a change needs the patient's yes to exactly these arguments."""
        if tool.name not in step.tools:
            subject = Subject("tool_call", "", tool=tool.name, allowed_tools=step.tools)
            await work.scope(None)
            decisions = decide(await self.guard.policy(work.session, work.tenant_id), subject)
            raise OutOfScope(f"{tool.name} is not a tool of this flow.", subject=subject, decisions=decisions)
        if tool.confirmation and step.confirmation != digest([tool.name, args.model_dump(mode="json")]):
            raise ConfirmationMissing

    async def context(self, work: UnitOfWork, caller: Principal, *, if_match: int | None = None) -> ToolContext:
        """The context of one call; calls from it to other rooms run as the system on the caller's behalf."""
        return ToolContext(
            work=work,
            principal=caller,
            tenant=await self.tenant(caller.tenant_id, work.session),
            cursors=self.cursors,
            others=_OtherTools(self, work, system(caller.tenant_id, f"system for {caller.id}")),
            if_match=if_match,
            services=self.services,
        )

    async def tenant(self, tenant_id: UUID, session: AsyncSession | None = None) -> Tenant:
        """Whose call it is; a change is seen within a minute. Inside a transaction give its `session`: a second
        connection might never come."""
        held = self._tenants.get(tenant_id)
        if held is None or time.monotonic() - held[0] > TENANT_TTL_S:
            if session is None:
                async with self.database.begin(tenant_id) as own:
                    row = await own.get(TenantRecord, tenant_id)
            else:
                row = await session.get(TenantRecord, tenant_id)
            if row is None:
                raise NotFound(f"There is no tenant {tenant_id}.")
            held = time.monotonic(), Tenant(row.id, row.slug, row.name, ZoneInfo(row.zone), row.country)
            self._tenants[tenant_id] = held
        return held[1]

    async def tenant_named(self, slug: str) -> UUID | None:
        """The tenant of that short name, which it keeps for good; None where there is none."""
        if slug not in self._named:
            async with self.database.begin(None) as session:
                found = (await session.scalars(select(TenantRecord.id).where(TenantRecord.slug == slug))).first()
            if found is None:
                return None
            self._named[slug] = found
        return self._named[slug]

    def header_for(self, caller: Principal, channel: str) -> SessionHeader:
        """A caller without a conversation has one session a day and channel."""
        now = self.clock.now()
        name = f"{caller.tenant_id}|{caller.id}|{channel}|{now:%Y-%m-%d}"
        return SessionHeader(
            id=uuid5(NAMESPACE_OID, name),
            agent="none",
            channel=channel,
            principal=caller.id,
            started_at=now,
            patient_id=caller.patient_id,
        )

    async def _record_refusal(self, header: SessionHeader, entry: Entry, refusal: ToolError) -> None:
        try:
            async with unit_of_work(self, entry.caller.tenant_id, header=header) as work:
                entry.write(work, "refused", error=refusal)
                await _note_refusal(work, refusal)
                if isinstance(refusal, ApprovalNeeded) and entry.args is not None:
                    await approvals.ask_approval(
                        work, permitted(entry.tool, entry.caller), args=entry.args, principal=entry.caller
                    )
        except Exception as error:  # only an outage is let pass: the caller hears the refusal itself
            if not is_outage(error) and not isinstance(error, KeyServiceDown):
                raise
            log.warning("record.unreachable", tool=entry.tool, code=refusal.code)


@dataclass(frozen=True, slots=True)
class _OtherTools:
    """Calls from one tool to another: in the same transaction, as the system on the caller's behalf."""

    runtime: Runtime
    work: UnitOfWork
    principal: Principal

    async def call(self, run: Operation[Given, Result], args: Given, *, prepared: object = None) -> Result:
        scope = self.work.session.info.get("scope")
        out = await self.runtime.call_within(self.work, run, args=args, caller=self.principal, prepared=prepared)
        await self.work.scope(scope[1] if scope else None)
        return out

    async def prepare(self, run: Operation[Given, Result], args: Given) -> Callable[[], Awaitable[object]]:
        tool = tool_of(run)
        permitted(tool.name, self.principal)
        assert tool.before is not None, f"{tool.name} needs no preparing"
        return await tool.before(await self.runtime.context(self.work, self.principal), args)


async def _act(tool: Tool, context: ToolContext, args: Args) -> BaseModel:
    with span(f"tool {tool.name}"):
        return await tool.run(context, args)


def as_tool_error(error: BaseException) -> ToolError:
    """What a caller may see of an exception. An exception's own text never leaves the process."""
    if isinstance(error, ToolError):
        return error
    if isinstance(error, IntegrityError):
        return explanation(error)
    if is_outage(error):
        return Unavailable()
    if isinstance(error, KeyServiceDown):
        return Unavailable("The key service does not answer.")
    log.error("tool.failed", error=type(error).__name__, exc_info=error)
    return Failed()


def confirmation_digest(name: str, arguments: Any) -> str:
    """What a patient's yes is bound to: the tool and its exact arguments."""
    tool = find_tool(name)
    assert tool is not None, name
    return digest([name, parse(tool, arguments).model_dump(mode="json")])


async def _note_refusal(work: UnitOfWork, refusal: ToolError) -> None:
    if isinstance(refusal, PolicyRefused) and refusal.subject is not None and refusal.decisions:
        await work.scope(None)
        await work.guard.note(work, refusal.subject, refusal.decisions, owner=refusal.owner)
