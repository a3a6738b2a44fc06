"""Who is asking, and what roles may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal[
    "patient", "physician", "nurse", "front_desk", "care_coordinator", "ops_lead", "quality_officer", "auditor",
    "privacy_officer", "safety_officer", "model_owner", "admin",
]  # fmt: skip
_READ = ("patients:read", "schedules:read", "appointments:read", "encounters:read", "conversations:read",
         "communications:read", "tickets:read", "facility:read")  # fmt: skip
_DESK = ("patients:write", "appointments:write", "conversations:write", "communications:write", "tickets:write")
GRANTS: dict[Role, frozenset[str]] = {
    "patient": frozenset({"self:read", "self:write", "appointments:read", "appointments:write", "schedules:read",
                          "facility:read", "patients:read", "tickets:open", "waitlist:write"}),
    "physician": frozenset({*_READ, "schedules:write", "appointments:write", "encounters:write", "tickets:write",
                            "voice:read", "voice:write", "notes:read", "notes:write", "notes:sign", "collab:read", "collab:write"}),
    "nurse": frozenset({*_READ, "appointments:write", "encounters:write", "tickets:write", "voice:read", "voice:write",
                        "notes:read", "notes:write", "collab:read", "collab:write"}),
    "front_desk": frozenset({*_READ, *_DESK, "schedules:write", "waitlist:write", "encounters:write"}),
    "care_coordinator": frozenset({*_READ, *_DESK, "waitlist:write", "notes:read", "collab:read", "collab:write"}),
    "ops_lead": frozenset({*_READ, "schedules:write", "tickets:write", "outbox:read"}),
    "quality_officer": frozenset({*_READ, "record:read", "violations:read", "notes:measure"}),
    "auditor": frozenset({"record:read", "outbox:read", "facility:read", "tools:read", "violations:read", "policies:read",
                          "alerts:read"}),
    "privacy_officer": frozenset({"record:read", "record:break_glass", "privacy:write", "approvals:write", "patients:read",
                                  "violations:read", "violations:write", "policies:read", "tools:read", "alerts:read",
                                  "voice:read"}),
    "safety_officer": frozenset({"record:read", "record:break_glass", "violations:read", "violations:write",
                                 "policies:read", "policies:write", "tools:read", "alerts:read", "alerts:write"}),
    "model_owner": frozenset({"record:read", "record:report", "record:rerun", "policies:read", "violations:read", "tools:read"}),
    "admin": frozenset({"*"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Permission:
    """A right such as `appointments:write`."""

    name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a person or service of the staff, a patient, or the system itself.

    `scopes`, where set, narrows what the roles grant (an API key's scopes). `patient_id` binds to one patient's rows.
    """

    kind: Literal["staff", "patient", "system"]
    id: str
    tenant_id: UUID
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    patient_id: UUID | None = None

    def may(self, permission: str) -> bool:
        if self.kind == "system":
            return True
        granted = frozenset[str]().union(*(GRANTS.get(role, frozenset()) for role in self.roles))  # type: ignore[call-overload]
        if permission not in granted and "*" not in granted:
            return False
        return self.scopes is None or permission in self.scopes or "*" in self.scopes

    @property
    def is_staff(self) -> bool:
        return self.kind != "patient"


def system(tenant_id: UUID, name: str = "system") -> Principal:
    """The service acting by itself, for jobs and reactions."""
    return Principal(kind="system", id=name, tenant_id=tenant_id)


def patient_principal(tenant_id: UUID, patient_id: UUID) -> Principal:
    """A patient, who reaches that patient's rows only."""
    return Principal(
        kind="patient",
        id=f"patient:{patient_id}",
        tenant_id=tenant_id,
        roles=frozenset({"patient"}),
        patient_id=patient_id,
    )
