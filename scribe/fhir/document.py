"""A note as a FHIR R4 document bundle: Composition first, then all that it refers to, and where everything came from.

Nothing in it is an order: before a doctor has signed, the Composition is preliminary, conditions are unconfirmed,
medications and services are drafts of proposals; after signing, medications and services stay proposals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Literal
from uuid import UUID, uuid5

from db.json import JsonObject
from scribe.fhir.codes import HL7, LOINC, MADE_BY_SOFTWARE, NOTE, SECTIONS, concept
from scribe.fhir.facts import allergy, condition, medication, observations, service
from scribe.note import Maker, Note, Section

State = Literal["draft", "final", "amended"]
_STATUS: dict[State, str] = {"draft": "preliminary", "final": "final", "amended": "amended"}
Json = JsonObject


@dataclass(frozen=True, slots=True)
class DocumentMetadata:
    """What the document is about. `id`: of the note, from which all ids in the bundle follow. `at`: when the visit was,
    with its zone. `source`: the voice session. `signer`: who signed, at `signed_at`."""

    id: UUID
    at: datetime
    written_at: datetime
    maker: Maker
    state: State = "draft"
    patient_id: UUID | None = None
    encounter_id: UUID | None = None
    encounter_status: str = "unknown"
    source: UUID | None = None
    signer: str | None = None
    signed_at: datetime | None = None
    title: str = "Visit note"


@dataclass(slots=True)
class _Bundle:
    metadata: DocumentMetadata
    entries: list[Json] = field(default_factory=list)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)  # url -> segments

    def url(self, name: str) -> str:
        return f"urn:uuid:{uuid5(self.metadata.id, name)}"

    def add(self, name: str, resource: Json, segments: Iterable[str] = ()) -> Json:
        """Put a resource in; a reference to it."""
        url = self.url(name)
        made = {"resourceType": resource.pop("resourceType"), "id": url.removeprefix("urn:uuid:")}
        if self.metadata.maker.kind != "person" and made["resourceType"] not in ("Patient", "Encounter", "Device"):
            made["meta"] = {"security": [MADE_BY_SOFTWARE]}
        self.entries.append({"fullUrl": url, "resource": made | resource})
        self.sources[url] = tuple(segments)
        return {"reference": url}


def document(note: Note, metadata: DocumentMetadata) -> Json:
    """The bundle, as JSON that can be sent. `fhir_r4.validity.faults` finds nothing in it."""
    bundle = _Bundle(metadata)
    patient = {"reference": bundle.url("patient")}
    encounter = {"reference": bundle.url("encounter")}
    author = {"reference": bundle.url("author")}
    composition = bundle.add(
        "composition",
        _composition(note, metadata, patient=patient, encounter=encounter, author=author),
        _segments(note.sections),
    )
    bundle.add("patient", _patient(metadata))
    bundle.add("encounter", _encounter(metadata, patient))
    bundle.add("author", _device(metadata))
    referred = _add_facts(bundle, note, patient=patient, encounter=encounter)
    for section in bundle.entries[0]["resource"].get("section", ()):
        entries = referred.get(section["code"]["coding"][0]["code"])
        if entries:
            section["entry"] = entries
    bundle.entries.append(_provenance(bundle, composition, author))
    at = metadata.written_at.isoformat()
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(metadata.id, "bundle")),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid5(metadata.id, metadata.state)}"},
        "type": "document",
        "timestamp": at,
        "entry": bundle.entries,
    }


def _composition(note: Note, metadata: DocumentMetadata, *, patient: Json, encounter: Json, author: Json) -> Json:
    made: Json = {
        "resourceType": "Composition",
        "status": _STATUS[metadata.state],
        "type": concept(LOINC, *NOTE),
        "subject": patient,
        "encounter": encounter,
        "date": metadata.written_at.isoformat(),
        "author": [author],
        "title": metadata.title,
    }
    if metadata.signer is not None and metadata.signed_at is not None:
        party = {"identifier": {"value": metadata.signer}, "display": metadata.signer}
        made["attester"] = [{"mode": "legal", "time": metadata.signed_at.isoformat(), "party": party}]
    sections = [_section(section) for section in note.sections if section.sentences]
    return made | ({"section": sections} if sections else {})


def _section(section: Section) -> Json:
    code, title = SECTIONS[section.division]
    lines = "".join(f"<p>{escape(_clean(sentence.text), quote=False)}</p>" for sentence in section.sentences)
    text = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'}
    return {"title": title, "code": concept(LOINC, code, title), "text": text}


def _clean(text: str) -> str:
    return "".join(char for char in text if char >= " " or char in "\t\n")


def _patient(metadata: DocumentMetadata) -> Json:
    known = metadata.patient_id is not None
    system = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{metadata.patient_id}"}
    return {"resourceType": "Patient"} | ({"identifier": [system]} if known else {"name": [{"text": "Not identified"}]})


def _encounter(metadata: DocumentMetadata, patient: Json) -> Json:
    made: Json = {
        "resourceType": "Encounter",
        "status": metadata.encounter_status,
        "class": {"system": f"{HL7}/v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "subject": patient,
        "period": {"start": metadata.at.isoformat()},
    }
    if metadata.encounter_id is not None:
        made["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{metadata.encounter_id}"}]
    return made


def _device(metadata: DocumentMetadata) -> Json:
    maker = metadata.maker
    versions = [("model", maker.name)]
    if maker.prompt is not None:
        versions.append(("prompt", f"{maker.prompt}@{maker.prompt_version}"))
        versions.append(("prompt sha256", maker.prompt_sha256 or ""))
    return {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [{"name": f"Wardline scribe ({maker.kind})", "type": "user-friendly-name"}],
        "version": [{"type": {"text": kind}, "value": value} for kind, value in versions if value],
    }


def _add_facts(bundle: _Bundle, note: Note, *, patient: Json, encounter: Json) -> dict[str, list[Json]]:
    """All facts as resources; references to them by the LOINC code of the section that they belong to."""
    signed, at = bundle.metadata.state != "draft", bundle.metadata.at.isoformat()
    who = {"subject": patient, "encounter": encounter}
    made: dict[str, list[tuple[str, Json, tuple[str, ...]]]] = {
        "51848-0": [],
        "18776-5": [],
        "10160-0": [],
        "48765-2": [],
        "8716-3": [],
    }
    for number, problem in enumerate(note.problems):
        made["51848-0"].append((f"condition-{number}", condition(problem, who, signed=signed), problem.segments))
    for number, drug in enumerate(note.medications):
        section = "18776-5" if drug.status in ("prescribed", "changed") else "10160-0"
        made[section].append((f"medication-{number}", medication(drug, patient, encounter, at), drug.segments))
    for number, order in enumerate(note.orders):
        made["18776-5"].append((f"service-{number}", service(order, who, at), order.segments))
    for number, one in enumerate(note.allergies):
        made["48765-2"].append((f"allergy-{number}", allergy(one, patient), one.segments))
    for number, (resource, segments) in enumerate(observations(note.measurements, who, at, signed=signed)):
        made["8716-3"].append((f"observation-{number}", resource, segments))
    return {section: [bundle.add(*one) for one in resources] for section, resources in made.items()}


def _provenance(bundle: _Bundle, composition: Json, author: Json) -> Json:
    """One for the document: who made it of what. Segments of every resource are in it, each once."""
    metadata = bundle.metadata
    targets = [
        {"reference": url} for url, segments in bundle.sources.items() if segments or url == composition["reference"]
    ]
    agent: Json = {"type": concept(f"{HL7}/provenance-participant-type", "author"), "who": author}
    made: Json = {
        "resourceType": "Provenance",
        "id": str(uuid5(metadata.id, "provenance")),
        "target": targets,
        "recorded": metadata.written_at.isoformat(),
        "agent": [agent],
    }
    if metadata.signer is not None:
        verifier = {"type": concept(f"{HL7}/provenance-participant-type", "verifier")}
        made["agent"].append(verifier | {"who": {"identifier": {"value": metadata.signer}, "display": metadata.signer}})
    segments = dict.fromkeys(segment for one in bundle.sources.values() for segment in one)
    if segments:
        system = f"urn:uuid:{metadata.source}" if metadata.source else "urn:wardline:transcript"
        made["entity"] = [
            {"role": "source", "what": {"identifier": {"system": system, "value": one}}} for one in segments
        ]
    return {"fullUrl": bundle.url("provenance"), "resource": made}


def _segments(sections: Iterable[Section]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(one for section in sections for sentence in section.sentences for one in sentence.segments)
    )
