"""Who has seen a patient's data: every call on the record that showed or named it."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, exists, select

from governance.tables import AuditEntry, PatientAccess
from tools.patients.tools import load_patient
from tools.record.tools import READ
from tools.runtime.context import ToolContext
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.tool import Effect, Out, get, tool


class WhoHasSeen(PageArgs):
    patient_id: UUID


class AccessOut(Out):
    session_id: UUID
    seq: int
    at: datetime
    principal: str
    tool: str
    outcome: str
    effect: str | None = Field(description="read, write or critical; null for a tool that is no more")


def names_patient(patient_id: UUID) -> ColumnElement[bool]:
    """Entries of calls that named or showed a patient."""
    return exists().where(
        PatientAccess.tenant_id == AuditEntry.tenant_id,
        PatientAccess.patient_id == patient_id,
        PatientAccess.session_id == AuditEntry.session_id,
        PatientAccess.seq == AuditEntry.seq,
    )


@tool(
    "record.who_has_seen",
    rest=get("/api/v1/governance/patients/{patient_id}/access"),
    needs=READ,
    effect=Effect.READ,
)
async def who_has_seen(ctx: ToolContext, args: WhoHasSeen) -> Page[AccessOut]:
    """Who has seen or changed this patient's data, through which tool and when."""
    await load_patient(ctx, args.patient_id)
    query = select(AuditEntry).where(names_patient(args.patient_id))
    order = (AuditEntry.session_id, AuditEntry.seq)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=_access)


def _access(entry: AuditEntry) -> AccessOut:
    body = json.loads(entry.body)
    return AccessOut(
        session_id=entry.session_id, seq=entry.seq, at=body["at"], principal=body["principal"], tool=body["tool"],
        outcome=body["outcome"], effect=body.get("effect"),
    )  # fmt: skip
