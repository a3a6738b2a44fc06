"""An API key."""

from __future__ import annotations

from tests.tools.samples import PRIVATE, Hospital, Named, record


@record("key_id")
async def a_key(hospital: Hospital) -> str:
    return str((await hospital.call("access.create_api_key", name=PRIVATE, role="nurse"))["id"])


SAMPLES = {"access.create_api_key": {"role": "patient", "patient_id": Named("patient_id")}}
