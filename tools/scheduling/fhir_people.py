"""Whom and what appointments refer to, as FHIR R4 resources: patients, practitioners, locations."""

from __future__ import annotations

from fhir.resources.R4B.location import Location as FhirLocation
from fhir.resources.R4B.patient import Patient as FhirPatient
from fhir.resources.R4B.practitioner import Practitioner as FhirPractitioner

from db.json import JsonObject
from tools.facility.tables import Location, Practitioner
from tools.patients.tables import Patient


def patient(row: Patient) -> FhirPatient:
    telecom = [
        {"system": kind, "value": value} for kind, value in (("phone", row.phone), ("email", row.email)) if value
    ]
    body: JsonObject = {
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "identifier": [{"system": "urn:wardline:mrn", "value": row.mrn}],
        "active": row.deleted_at is None,
        "name": [{"family": row.family, "given": [row.given]}],
        "gender": row.sex,
        "birthDate": row.birth_date.isoformat(),
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": row.language}]}, "preferred": True}
        ],
    }
    if telecom:
        body["telecom"] = telecom
    if row.address:
        body["address"] = [{"text": row.address}]
    return FhirPatient.model_validate(body)


def practitioner(row: Practitioner) -> FhirPractitioner:
    body: JsonObject = {
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "active": row.active,
        "name": [{"text": row.name}],
    }
    if row.sex is not None:
        body["gender"] = row.sex
    return FhirPractitioner.model_validate(body)


def location(row: Location) -> FhirLocation:
    return FhirLocation.model_validate(
        {
            "id": str(row.id),
            "meta": {"versionId": str(row.version)},
            "status": "active",
            "name": row.name,
            "telecom": [{"system": "phone", "value": row.phone}],
            "address": {"text": row.address, "city": row.city},
        }
    )
