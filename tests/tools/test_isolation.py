"""Another tenant, another patient, no permission, a narrowed scope, an expired or revoked key: refused for every tool
in the registry. What they are called with is in `tests/tools/samples.py`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from db.engine import Database
from tests.conftest import Clone, Server, cloned, staff
from tests.tools.hospital import tools_over
from tests.tools.samples import PRIVATE, TOOLS, Hospital, NoSample, names_of_patients_records, names_record, sample
from tools import rooms
from tools.access.keys import hash_key, make_key, signed_in_by_key
from tools.access.tables import ApiKey
from tools.facility.tables import Location, Practitioner
from tools.runtime.errors import ToolError, Unauthenticated
from tools.runtime.principals import Principal, patient_principal
from tools.runtime.runtime import Reply, Runtime
from tools.runtime.tables import TenantRecord
from tools.runtime.tool import Effect, Tool
from wiring import demo

OTHER_TENANT = UUID("00000000-0000-4000-8000-00000000000b")


# They show their caller's own attempts, with the arguments.
OWN_ATTEMPTS = {"record.audit_events", "record.list_tool_calls", "approvals.list_approvals"}
each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


@pytest.fixture(scope="module")
async def hospital(server: Server) -> AsyncIterator[Hospital]:
    """Two tenants, and every record that a tool can name, in a database of these tests' own."""
    async with cloned(server) as clone, tools_over(clone) as runtime:
        async with OwnerDatabase(clone) as database, database.begin(OTHER_TENANT) as session:
            zone = {"zone": "America/New_York", "country": "US"}
            await session.execute(insert(TenantRecord).values(id=OTHER_TENANT, slug="other", name="Other", **zone))
        made = Hospital(runtime, clone)
        await made.make_all()
        yield made


@pytest.fixture(scope="module")
async def runtime(hospital: Hospital) -> Runtime:
    return hospital.runtime


class OwnerDatabase:
    def __init__(self, clone: Clone) -> None:
        self.database = Database(clone.owner, pool_size=1)

    async def __aenter__(self) -> Database:
        return self.database

    async def __aexit__(self, *error: object) -> None:
        await self.database.close()


async def tried(
    runtime: Runtime, tool: Tool, args: dict[str, Any], caller: Principal
) -> tuple[Reply | None, ToolError | None]:
    """What was given, or why not."""
    try:
        return await runtime.call(tool.name, args, caller), None
    except ToolError as error:
        return None, error


@each_tool
async def test_its_sample_is_valid(tool: Tool, hospital: Hospital) -> None:
    """Where it cannot be derived, this says what to add, and where."""
    try:
        args = sample(tool, hospital.made)
    except NoSample as missing:
        pytest.fail(str(missing))
    tool.args.model_validate_json(json.dumps(args))


@each_tool
async def test_another_tenant(tool: Tool, hospital: Hospital) -> None:
    """The admin of another tenant, naming this tenant's records: not found, or an answer without a trace of them."""
    args = sample(tool, hospital.made)
    reply, error = await tried(hospital.runtime, tool, args, staff("admin", OTHER_TENANT))
    if reply is None:
        known = error is not None and (error.status == 404 or (tool.effect is Effect.CRITICAL and error.status == 409))
        assert known, error
        return
    if tool.name not in OWN_ATTEMPTS:
        assert traces(reply.body, hospital, list(hospital.made)) == []
    if names_record(tool):
        assert tool.effect is Effect.READ or json.loads(reply.body) == {"released": 0}


@each_tool
async def test_another_patient(tool: Tool, hospital: Hospital) -> None:
    """Another patient of the same hospital, naming the first one's records."""
    args = sample(tool, hospital.made)
    before = await everything(hospital)
    caller = patient_principal(demo.TENANT_ID, UUID(hospital.made["other_patient_id"]))
    reply, error = await tried(hospital.runtime, tool, args, caller)
    if reply is None:
        assert error is not None and error.status in (403, 404), error
    else:
        assert tool.by_patient
        assert traces(reply.body, hospital, names_of_patients_records()) == []
        assert tool.effect is Effect.READ or json.loads(reply.body) == {"released": 0}
    assert await everything(hospital) == before


@each_tool
async def test_no_permission(tool: Tool, hospital: Hospital) -> None:
    """No role, and a role narrowed by scopes to nothing."""
    nobody = Principal(kind="staff", id="nobody", tenant_id=demo.TENANT_ID)
    narrowed = Principal(
        kind="staff", id="narrowed", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}), scopes=frozenset({"none"})
    )
    for caller in (nobody, narrowed):
        with pytest.raises(ToolError) as refused:
            await hospital.runtime.call(tool.name, sample(tool, hospital.made), caller)
        assert refused.value.code == "forbidden"


def test_what_cannot_be_derived_says_where_to_say_it() -> None:
    tool = next(tool for tool in TOOLS if tool.name == "tickets.get_ticket")
    with pytest.raises(NoSample, match=r"tests/tools/tickets/samples\.py: @record\('ticket_id'\)"):
        sample(tool, {})


async def test_expired_and_revoked_keys(runtime: Runtime) -> None:
    """A key that has expired or was revoked opens nothing, whatever the tool: it gives no principal at all."""
    now = runtime.clock.now()
    rows = {"expired": {"expires_at": now - timedelta(seconds=1)}, "revoked": {"revoked_at": now}, "good": {}}
    keys = {name: make_key("demo") for name in (*rows, "never made")}
    async with runtime.database.begin(demo.TENANT_ID) as session:
        for name, dates in rows.items():
            values = {"tenant_id": demo.TENANT_ID, "name": name, "role": "admin", "key_hash": hash_key(keys[name])}
            await session.execute(insert(ApiKey).values(**values, **dates))
    async with signed_in_by_key(runtime, keys["good"]) as (principal, session):
        assert principal.roles == {"admin"} and (await session.scalars(select(ApiKey.name))).all()
    for name in ("expired", "revoked", "never made"):
        with pytest.raises(Unauthenticated):
            async with signed_in_by_key(runtime, keys[name]):
                pass


async def test_the_database_itself_hides_other_tenants(runtime: Runtime) -> None:
    """Without a tenant, or with another, no row is seen, not even by a query without any condition."""
    for tenant_id in (None, OTHER_TENANT):
        async with runtime.database.begin(tenant_id) as session:
            for table in (Location, Practitioner, ApiKey):
                assert (await session.scalars(select(table))).all() == []
            assert (await session.execute(text("SELECT count(*) FROM audit_entry"))).scalar() == 0 or tenant_id


def traces(body: str, hospital: Hospital, names: list[str]) -> list[str]:
    """Which of these records, or words of theirs, an answer holds."""
    return [name for name in names if hospital.made[name] in body] + [word for word in (PRIVATE,) if word in body]


async def everything(hospital: Hospital) -> str:
    """The patient's rows in every table that has some, as text; but the record, which holds the attempts."""
    found = {}
    async with hospital.runtime.database.begin(demo.TENANT_ID) as session:
        for name, table in rooms.metadata().tables.items():
            column = "id" if name == "patient" else "patient_id"
            if (name == "patient" or column in table.c) and name not in ("llm_session", "patient_access"):
                query = text(f"SELECT array_agg(t::text ORDER BY t::text) FROM {name} t WHERE {column} = :patient")
                found[name] = (await session.execute(query, {"patient": hospital.made["patient_id"]})).scalar()
    assert len([rows for rows in found.values() if rows]) > 10, found
    return json.dumps(found)
