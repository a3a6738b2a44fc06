"""Problems, medications, orders, allergies and measurements as FHIR R4 resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from db.json import JsonObject
from scribe.fhir.codes import (
    BLOOD_PRESSURE,
    DIASTOLIC,
    HL7,
    ICD_10_CM,
    LOINC,
    ORDERS,
    SYSTOLIC,
    UCUM,
    VITALS,
    concept,
)
from scribe.note import Allergy, Measurement, Medication, Order, Problem, Quantity

Json = JsonObject
_CHANGES = {"taking": "active", "stopped": "stopped"}
_MOST_PER_DAY = 24


def condition(problem: Problem, who: Json, *, signed: bool) -> Json:
    """A Condition with the first suggested code; "confirmed" only where a doctor signed it and did not doubt it."""
    verified = "provisional" if problem.certainty == "suspected" else "confirmed" if signed else "unconfirmed"
    made: Json = {
        "resourceType": "Condition",
        "clinicalStatus": concept(f"{HL7}/condition-clinical", problem.status),
        "verificationStatus": concept(f"{HL7}/condition-ver-status", verified),
        "category": [concept(f"{HL7}/condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
        "code": {"text": problem.text},
    } | who
    for best in problem.codes[:1]:
        made["code"]["coding"] = [
            {"system": ICD_10_CM, "code": best.code, "display": best.display, "userSelected": False}
        ]
    return made


def medication(drug: Medication, patient: Json, encounter: Json, at: str) -> Json:
    """A MedicationStatement of what is taken or was stopped, a MedicationRequest (draft, proposal) of what is
    planned."""
    shared = {"medicationCodeableConcept": {"text": drug.name}, "subject": patient}
    dosage = _dosage(drug)
    if drug.status in _CHANGES:
        made = {
            "resourceType": "MedicationStatement",
            "status": _CHANGES[drug.status],
            **shared,
            "context": encounter,
            "dateAsserted": at,
        }
        return made | ({"dosage": [dosage]} if dosage else {})
    made = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "proposal",
        **shared,
        "encounter": encounter,
        "authoredOn": at,
    }
    return made | ({"dosageInstruction": [dosage]} if dosage else {})


def _dosage(drug: Medication) -> Json:
    """A dose without a unit stands in the text alone, as it was said."""
    made: Json = {}
    words = [drug.route, drug.frequency, drug.duration, "as needed" if drug.as_needed else None]
    amount = f"{drug.dose.value} {drug.dose.unit or ''}".strip() if drug.dose else None
    text = drug.directions or ", ".join(word for word in (amount, *words) if word)
    if text:
        made["text"] = text
    timing = _timing(drug.per_day)
    if timing:
        made["timing"] = {"repeat": timing}
    if drug.as_needed:
        made["asNeededBoolean"] = True
    if drug.route:
        made["route"] = {"text": drug.route}
    if drug.dose and drug.dose.unit:
        made["doseAndRate"] = [{"doseQuantity": quantity(drug.dose)}]
    return made


def _timing(per_day: Decimal | None) -> Json:
    """How often, as FHIR has it: so many times in a period of whole days."""
    if per_day is None or not 0 < per_day <= _MOST_PER_DAY:
        return {}
    if per_day >= 1:
        return {"frequency": int(per_day), "period": 1, "periodUnit": "d"} if per_day == int(per_day) else {}
    return {"frequency": 1, "period": round(1 / per_day), "periodUnit": "d"}


def service(order: Order, who: Json, at: str) -> Json:
    """A ServiceRequest: a draft of a proposal."""
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "category": [{"text": ORDERS[order.kind]}],
        "code": {"text": order.what or order.text},
        **who,
        "authoredOn": at,
        "note": [{"text": order.text}],
    }


def allergy(one: Allergy, patient: Json) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept(f"{HL7}/allergyintolerance-clinical", "active"),
        "verificationStatus": concept(f"{HL7}/allergyintolerance-verification", "unconfirmed"),
        "code": {"text": one.substance},
        "patient": patient,
    }


def observations(
    measured: Sequence[Measurement], who: Json, at: str, *, signed: bool
) -> Iterator[tuple[Json, tuple[str, ...]]]:
    """Observations with the segments that they came from; a blood pressure is one with two components. What has no unit
    that can be told is left out: a figure alone means nothing."""
    coded = [one for one in measured if one.quantity.code is not None]
    skip: set[int] = set()
    for number, one in enumerate(coded):
        if number in skip:
            continue
        pair = coded[number + 1] if number + 1 < len(coded) else None
        base = {"resourceType": "Observation", "status": "final" if signed else "preliminary"}
        if one.loinc in VITALS:
            category = concept(f"{HL7}/observation-category", "vital-signs", "Vital Signs")
            base["category"] = [category]  # type: ignore[assignment]
        shared = {**who, "effectiveDateTime": at}
        if one.loinc == SYSTOLIC and pair is not None and pair.loinc == DIASTOLIC:
            skip.add(number + 1)
            parts = [{"code": _code(part), "valueQuantity": quantity(part.quantity)} for part in (one, pair)]
            yield {**base, "code": concept(LOINC, *BLOOD_PRESSURE), **shared, "component": parts}, one.segments
        else:
            yield {**base, "code": _code(one), **shared, "valueQuantity": quantity(one.quantity)}, one.segments


def _code(one: Measurement) -> Json:
    return {"text": one.name} | (concept(LOINC, one.loinc) if one.loinc else {})


def quantity(one: Quantity) -> Json:
    """A FHIR Quantity; its unit in UCUM where it is known. Trailing zeros of the value are lost in JSON numbers."""
    value = int(one.value) if one.value == int(one.value) else float(one.value)
    made: Json = {"value": value}
    if one.unit:
        made["unit"] = one.unit
    if one.code:
        made |= {"system": UCUM, "code": one.code}
    return made
