"""The readable part of a tool call's entry: what cannot name a person stays, the rest is replaced by its type.

The rule goes by type, so that a new field is hidden until someone decides otherwise: ids, numbers, times and values of
closed sets stay; free text and birth dates do not (HIPAA Safe Harbor, 45 CFR 164.514(b)(2), names them identifiers).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

_KEPT = (bool, int, float, Decimal, UUID, dt.datetime, dt.time, dt.timedelta, Enum)
# Text fields that hold the service's own words, never a person's.
_OWN_WORDS = frozenset(
    {"state", "status", "channel", "purpose", "agent", "kind", "code", "outcome", "language", "zone", "type",
    "direction",
     "priority", "category", "tool", "effect", "specialty_code", "visit_type", "field", "rule", "severity", "action"}
)  # fmt: skip
_SHORTEST_INSTRUCTION = 12
_MOST = 50  # of a list, and of the patients named


def readable(value: object) -> object:
    """A model, or any value, without what could name a person. Lists of records are counted."""
    return _readable(value, keep_text=False, birth=False)


def patients_in(value: object, found: dict[UUID, None] | None = None) -> dict[UUID, None]:
    """The patients whose records a result shows or arguments name, in order: by `patient_id`, or the field that the
    model's `subject_field` names."""
    found = {} if found is None else found
    if isinstance(value, BaseModel):
        subject = value.__dict__.get(getattr(type(value), "subject_field", "patient_id"))
        if isinstance(subject, UUID):
            found[subject] = None
        for inner in value.__dict__.values():
            if isinstance(inner, (BaseModel, list, tuple)):
                patients_in(inner, found)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            patients_in(inner, found)
    return found


def texts_in(value: object, found: dict[str, None] | None = None) -> dict[str, None]:
    """The free texts of a result, each once: what someone may have written who is not the hospital. Short values
    (names, codes) hold no instruction and are left out."""
    found = {} if found is None else found
    if isinstance(value, str):
        if len(value) >= _SHORTEST_INSTRUCTION:
            found[value] = None
    elif isinstance(value, BaseModel):
        for inner in value.__dict__.values():
            texts_in(inner, found)
    elif isinstance(value, dict):
        for inner in value.values():
            texts_in(inner, found)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            texts_in(inner, found)
    return found


def _readable(value: object, *, keep_text: bool, birth: bool) -> object:
    if value is None or isinstance(value, _KEPT):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, str):
        return value if keep_text else "[text]"
    if isinstance(value, dt.date):
        return "[date]" if birth else value
    if isinstance(value, BaseModel):
        plain = _readable_fields(type(value))
        return {
            name: _readable(inner, keep_text=plain.get(name, False), birth="birth" in name)
            for name, inner in value.__dict__.items()
            if inner is not None
        }
    if isinstance(value, (list, tuple)):
        if any(isinstance(inner, BaseModel) for inner in value):
            return {"count": len(value)}
        return [_readable(inner, keep_text=keep_text, birth=birth) for inner in value[:_MOST]]
    if isinstance(value, dict):
        return {"count": len(value)}
    return "[value]"


@cache
def _readable_fields(model: type[BaseModel]) -> dict[str, bool]:
    return {
        name: name in _OWN_WORDS
        or _closed(field.annotation)
        or any(getattr(one, "closed", False) for one in field.metadata)
        for name, field in model.model_fields.items()
    }


def _closed(annotation: object) -> bool:
    """Is it a closed set of words, or none?"""
    origin = get_origin(annotation)
    if origin is Literal or annotation is type(None):
        return True
    if origin is Annotated:
        kind, *said = get_args(annotation)
        return _closed(kind) or any(getattr(one, "closed", False) for one in said)
    arguments = get_args(annotation)
    return bool(arguments) and (origin is Union or origin is not dict) and all(_closed(inner) for inner in arguments)
