"""Who is asking, and what roles may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

Role = Literal[
    "patient", "physician", "nurse", "front_desk", "care_coordinator", "ops_lead", "quality_officer", "auditor",
    "privacy_officer", "safety_officer", "model_owner", "admin",
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)
# What a role may do is the least that its work needs; each room says it of its own permissions (docs/roles.md is made
# from this). `*`: all there is, and beside it what no other role is to have.
GRANTS: dict[Role, set[str]] = {role: set() for role in ROLES}
GRANTS["admin"].add("*")
SERVICE: set[str] = set()  # what the service alone does, in jobs of its own


def grant(roles_of: Mapping[str, tuple[Role, ...]], *, service: frozenset[str] = frozenset()) -> None:
    """Let roles hold permissions: `roles_of` a permission."""
    for permission, roles in roles_of.items():
        for role in roles:
            GRANTS[role].add(permission)
    SERVICE.update(service)


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
        held = (GRANTS[role] for role in ROLES if role in self.roles)
        if not any(permission in names or "*" in names for names in held):
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
