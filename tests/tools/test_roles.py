"""What each role may do: the least that its work needs; and no permission that nobody has, or that opens nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import Clone, Server, as_role, settings_for
from tests.tools.hospital import TENANT
from tools import rooms
from tools.runtime import principals
from tools.runtime.errors import Forbidden
from tools.runtime.permissions import Misgranted, check_grants
from tools.runtime.principals import GRANTS, SERVICE, Permission, Principal, Role
from tools.runtime.runtime import Runtime
from tools.runtime.tool import all_tools
from wiring import demo
from wiring.runtime import build_runtime, running

rooms.load()
PATIENT, OTHER = demo._id("patient", 30), demo._id("patient", 31)
WHO = {"patients:read", "patients:write", "appointments:read", "encounters:read", "conversations:read",
       "communications:read", "outbox:read", "voice:read", "notes:read", "collab:read", "waitlist:write"}  # fmt: skip
# The specs: who works with patients by name. Ops leads (spec/ops.md) read units, schedules and counts.
SEE_PATIENTS: set[Role] = {
    "patient", "physician", "nurse", "front_desk", "care_coordinator", "quality_officer", "privacy_officer", "admin"
}  # fmt: skip


def person(role: Role, practitioner: UUID | None = None) -> Principal:
    who = Principal(kind="staff", id=f"test:{role}", tenant_id=TENANT, roles=frozenset({role}))
    return replace(who, practitioner_id=practitioner)


def test_the_tools_and_the_roles_fit() -> None:
    check_grants(all_tools())


def test_only_those_who_work_with_patients_see_them() -> None:
    assert {role for role, names in GRANTS.items() if names & (WHO | {"*"})} == SEE_PATIENTS


@pytest.mark.parametrize("path", ["prm/patients", "prm/conversations", "encounters", "scheduling/appointments",
                                  "prm/communications", f"prm/patients/{PATIENT}"])  # fmt: skip
async def test_an_ops_lead_reads_no_patient(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/api/v1/{path}", headers=as_role("physician"))).status_code == 200
    assert (await client.get(f"/api/v1/{path}", headers=as_role("ops_lead"))).status_code == 403


@pytest.mark.parametrize("path", ["scheduling/schedules", "scheduling/slots", "prm/tickets", "facility/practitioners"])
async def test_an_ops_lead_reads_capacity_and_tickets(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/api/v1/{path}", headers=as_role("ops_lead"))).status_code == 200


def test_a_permission_in_no_role_is_told() -> None:
    tool = replace(next(all_tools()), name="x.y", needs=Permission("patients:raed"))
    with pytest.raises(Misgranted, match=r"patients:raed is in no role, but needed by x\.y"):
        check_grants([*all_tools(), tool])


def test_a_permission_that_opens_nothing_is_told() -> None:
    grants: dict[Any, frozenset[str]] = {**GRANTS, "nurse": frozenset({"tickets:raed"})}
    with pytest.raises(Misgranted, match="tickets:raed is granted to nurse, but no tool needs it"):
        check_grants(all_tools(), grants)
    with pytest.raises(Misgranted, match="collab:answer is in no role"):
        check_grants(all_tools(), service=SERVICE - {"collab:answer"})


async def test_the_start_fails(server: Server, clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(principals.GRANTS, "nurse", frozenset({"tickets:raed"}))
    with pytest.raises(Misgranted, match="tickets:raed"):
        async with running(build_runtime(settings_for(server.data_dir), clone.service)):
            pass


async def test_a_physician_sees_who_read_the_records_of_patients_in_care(own_runtime: Runtime) -> None:
    doctor = demo._id("doctor", "Meera Nair")
    args = {"patient_id": str(PATIENT), "limit": 200}

    async def seen(caller: Principal) -> set[tuple[str, str]]:
        out: Any = (await own_runtime.call("record.who_has_seen", args, caller)).out
        return {(item.principal, item.tool) for item in out.items}

    await own_runtime.call("patients.get_patient", {"patient_id": str(PATIENT)}, person("nurse"))
    wanted = ("test:nurse", "patients.get_patient")
    assert wanted in await seen(person("auditor"))
    for stranger in (person("physician"), person("physician", doctor), person("nurse", doctor), person("ops_lead")):
        with pytest.raises(Forbidden):
            await seen(stranger)
    visit = {"patient_id": str(PATIENT), "practitioner_id": str(doctor)}
    await own_runtime.call("encounters.create_encounter", visit, person("admin"))
    assert wanted in await seen(person("physician", doctor))
    with pytest.raises(Forbidden):
        await seen(person("physician", demo._id("doctor", "Kavita Rao")))


async def test_a_key_says_which_practitioner(client: httpx.AsyncClient) -> None:
    keys, doctor = "/api/v1/access/api-keys", str(demo._id("doctor", "Meera Nair"))
    made = await client.post(
        keys, json={"name": "x", "role": "physician", "practitioner_id": doctor}, headers=as_role("admin")
    )
    assert (made.status_code, made.json()["practitioner_id"]) == (201, doctor)
    held = {"X-API-Key": made.json()["key"]}
    visit = {"patient_id": str(OTHER), "practitioner_id": doctor}
    path = f"/api/v1/governance/patients/{OTHER}/access"
    assert (await client.get(path, headers=held)).status_code == 403
    assert (await client.post("/api/v1/encounters", json=visit, headers=as_role("admin"))).status_code == 201
    assert (await client.get(path, headers=held)).status_code == 200
    wrong = {"name": "x", "role": "patient", "patient_id": str(OTHER), "practitioner_id": doctor}
    assert (await client.post(keys, json=wrong, headers=as_role("admin"))).status_code == 422
