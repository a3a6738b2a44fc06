"""An endpoint and a delivery to it."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import insert

from tests.conftest import NOW
from tests.tools.hospital import TENANT
from tests.tools.samples import PRIVATE, Hospital, record
from tools.alerts.tables import WebhookDelivery

SAMPLES = {
    "alerts.create_endpoint": {"url": "https://receiver.example/hook"},
    "alerts.update_endpoint": {"description": "x"},
}


@record("endpoint_id")
async def an_endpoint(hospital: Hospital) -> str:
    made = await hospital.call("alerts.create_endpoint", url=f"https://{PRIVATE}.example/", description=PRIVATE)
    return str(made["id"])


@record("delivery_id")
async def a_delivery(hospital: Hospital) -> str:
    """Of an event that nobody has told of."""
    delivery = {
        "id": uuid4(), "tenant_id": TENANT, "endpoint_id": UUID(await hospital.id("endpoint_id")), "event_id": uuid4(),
        "event_type": "PolicyViolation.Detected", "number": 1, "state": "failed", "last_error": PRIVATE, "next_at": NOW,
    }  # fmt: skip
    async with hospital.runtime.database.begin(TENANT) as session:
        await session.execute(insert(WebhookDelivery).values(delivery))
    return str(delivery["id"])
