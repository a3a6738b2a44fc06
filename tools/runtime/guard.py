"""The policies at work: what comes in, what tools return and what goes out is judged; what is found goes on the record
and before people, in the transaction of its cause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from governance.policies.policy import Action, Policy, PolicyInvalid, default_policy, read_policy
from governance.policies.screening import Decision, Subject, decide, gravest, redacted
from governance.policies.tables import PolicyDocument, PolicyViolation
from governance.record import POLICY_DECISION, canonical
from governance.redaction.known import Known
from governance.vault import Owner
from tools.runtime.events import Event, event_type

if TYPE_CHECKING:
    from tools.runtime.unit_of_work import UnitOfWork

DETECTED = event_type("PolicyViolation.Detected", "A policy's rule found something", alert=True)
LOOK_AGAIN_S = 5.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be sent: the text as it is or redacted; None where it is blocked. `action`: the gravest."""

    text: str | None
    action: Action | None


class KnownPeople(Protocol):
    """Port: the hospital's people, as a check of what goes out needs them."""

    async def known(self, session: AsyncSession, tenant_id: UUID) -> Known:
        """The index of their names and numbers. `session` sees the whole tenant."""

    async def relatives(self, session: AsyncSession, patients: frozenset[UUID]) -> frozenset[UUID]:
        """Those whom the patients are linked to."""


class Guard:
    def __init__(self, people: KnownPeople) -> None:
        self.people = people
        self._policies: dict[UUID, tuple[float, Policy]] = {}

    async def policy(self, session: AsyncSession, tenant_id: UUID) -> Policy:
        """The tenant's policy in force; a change is seen within seconds."""
        held = self._policies.get(tenant_id)
        if held is not None and time.monotonic() - held[0] < LOOK_AGAIN_S:
            return held[1]
        document = await session.scalar(select(PolicyDocument.document).where(PolicyDocument.in_force))
        try:
            policy = read_policy(document) if document is not None else default_policy()
        except PolicyInvalid as error:  # a newer version's: what was in force here, or what we ship, and not silence
            log.error("policy.unreadable", tenant=str(tenant_id), error=type(error).__name__)
            policy = held[1] if held is not None else default_policy()
        self._policies[tenant_id] = (time.monotonic(), policy)
        return policy

    def forget(self, tenant_id: UUID) -> None:
        """Read the policy anew at the next use."""
        self._policies.pop(tenant_id, None)

    async def judge(
        self, work: UnitOfWork, subject: Subject, *, owner: Owner | None = None, patient_id: UUID | None = None
    ) -> list[Decision]:
        """Decide, and put what was found on the record. `owner`: under whose key the text is kept."""
        decisions = decide(await self.policy(work.session, work.tenant_id), subject)
        await self.note(work, subject, decisions, owner=owner, patient_id=patient_id)
        return decisions

    async def outgoing(
        self, work: UnitOfWork, text: str, *, conversation_id: UUID, patients: Iterable[UUID] = (),
        given: Iterable[str] = (), by_agent: bool, grounds: Callable[[], Iterable[object]] | None = None,
        zone: ZoneInfo,
    ) -> tuple[Verdict, Subject, list[Decision]]:  # fmt: skip
        """Judge a message to a patient; nothing is recorded yet (`note`). `given`: names and numbers that the reader
        has given, which may be said back."""
        policy = await self.policy(work.session, work.tenant_id)
        known = await self.people.known(work.session, work.tenant_id)
        own = frozenset(patients)
        subject = Subject(
            "message_out", text, by_agent=by_agent, patients=own, given=tuple(given), known=known, grounds=grounds,
            zone=zone,
        )  # fmt: skip
        decisions = decide(policy, subject)
        if any(decision.check == "another_patient" for decision in decisions) and own:
            subject = replace(subject, patients=own | await self.people.relatives(work.session, own))
            decisions = decide(policy, subject)
        action = gravest(decisions)
        allowed = action in (None, "flag", "redact")
        return Verdict(redacted(text, decisions) if allowed else None, action), subject, decisions

    async def note(
        self, work: UnitOfWork, subject: Subject, decisions: Sequence[Decision], *, owner: Owner | None = None,
        patient_id: UUID | None = None
    ) -> None:  # fmt: skip
        """Put decisions on the record and open a violation for each."""
        if not decisions:
            return
        scope = work.session.info.get("scope")
        await work.scope(None)
        owner = owner or (Owner(patient_id, "patient") if patient_id else _conversation(work))
        for decision in decisions:
            labels = decision.labels()
            body = {
                "at": work.now, "rule": decision.rule, "check": decision.check, "policy": decision.policy,
                "severity": decision.severity, "decision": decision.action, "stage": subject.stage, "found": labels,
                "tool": subject.tool,
            }  # fmt: skip
            full = {"text": subject.text} if subject.text else None
            work.record.append(POLICY_DECISION, body, full=full, owner=owner)
            violation_id = new_id()
            excerpt = None
            if full is not None and owner is not None:
                excerpt = await work.keys.seal(owner, canonical(full), violation_aad(violation_id))
            work.session.add(
                PolicyViolation(
                    id=violation_id, tenant_id=work.tenant_id, rule=decision.rule, check=decision.check,
                    policy=decision.policy, severity=decision.severity, action=decision.action, stage=subject.stage,
                    session_id=work.record.header.id, patient_id=patient_id, evidence=", ".join(labels),
                    excerpt=excerpt, detected_at=work.now,
                )
            )  # fmt: skip
            payload = {
                "rule": decision.rule,
                "severity": decision.severity,
                "action": decision.action,
                "stage": subject.stage,
            }
            work.events.append(Event(DETECTED, violation_id, payload))
        await work.session.flush()
        await work.scope(scope[1] if scope else None)


def violation_aad(violation_id: UUID) -> str:
    return f"violation:{violation_id}"


def _conversation(work: UnitOfWork) -> Owner | None:
    conversation_id = work.record.header.conversation_id
    return Owner(conversation_id, "conversation") if conversation_id else None
