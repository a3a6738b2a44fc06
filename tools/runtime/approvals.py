"""A critical call waits for a person who approves exactly it: tool, arguments, session and policies, by hash."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from db.base import new_id
from governance.readable import patients_in
from governance.record import digest
from governance.vault import Owner
from tools.runtime.errors import ApprovalNeeded
from tools.runtime.principals import Principal
from tools.runtime.tables import Approval
from tools.runtime.tool import Args, Tool
from tools.runtime.unit_of_work import UnitOfWork

VALID_FOR = timedelta(hours=1)
POLICY_VERSION = "1"


def call_hash(tool: Tool, args: Args, session_id: UUID) -> str:
    return digest([tool.name, args.model_dump(mode="json"), str(session_id), POLICY_VERSION])


async def use_approval(work: UnitOfWork, tool: Tool, args: Args) -> None:
    """Spend the approval of this very call; ApprovalNeeded where there is none."""
    bound = call_hash(tool, args, work.record.header.id)
    query = (
        select(Approval)
        .where(Approval.call_hash == bound, Approval.state == "approved", Approval.expires_at > work.now)
        .with_for_update(skip_locked=True)
    )
    approval = (await work.session.scalars(query)).first()
    if approval is None:
        raise ApprovalNeeded(f"{tool.name} needs a person's approval of these arguments.", call_hash=bound)
    approval.state = "used"


async def ask_approval(work: UnitOfWork, tool: Tool, *, args: Args, principal: Principal) -> UUID:
    """Put the call before a person; the same open question is not asked twice."""
    bound = call_hash(tool, args, work.record.header.id)
    query = select(Approval.id).where(
        Approval.call_hash == bound, Approval.state == "asked", Approval.expires_at > work.now
    )
    standing = (await work.session.scalars(query)).first()
    if standing is not None:
        return standing
    approval_id = new_id()
    patients = list(patients_in(args))
    owner = Owner(patients[0], "patient") if len(patients) == 1 else Owner(work.tenant_id, "tenant")
    approval = Approval(
        id=approval_id,
        tenant_id=work.tenant_id,
        call_hash=bound,
        tool=tool.name,
        args=await work.keys.seal(owner, args.model_dump_json(), approval_aad(approval_id)),
        asked_by=principal.id,
        expires_at=work.now + VALID_FOR,
    )
    work.session.add(approval)
    return approval.id


def approval_aad(approval_id: UUID) -> str:
    return f"approval:{approval_id}"
