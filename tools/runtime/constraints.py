"""Invariants live in the database; a room says here which error explains which constraint."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from tools.runtime.errors import Conflict, InvalidArguments, ToolError

_EXPLAINED: dict[str, type[ToolError]] = {}


def explains(constraint: str, error: type[ToolError]) -> None:
    """Breaking this constraint is refused with this error."""
    _EXPLAINED[constraint] = error


def explanation(broken: IntegrityError) -> ToolError:
    """The error that a caller sees when the database refused."""
    diagnosis = getattr(broken.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if name in _EXPLAINED:
        return _EXPLAINED[name]()
    if name.startswith("fk_"):
        field = name.removeprefix(f"fk_{getattr(diagnosis, 'table_name', '')}_")
        return InvalidArguments(errors=[{"field": field, "rule": "must name an existing record"}])
    return Conflict(f"The database refused the change ({name or 'a rule'}).")
