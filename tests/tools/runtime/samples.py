"""A call that waits for approval, and a job that gave up."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import insert

from tests.conftest import NOW
from tests.tools.hospital import TENANT, refused
from tests.tools.samples import PRIVATE, Hospital, record
from tools.runtime.tables import DeadJob


@record("approval_id")
async def an_approval(hospital: Hospital) -> str:
    args = {"patient_id": await hospital.id("patient_id"), "reason": PRIVATE}
    await refused(hospital.runtime, "record.erase_patient", **args)
    waiting = await hospital.call("approvals.list_approvals", limit=200)
    return next(str(one["id"]) for one in waiting["items"] if one["tool"] == "record.erase_patient")


@record("job_id")
async def a_dead_job(hospital: Hospital) -> str:
    job = {
        "id": uuid4(), "tenant_id": TENANT, "job_id": 1, "at": NOW, "task": "x", "args": {}, "attempts": 1,
        "error": PRIVATE, "state": "dead",
    }  # fmt: skip
    async with hospital.runtime.database.begin(TENANT) as session:
        await session.execute(insert(DeadJob).values(job))
    return str(job["id"])
