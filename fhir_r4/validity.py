"""Is a FHIR R4 resource valid? The models (structure), the required codes, the invariants, and what JSON must not hold.

The models are R4B's, which agree with R4 on all clinical types; they check neither codes nor invariants. A resource of
a type for which `definitions.yaml` names nothing is checked by its model alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import fhirpathpy
import yaml
from fhir.resources.R4B import get_fhir_model_class
from fhirpathpy.models import models
from pydantic import BaseModel, ValidationError

from db.json import JsonObject

_FILE = Path(__file__).with_name("definitions.yaml")
_MOST = 100


@dataclass(frozen=True, slots=True)
class Invalid:
    """One fault. `path`: where, as `Bundle.entry[2].resource.status`. `rule`: `structure`, `code`, `empty`, `period`,
    `reference`, or the key of an invariant (`obs-6`). `message` quotes no value."""

    path: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class _Concept:
    system: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Definitions:
    codes: Mapping[str, frozenset[str]]
    concepts: Mapping[str, _Concept]
    invariants: Mapping[str, Mapping[str, Callable[..., object]]]


@cache
def _definitions() -> _Definitions:
    read = yaml.safe_load(_FILE.read_text())
    return _Definitions(
        {name: frozenset(codes) for name, codes in read["codes"].items()},
        {name: _Concept(one["system"], frozenset(one["codes"])) for name, one in read["concepts"].items()},
        {
            name: {key: fhirpathpy.compile(expression, models["r4"]) for key, expression in rules.items()}
            for name, rules in read["invariants"].items()
        },
    )


def faults(resource: object) -> tuple[Invalid, ...]:
    """What is wrong with a resource (parsed JSON), at most a hundred faults; empty: it is valid R4."""
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return (Invalid("", "structure", "is not a FHIR resource: an object with resourceType is needed"),)
    kind = resource["resourceType"]
    found = list(_empties(resource, kind))
    try:
        declared = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        return (Invalid("resourceType", "structure", "is not a resource type that is known here"),)
    try:
        model = declared.model_validate(resource)
    except ValidationError as error:
        found += [_structural(kind, dict(one)) for one in error.errors(include_url=False, include_input=False)]
    except (KeyError, TypeError):  # the library's answer to a resource inside it of no known type
        found.append(Invalid(kind, "structure", "holds a resource whose type is not known here"))
    else:
        found += _walk(model, resource, path=kind, resource=resource)
        if kind == "Bundle":
            found += _dangling(resource)
    return tuple(found[:_MOST])


def _structural(kind: str, error: Mapping[str, Any]) -> Invalid:
    path = kind
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    messages = {"missing": "is required", "extra_forbidden": "is not an element of this type"}
    return Invalid(path, "structure", messages.get(error["type"], f"is not as FHIR demands ({error['type']})"))


def _empties(value: object, path: str) -> Iterator[Invalid]:
    """FHIR's JSON has no empty arrays, objects and strings, and null only where an array's extensions need it."""
    if value in ({}, [], ""):
        yield Invalid(path, "empty", "must not be empty: leave it out")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if inner is None:
                yield Invalid(f"{path}.{name}", "empty", "must not be null: leave it out")
            else:
                yield from _empties(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _empties(inner, f"{path}[{place}]")


def _walk(node: BaseModel, raw: JsonObject, *, path: str, resource: JsonObject) -> Iterator[Invalid]:
    """A node of the model beside its JSON, and all below it. `resource`: the resource that it is part of."""
    if raw.get("resourceType"):
        resource = raw
    names = [kind.__name__ for kind in type(node).__mro__[:-3]]
    yield from _codes(node, raw, path=path, name=names[0])
    yield from _broken(names, raw, path=path, resource=resource)
    if "contained" in raw:
        yield from _unused(raw, path)
    if names[0] == "Period" and not _in_order(raw.get("start"), raw.get("end")):
        yield Invalid(path, "period", "starts after it ends (per-1)")
    for name in raw:
        inner = getattr(node, _field(type(node), name), None)
        if isinstance(inner, BaseModel) and isinstance(raw[name], dict):
            yield from _walk(inner, raw[name], path=f"{path}.{name}", resource=resource)
        elif isinstance(inner, list) and isinstance(raw[name], list):
            for place, (one, of_it) in enumerate(zip(inner, raw[name], strict=False)):
                if isinstance(one, BaseModel) and isinstance(of_it, dict):
                    yield from _walk(one, of_it, path=f"{path}.{name}[{place}]", resource=resource)


def _unused(raw: JsonObject, path: str) -> Iterator[Invalid]:
    """dom-3, which FHIRPath engines cannot run as R4 writes it: what is contained is referred to, or refers to all."""
    named = set(_local(raw))
    for place, one in enumerate(raw["contained"]):
        if f"#{one.get('id')}" not in named and "#" not in set(_local(one)):
            yield Invalid(f"{path}.contained[{place}]", "dom-3", "is contained but nothing refers to it")


def _local(value: object) -> Iterator[str]:
    """Every reference, canonical or address in the same resource: "#medication"."""
    if isinstance(value, str) and value.startswith("#"):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _local(inner)


@cache
def _aliases(kind: type[BaseModel]) -> dict[str, str]:
    return {field.alias: name for name, field in kind.model_fields.items() if field.alias and field.alias != name}


def _field(kind: type[BaseModel], name: str) -> str:
    return _aliases(kind).get(name, name)


def _broken(names: list[str], raw: JsonObject, *, path: str, resource: JsonObject) -> Iterator[Invalid]:
    for name in names:
        for key, holds in _definitions().invariants.get(name, {}).items():
            if holds(raw, {"resource": resource}) not in ([True], []):
                yield Invalid(path, key, f"does not hold FHIR's invariant {key}")


def _codes(node: BaseModel, raw: JsonObject, *, path: str, name: str) -> Iterator[Invalid]:
    """Elements with a required binding: a code of the list, and not left out where FHIR demands the element."""
    for field, about in type(node).model_fields.items():
        extra = about.json_schema_extra if isinstance(about.json_schema_extra, dict) else {}
        element = about.alias or field
        allowed = _definitions().codes.get(f"{name}.{element}") or _complete(extra.get("enum_values"))
        concept = _definitions().concepts.get(f"{name}.{element}")
        value = raw.get(element)
        if allowed and value is None and extra.get("element_required"):
            yield Invalid(f"{path}.{element}", "code", "is required: an extension does not stand for it")
        values = value if isinstance(value, list) else [value]
        if allowed and any(isinstance(one, str) and one not in allowed for one in values):
            yield Invalid(f"{path}.{element}", "code", f"must be one of {', '.join(sorted(allowed))}")
        if concept and isinstance(value, dict) and not _coded(value, concept):
            yield Invalid(f"{path}.{element}", "code", f"must have one of {', '.join(sorted(concept.codes))}")


def _complete(codes: object) -> frozenset[str]:
    """The model's own list of codes, where it is whole ("+" marks one that goes on) and not words about codes."""
    if (
        not isinstance(codes, list)
        or any(not code or not code.isascii() or {" ", "+", "."} & set(code) for code in codes)
        or "mime" in codes
    ):
        return frozenset()
    return frozenset(codes)


def _coded(value: JsonObject, concept: _Concept) -> bool:
    return any(
        one.get("system") == concept.system and one.get("code") in concept.codes for one in value.get("coding", ())
    )


def _in_order(start: object, end: object) -> bool:
    """Whether a start is not after an end; partial dates ("2016-03") are compared as far as both go."""
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    if "T" in start and "T" in end:
        return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    length = min(len(start.partition("T")[0]), len(end.partition("T")[0]))
    return start[:length] <= end[:length]


def _dangling(bundle: JsonObject) -> Iterator[Invalid]:
    """References by urn:uuid that no entry of the bundle answers."""
    known = {entry.get("fullUrl") for entry in bundle.get("entry", ())}
    for path, target in _references(bundle, "Bundle"):
        if target.startswith("urn:uuid:") and target not in known:
            yield Invalid(path, "reference", "points to nothing in this bundle")


def _references(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and isinstance(inner, str):
                yield f"{path}.reference", inner
            else:
                yield from _references(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _references(inner, f"{path}[{place}]")
