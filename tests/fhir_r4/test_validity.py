"""Is a resource valid R4: what is refused, and why; and HL7's own examples where they are there."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from fhir_r4.validity import faults
from tests.paths import SHARED

EXAMPLES = SHARED / "fhir-r4" / "examples_a.tgz"
OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "weight"},
    "valueQuantity": {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}


def changed(resource: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (resource | changes).items() if value is not ...}


def found(resource: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.rule) for fault in faults(resource)]


def test_a_valid_one() -> None:
    assert faults(OBSERVATION) == ()


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"status": "done"}, "Observation.status", "code"),
        ({"status": ..., "_status": {"extension": [{"url": "http://x.example", "valueString": "x"}]}},
        "Observation.status", "code"),
        ({"code": ...}, "Observation.code", "structure"),
        ({"weight": 3}, "Observation.weight", "structure"),
        ({"category": []}, "Observation.category", "empty"),
        ({"note": [{}]}, "Observation.note[0]", "empty"),
        ({"device": None}, "Observation.device", "empty"),
        ({"effectivePeriod": {"start": "2026-03-02", "end": "2026-03-01"}}, "Observation.effectivePeriod", "period"),
        ({"effectivePeriod": {"start": "2026-03-02T10:00:00Z", "end": "2026-03-02T11:00:00+05:30"}},
        "Observation.effectivePeriod", "period"),
        ({"effectiveDateTime": "2026-03-02T10:00:00"}, "Observation.effectiveDateTime", "structure"),
        ({"dataAbsentReason": {"text": "x"}}, "Observation", "obs-6"),
        ({"referenceRange": [{"age": {"low": {"value": 1}}}]}, "Observation.referenceRange[0]", "obs-3"),
        ({"valueQuantity": {"value": 1, "code": "kg"}}, "Observation.valueQuantity", "qty-3"),
        ({"contained": [{"resourceType": "Patient", "id": "p"}]}, "Observation.contained[0]", "dom-3"),
        ({"text": {"status": "made", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}},
        "Observation.text.status", "code"),
    ],
)  # fmt: skip
def test_what_is_refused(changes: dict[str, Any], path: str, rule: str) -> None:
    assert (path, rule) in found(changed(OBSERVATION, **changes))


@pytest.mark.parametrize("period", [("2026", "2026-03"), ("2026-03-02", "2026-03-02T01:00:00Z"), ("2026-03-02", None)])
def test_partial_dates_are_compared_as_far_as_they_go(period: tuple[str, str | None]) -> None:
    given = {name: value for name, value in zip(("start", "end"), period, strict=True) if value}
    assert found(changed(OBSERVATION, effectivePeriod=given)) == []


@pytest.mark.parametrize(
    "thing", [None, 3, "x", [], {}, {"resourceType": 3}, {"resourceType": "Nothing"}, {"resourceType": "../x"}]
)
def test_what_is_no_resource(thing: Any) -> None:
    assert [fault.rule for fault in faults(thing)] == ["structure"]


def test_a_bundle_whose_reference_leads_nowhere() -> None:
    subject = {"reference": "urn:uuid:0190e4c5-0000-7000-8000-000000000001"}
    entry = {
        "fullUrl": "urn:uuid:0190e4c5-0000-7000-8000-000000000002",
        "resource": changed(OBSERVATION, subject=subject),
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    assert found(bundle) == [("Bundle.entry[0].resource.subject.reference", "reference")]
    document = changed(bundle, type="document")
    assert {"bdl-9", "bdl-10", "bdl-11"} <= {rule for _, rule in found(document)}


@pytest.mark.parametrize(
    "inside", [{"resourceType": "Nothing"}, {"resourceType": 3}, {}, {"resourceType": None}, "x", 3, []]
)
def test_a_bundle_with_something_else_inside(inside: Any) -> None:
    assert faults({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inside}]})
    assert faults(changed(OBSERVATION, contained=[inside]))


def test_a_message_quotes_no_value() -> None:
    told = [fault.message for fault in faults(changed(OBSERVATION, status="Asha Rao", weight="Asha Rao"))]
    assert told and not any("Asha" in message for message in told)


def test_examples_of_clinical_types_are_accepted() -> None:
    if not EXAMPLES.exists():
        pytest.skip("../shared/data is not there")
    wanted = {
        "Observation",
        "Condition",
        "Encounter",
        "MedicationRequest",
        "ServiceRequest",
        "Composition",
        "Provenance",
        "Patient",
    }
    seen = 0
    with tarfile.open(EXAMPLES) as archive:
        for member in archive:
            if Path(member.name).name.partition("-")[0] not in wanted or not member.name.endswith(".json"):
                continue
            stream = archive.extractfile(member)
            assert stream is not None
            assert faults(json.load(stream)) == (), member.name
            seen += 1
    assert seen > 50
