"""Where the hospital is and who works there."""

from __future__ import annotations

from tests.tools.samples import Hospital, record


@record("practitioner_id")
async def a_practitioner(hospital: Hospital) -> str:
    return str((await hospital.call("facility.list_practitioners", limit=1))["items"][0]["id"])


@record("location_id")
async def a_location(hospital: Hospital) -> str:
    return str((await hospital.call("facility.list_locations", limit=1))["items"][0]["id"])
