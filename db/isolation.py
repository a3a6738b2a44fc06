"""Row-level security and grants, made from the tables' own columns. Migrations call this; nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_PATIENT = "nullif(current_setting('app.patient', true), '')::uuid"
# What a patient's own call may see; where a table is not named and has a patient_id, that column decides.
_PATIENT_COLUMN = {"patient": "id"}
APPEND_ONLY = ("audit_entry", "llm_response", "event_log", "seal", "seal_leaf", "patient_access")
_UPDATED_COLUMNS = {"time_slot": "blocked, capacity"}  # a slot's `taken` is the triggers' alone
_READ_ONLY = ("audit_entry", "event_log", "llm_session", "patient_access", "tenant")


def isolation_statements(table: Table, app_role: str) -> Iterator[str]:
    """The DDL that isolates one table: tenant policy, patient policy, grants."""
    name = table.name
    if name in _READ_ONLY:
        yield f"GRANT SELECT ON {name} TO {app_role}"
    elif name in APPEND_ONLY:
        yield f"GRANT SELECT, INSERT ON {name} TO {app_role}"
    elif name in _UPDATED_COLUMNS:
        yield f"GRANT SELECT, INSERT, DELETE, UPDATE ({_UPDATED_COLUMNS[name]}) ON {name} TO {app_role}"
    else:
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {app_role}"
    if "tenant_id" not in table.columns:
        return
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY tenant ON {name} USING (tenant_id = {_TENANT}) WITH CHECK (tenant_id = {_TENANT})"
    column = _PATIENT_COLUMN.get(name, "patient_id")
    if column in table.columns:
        rule = f"{_PATIENT} IS NULL OR {column} = {_PATIENT}"
        yield f"CREATE POLICY own_patient ON {name} AS RESTRICTIVE USING ({rule}) WITH CHECK ({rule})"
