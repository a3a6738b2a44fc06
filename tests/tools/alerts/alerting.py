"""Endpoints, events and deliveries of alerts as these tests handle them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from tests.doubles.webhook_receiver import WebhookReceiver
from tests.tools.hospital import TENANT, call
from tools.runtime.events import Event, reactions_to
from tools.runtime.jobs import TASKS
from tools.runtime.principals import system
from tools.runtime.react import react
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work


async def endpoint(runtime: Runtime, url: str, **args: Any) -> dict[str, Any]:
    """An endpoint at the double, which a hospital in production could not have."""
    made = await call(runtime, "alerts.create_endpoint", url="https://receiver.example/hook", **args)
    async with runtime.database.begin(TENANT) as session:
        await session.execute(
            text("UPDATE webhook_endpoint SET url = :url WHERE id = :id"), {"url": url, "id": made["id"]}
        )
    return made


async def happen(runtime: Runtime, *types: str, times: int = 1, tenant_id: UUID = TENANT, **payload: Any) -> list[UUID]:
    """Events, each of an entity of its own, and the reactions to them, run as often as told."""
    entities = [uuid4() for _ in types]
    caller = system(tenant_id, "test")
    async with unit_of_work(runtime, tenant_id, header=runtime.header_for(caller, "event")) as opened:
        opened.events += [Event(name, entity, payload) for name, entity in zip(types, entities, strict=True)]
    for _ in range(times):
        for entity in entities:
            await follow(runtime, entity, tenant_id)
    return entities


async def follow(runtime: Runtime, entity: UUID, tenant_id: UUID = TENANT) -> None:
    async with runtime.database.begin(tenant_id) as session:
        query = text("SELECT id, type FROM event_log WHERE entity_id = :id ORDER BY seq")
        found = (await session.execute(query, {"id": entity})).all()
    for event_id, kind in found:
        for name in sorted(reactions_to(kind)):
            await react(runtime, tenant=str(tenant_id), event=str(event_id), reaction=name)


async def send(runtime: Runtime, made: dict[str, Any]) -> None:
    await TASKS["alerts.deliver"](runtime, tenant=str(TENANT), endpoint=made["id"])


async def later(runtime: Runtime, seconds: float) -> None:
    runtime.clock.frozen = runtime.clock.now() + timedelta(seconds=seconds)


async def deliveries(runtime: Runtime, made: dict[str, Any], **args: Any) -> list[dict[str, Any]]:
    found = await call(runtime, "alerts.list_deliveries", endpoint_id=made["id"], limit=200, **args)
    items: list[dict[str, Any]] = found["items"]
    return items


async def states(runtime: Runtime, made: dict[str, Any]) -> list[str]:
    return [item["state"] for item in await deliveries(runtime, made)]


async def state_of(runtime: Runtime, made: dict[str, Any]) -> str:
    listed = (await call(runtime, "alerts.list_endpoints", limit=200))["items"]
    return str(next(item["state"] for item in listed if item["id"] == made["id"]))


def entities_told(receiver: WebhookReceiver, path: str) -> list[UUID]:
    return [UUID(asked.json()["data"]["entity_id"]) for asked in receiver.at(path)]
