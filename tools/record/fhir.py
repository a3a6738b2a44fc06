"""Tool calls as FHIR R4 AuditEvent resources, for systems that read those."""

from __future__ import annotations

import json
from typing import Literal
from urllib.parse import urlencode
from uuid import NAMESPACE_OID, UUID, uuid5

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from pydantic import Field
from sqlalchemy import select

from db.json import JsonObject
from governance.tables import AuditEntry, of_session
from tools.record.access import names_patient
from tools.record.tools import READ
from tools.runtime.context import ToolContext
from tools.runtime.pages import PageArgs, page
from tools.runtime.tool import Effect, get, tool
from tools.scheduling.fhir import FhirResource

_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_ACTION = {"read": "R", "write": "E", "critical": "E"}
# AuditEvent.outcome: 0 success, 4 minor failure (refused), 8 serious failure.
_OUTCOME: dict[str, Literal["0", "4", "8"]] = {
    "ok": "0",
    "replayed": "0",
    "rolled_back": "4",
    "refused": "4",
    "failed": "8",
}


class AuditEvents(PageArgs):
    patient_id: UUID | None = Field(None, description="Only what named or showed this patient")
    session_id: UUID | None = None


@tool("record.audit_events", rest=get("/api/v1/fhir/AuditEvent"), needs=READ, effect=Effect.READ)
async def audit_events(ctx: ToolContext, args: AuditEvents) -> FhirResource:
    """Tool calls as a FHIR R4 searchset Bundle of AuditEvent; the next page by the link `next`."""
    query = select(AuditEntry).where(AuditEntry.kind == "tool_call")
    if args.patient_id is not None:
        query = query.where(names_patient(args.patient_id))
    if args.session_id is not None:
        query = query.where(of_session(args.session_id))
    order = (AuditEntry.session_id, AuditEntry.seq)
    found = await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=_event)
    entries = [{"fullUrl": f"urn:uuid:{event['id']}", "resource": event} for event in found.items]
    bundle: JsonObject = {"type": "searchset"}
    if entries:
        bundle["entry"] = entries
    if found.next_cursor:
        asked = args.model_dump(mode="json", exclude_none=True) | {"cursor": found.next_cursor}
        bundle["link"] = [{"relation": "next", "url": f"/api/v1/fhir/AuditEvent?{urlencode(asked)}"}]
    return FhirResource(Bundle.model_validate(bundle).model_dump(mode="json", exclude_none=True))


def _event(entry: AuditEntry) -> JsonObject:
    body = json.loads(entry.body)
    patients = [
        {
            "what": {"reference": f"Patient/{patient}"},
            "type": {
                "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                "code": "1",
                "display": "Person",
            },
            "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1", "display": "Patient"},
        }
        for patient in body.get("patients", ())
    ]
    event: JsonObject = {
        "id": str(uuid5(NAMESPACE_OID, f"{entry.session_id}|{entry.seq}")),
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": "urn:wardline:tool", "code": body["tool"]}],
        "action": _ACTION.get(body.get("effect") or "", "E"),
        "recorded": body["at"],
        "outcome": _OUTCOME[body["outcome"]],
        "agent": [
            {"who": {"identifier": {"system": "urn:wardline:principal", "value": body["principal"]}}, "requestor": True}
        ],
        "source": {"site": "wardline", "observer": {"display": "Wardline"}},
        "entity": [
            *patients,
            {"what": {"identifier": {"system": "urn:wardline:session", "value": str(entry.session_id)}}},
        ],
    }
    if body.get("code"):
        event["outcomeDesc"] = body["code"]
    shown: JsonObject = AuditEvent.model_validate(event).model_dump(mode="json", exclude_none=True)
    return shown | {"resourceType": "AuditEvent"}
