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
_DESK = ("patients:write", "appointments:write", "conversations:write", "communications:write", "tickets:write",
         "outbox:read")  # fmt: skip
# What a role may do is the least that its work needs (docs/roles.md is made from this). `access_log:read`: who has read a
# patient's records; a physician asks it of patients in one's own care.
GRANTS: dict[Role, frozenset[str]] = {
    "patient": frozenset({"self:write", "appointments:read", "appointments:write", "schedules:read",
                          "facility:read", "patients:read", "waitlist:write"}),
    "physician": frozenset({*_READ, "schedules:write", "appointments:write", "encounters:write", "tickets:write",
                            "voice:read", "voice:write", "notes:read", "notes:write", "notes:sign", "collab:read", "collab:write",
                            "access_log:read"}),
    "nurse": frozenset({*_READ, "appointments:write", "encounters:write", "tickets:write", "voice:read", "voice:write",
                        "notes:read", "notes:write", "collab:read", "collab:write"}),
    "front_desk": frozenset({*_READ, *_DESK, "schedules:write", "waitlist:write", "encounters:write"}),
    "care_coordinator": frozenset({*_READ, *_DESK, "waitlist:write", "templates:write", "notes:read", "collab:read",
                                   "collab:write"}),
    "ops_lead": frozenset({"schedules:read", "schedules:write", "tickets:read", "tickets:write", "facility:read"}),
    "quality_officer": frozenset({*_READ, "record:read", "access_log:read", "violations:read", "notes:measure"}),
    "auditor": frozenset({"record:read", "access_log:read", "jobs:read", "facility:read", "tools:read", "violations:read", "policies:read",
                          "alerts:read"}),
    "privacy_officer": frozenset({"record:read", "access_log:read", "record:break_glass", "privacy:write", "approvals:write", "patients:read",
                                  "violations:read", "violations:write", "policies:read", "tools:read", "alerts:read",
                                  "voice:read"}),
    "safety_officer": frozenset({"record:read", "access_log:read", "record:break_glass", "violations:read", "violations:write",
                                 "policies:read", "policies:write", "tools:read", "alerts:read", "alerts:write"}),
    "model_owner": frozenset({"record:read", "access_log:read", "record:report", "record:rerun", "policies:read", "violations:read", "tools:read"}),
    "admin": frozenset({"*", "access:write", "jobs:write"}),  # beside all: what no other role is to have
}  # fmt: skip
SERVICE = frozenset({"collab:answer"})  # what the service alone does, in jobs of its own


@dataclass(frozen=True, slots=True)
class Permission:
    """A right such as `appointments:write`."""

    name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a person or service of the staff, a patient, or the system itself. `practitioner_id`: which one it is.

    `scopes`, where set, narrows what the roles grant (an API key's scopes). `patient_id` binds to one patient's rows.
    """

    kind: Literal["staff", "patient", "system"]
    id: str
    tenant_id: UUID
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None

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
