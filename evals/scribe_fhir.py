"""FHIR validity: `python -m evals.scribe_fhir`.

HL7's own R4 examples, accepted and refused by our check; the documents of notes that the built-in maker writes for
ACI-Bench and PriMock57, each by three checks (R4B's models, the required codes, the invariants), and by the published
R4 JSON schema and all published invariants beside our own; and how many damaged documents are found out.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import fhirpathpy
import jsonschema_rs
from fhirpathpy.models import models

from evals.training.encounters import read_encounters, read_primock
from fhir_r4.validity import faults
from scribe.builtin import write_note
from scribe.drafting import draft_of
from scribe.fhir.document import DocumentMetadata, document

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fhir-r4"
CLINICAL = frozenset(
    [
        "Observation",
        "Condition",
        "Encounter",
        "MedicationRequest",
        "MedicationStatement",
        "ServiceRequest",
        "Composition",
        "Provenance",
        "Patient",
        "Device",
        "AllergyIntolerance",
        "Procedure",
        "DiagnosticReport",
        "Immunization",
        "CarePlan",
        "Practitioner",
        "Organization",
    ]
)
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def examples() -> Iterator[tuple[str, Any]]:
    with tarfile.open(DATA / "examples_a.tgz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".json") else None
            if stream is not None:
                yield Path(member.name).name, json.load(stream)


def judge_examples() -> bool:
    refused: Counter[tuple[str, str]] = Counter()
    seen = clinical = 0
    for _, resource in examples():
        seen += 1
        found = faults(resource)
        if found:
            refused[str(resource.get("resourceType")), found[0].rule] += 1
            clinical += resource.get("resourceType") in CLINICAL
    print(f"HL7's R4 examples: {seen - refused.total()} of {seen} accepted; of clinical types refused: {clinical}")
    print("  refused:", ", ".join(f"{kind} {count} ({rule})" for (kind, rule), count in sorted(refused.items())))
    return clinical == 0


def documents() -> Iterator[Any]:
    visits = [one.visit for one in (*read_encounters("train"), *read_encounters("valid"), *read_primock())]
    for number, visit in enumerate(visits):
        note = draft_of(write_note(visit), visit).note
        maker = write_note(visit).maker
        yield document(
            note, DocumentMetadata(id=UUID(int=number), at=AT, written_at=AT, maker=maker, patient_id=UUID(int=number))
        )


def published_invariants() -> Callable[[Any], list[str]]:
    """All of R4's published invariants of severity error that a FHIRPath engine can run, on one resource."""
    listed = json.loads((DATA / "r4-invariants.json").read_text())
    compiled: dict[str, list[tuple[str, Any]]] = {}
    for kind, rules in listed.items():
        for rule in rules:
            if rule["path"] == kind and rule["severity"] == "error" and rule["key"] != "dom-3":
                expression = rule["expression"].replace("hasValue()", "exists()")
                compiled.setdefault(kind, []).append((rule["key"], fhirpathpy.compile(expression, models["r4"])))
    return lambda resource: [
        key
        for key, holds in compiled.get(resource["resourceType"], ())
        if holds(resource, {"resource": resource}) not in ([True], [])
    ]


def published_schema() -> Callable[[Any], bool]:
    """R4's JSON schema, a resource at a time. It leaves the types of resources inside others open."""
    whole = json.loads((DATA / "fhir.schema.json").read_text())
    definitions = whole["definitions"] | {"Resource": {"type": "object"}, "ResourceList": {"type": "object"}}
    made: dict[str, Any] = {}

    def valid(resource: Any) -> bool:
        kind = resource["resourceType"]
        if kind not in made:
            made[kind] = jsonschema_rs.Draft7Validator({"$ref": f"#/definitions/{kind}", "definitions": definitions})
        return bool(made[kind].is_valid(resource))

    return valid


def judge_documents() -> bool:
    valid = published_schema()
    invariants = published_invariants()
    ours = by_schema = by_invariants = total = resources = 0
    slowest: list[float] = []
    made = list(documents())
    for bundle in made:
        total += 1
        started = time.perf_counter()
        ours += not faults(bundle)
        slowest.append(time.perf_counter() - started)
        parts = [bundle, *(entry["resource"] for entry in bundle["entry"])]
        resources += len(parts)
        by_schema += all(valid(part) for part in parts)
        by_invariants += not any(invariants(part) for part in parts)
    print(f"documents of notes: {total} ({resources} resources); valid by our three checks {ours}, by R4's JSON "
        f"schema {by_schema}, "
          f"by all published invariants {by_invariants}; {1000 * median(slowest):.0f} ms each")  # fmt: skip
    return judge_damage(made) and ours == by_schema == by_invariants == total


DAMAGE: dict[str, Callable[[dict[str, Any]], None]] = {
    "status": lambda resource: resource.__setitem__("status", "finished-ish"),
    "empty array": lambda resource: resource.__setitem__("identifier", []),
    "empty object": lambda resource: resource.__setitem__("text", {}),
    "unknown element": lambda resource: resource.__setitem__("diagnosis2", "x"),
    "null": lambda resource: resource.__setitem__("language", None),
    "type": lambda resource: resource.__setitem__("resourceType", "Nothing"),
    "reference": lambda resource: resource.__setitem__(
        "subject", {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    ),
    "period": lambda resource: resource.__setitem__("period", {"start": "2026-02-02", "end": "2026-01-01"}),
}
ONLY = {"period": "Encounter", "reference": "Composition", "status": "Encounter"}


def judge_damage(made: list[Any]) -> bool:
    rng, found, total = random.Random(5), 0, 0
    for bundle in made:
        for name, damage in DAMAGE.items():
            broken = copy.deepcopy(bundle)
            resources = [entry["resource"] for entry in broken["entry"]]
            wanted = [one for one in resources if one["resourceType"] == ONLY.get(name, one["resourceType"])]
            damage(rng.choice(wanted))
            total += 1
            found += bool(faults(broken))
    print(f"damaged documents found out: {found} of {total}")
    return found == total


def main() -> int:
    if not DATA.exists():
        print("skipped: ../shared/data is not there")
        return 0
    return 0 if judge_examples() & judge_documents() else 1


if __name__ == "__main__":
    sys.exit(main())
