"""Row-level security and grants, made from the tables' own columns: the rule. The migrations hold it as frozen SQL; a
test says which statements of it a table is without (`tests/db/test_schema.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_PATIENT = "nullif(current_setting('app.patient', true), '')::uuid"
# What a patient's own call may see; where a table is not named and has a patient_id, that column decides.
_PATIENT_COLUMN = {"patient": "id"}
APPEND_ONLY = ("audit_entry", "llm_response", "event_log", "seal", "seal_leaf", "patient_access")
# a slot's `taken` is the triggers' alone
_UPDATED_COLUMNS = {
    "time_slot": ("blocked", "capacity", "closed_by", "closed_reason", "ends_at", "overlap_allowed"),
}
_BY_TRIGGER = ("message_answer", "provider_message")  # written as the owner, whom their policies leave free
_READ_ONLY = ("audit_entry", "event_log", "llm_session", "patient_access", "tenant", *_BY_TRIGGER)


def isolation_statements(table: Table, app_role: str) -> Iterator[str]:
    """The DDL that isolates one table: tenant policy, patient policy, grants."""
    name = table.name
    if name in _READ_ONLY:
        yield f"GRANT SELECT ON {name} TO {app_role}"
    elif name in APPEND_ONLY:
        yield f"GRANT SELECT, INSERT ON {name} TO {app_role}"
    elif name in _UPDATED_COLUMNS:
        yield f"GRANT SELECT, INSERT, DELETE ON {name} TO {app_role}"
        for column in _UPDATED_COLUMNS[name]:
            yield f"GRANT UPDATE ({column}) ON {name} TO {app_role}"
    else:
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {app_role}"
    if "tenant_id" not in table.columns:
        return
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    if name not in _BY_TRIGGER:
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY tenant ON {name} USING (tenant_id = {_TENANT}) WITH CHECK (tenant_id = {_TENANT})"
    column = _PATIENT_COLUMN.get(name, "patient_id")
    if column in table.columns:
        rule = f"{_PATIENT} IS NULL OR {column} = {_PATIENT}"
        yield f"CREATE POLICY own_patient ON {name} AS RESTRICTIVE USING ({rule}) WITH CHECK ({rule})"
