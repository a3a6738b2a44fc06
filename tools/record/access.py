"""Who has seen a patient's data: every call on the record that showed or named it."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, exists, select

from governance.tables import AuditEntry, LLMSession, PatientAccess
from tools.patients.gates import load_patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import Forbidden
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Effect, Out, get, tool
from tools.scheduling.tables import Appointment, Encounter


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
    named = exists().where(
        PatientAccess.tenant_id == AuditEntry.tenant_id,
        PatientAccess.patient_id == patient_id,
        PatientAccess.session_id == AuditEntry.session_id,
        PatientAccess.seq == AuditEntry.seq,
        LLMSession.id == PatientAccess.session_id,
        LLMSession.month == AuditEntry.month,
    )
    return named.correlate(AuditEntry)


@tool(
    "record.who_has_seen",
    rest=get("/api/v1/governance/patients/{patient_id}/access"),
    needs=Permission("access_log:read"),
    effect=Effect.READ,
)
async def who_has_seen(ctx: ToolContext, args: WhoHasSeen) -> Page[AccessOut]:
    """Who has seen or changed this patient's data, through which tool and when. A physician asks of patients in one's
    own care: seen at an encounter, or with an appointment."""
    await load_patient(ctx, args.patient_id)
    if not ctx.principal.may("record:read"):
        await _in_own_care(ctx, args.patient_id)
    query = select(AuditEntry).where(names_patient(args.patient_id))
    order = (AuditEntry.session_id, AuditEntry.seq)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=_access)


async def _in_own_care(ctx: ToolContext, patient_id: UUID) -> None:
    """Forbidden for a caller who is no practitioner with an encounter or appointment of the patient."""
    who = ctx.principal.practitioner_id
    if who is not None:
        for table in (Encounter, Appointment):
            query = select(table.id).where(table.patient_id == patient_id, table.practitioner_id == who)
            if (await ctx.session.scalars(query.where(table.state != "cancelled").limit(1))).first() is not None:
                return
    raise Forbidden("Who has read a patient's records is shown to those who care for the patient, and to officers.")


def _access(entry: AuditEntry) -> AccessOut:
    body = json.loads(entry.body)
    return AccessOut(
        session_id=entry.session_id, seq=entry.seq, at=body["at"], principal=body["principal"], tool=body["tool"],
        outcome=body["outcome"], effect=body.get("effect"),
    )  # fmt: skip
