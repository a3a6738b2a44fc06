"""What a call may name: cursors that were given out, arguments of the right type, records that exist."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests.conftest import staff
from tests.tools.hospital import TENANT, call, patient, refused
from tools.runtime.constraints import explanation
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work
from tools.scheduling.tables import SlotHold

CREATE = "patients.create_patient"


def person(**changes: Any) -> dict[str, Any]:
    return {"given": "Once", "family": "Only", "birth_date": "1990-01-01", "mrn": f"K{uuid4().hex[:12]}", **changes}


async def test_cursors_are_signed(runtime: Runtime) -> None:
    name, args = "patients.search_patients", {"name": "a", "limit": 2}
    cursor = (await call(runtime, name, **args))["next_cursor"]
    assert len((await call(runtime, name, **{**args, "limit": 5}, cursor=cursor))["items"]) == 5
    middle = len(cursor) // 2
    wrong = [
        cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :], cursor[:-4], cursor + "AAAA",
        "x", "é", "=", "AAAA" * 20,
    ]  # fmt: skip
    for tampered in wrong:
        error = await refused(runtime, name, **args, cursor=tampered)
        assert (error.code, error.errors[0]["field"]) == ("invalid_arguments", "cursor"), tampered


async def test_a_cursor_belongs_to_its_list_and_filters(runtime: Runtime) -> None:
    cursor = (await call(runtime, "patients.search_patients", name="a", limit=2))["next_cursor"]
    error = await refused(runtime, "patients.search_patients", name="b", cursor=cursor)
    assert error.errors[0]["field"] == "cursor"
    cursor = (await call(runtime, "facility.list_specialties", limit=1))["next_cursor"]
    for other in ("facility.list_locations", "access.list_api_keys", "facility.list_practitioners"):
        assert (await refused(runtime, other, cursor=cursor)).errors[0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"given": 3}, "given"), ({"nickname": "x"}, "nickname"), ({"birth_date": "1990-02-30"}, "birth_date"),
        ({"given": "a\x00b"}, "given"), ({"given": ""}, "given"), ({"sex": "f"}, "sex"), ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"), ({"consents": ["research"]}, "consents.0"),
        ({"birth_date": "2026-11-24"}, "birth_date"),
        ({"family": None}, "family"), ({"address": "x" * 501}, "address"),
    ],
)  # fmt: skip
async def test_a_wrong_argument_is_named(runtime: Runtime, args: dict[str, Any], field: str) -> None:
    error = await refused(runtime, CREATE, **person(**args))
    assert (error.status, [problem["field"] for problem in error.errors]) == (422, [field])
    assert field in error.for_model()


async def test_a_name_that_is_not_known_to_the_database(runtime: Runtime) -> None:
    """A reference that only the database could check names its field."""
    async with runtime.database.begin(TENANT) as session:
        row = {"tenant_id": TENANT, "slot_id": uuid4(), "patient_id": patient(0), "expires_at": runtime.clock.now()}
        with pytest.raises(IntegrityError) as broken:
            await session.execute(insert(SlotHold).values(**row))
        await session.rollback()
    shown = explanation(broken.value)
    assert (shown.status, shown.errors[0]["field"]) == (422, "slot_id")


async def test_an_undeclared_event_is_an_error(runtime: Runtime) -> None:
    caller = staff()
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "rest")) as work:
        ctx = await runtime.context(work, caller)
        with pytest.raises(ValueError, match="not a declared event"):
            ctx.emit("Patient.Teleported", UUID(patient(0)))
