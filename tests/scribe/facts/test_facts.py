"""What a note says as structured data: measurements, medications, allergies, orders, problems, and their FHIR
document."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_r4.validity import faults
from scribe.facts.measurements import find_measurements
from scribe.facts.medications import find_allergies, find_medications
from scribe.facts.orders import find_orders
from scribe.facts.problems import find_problems
from scribe.fhir.document import DocumentMetadata, State, document
from scribe.note import Division, Finding, FindingKind, Maker, Note, Section, Sentence

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ID = UUID("0190e4c5-0000-7000-8000-000000000001")
BUILT_IN = Maker(kind="built-in", name="rules")


def section(division: Division, *texts: str) -> tuple[Section, ...]:
    return (
        Section(division=division, sentences=tuple(Sentence(text=t, segments=(str(n),)) for n, t in enumerate(texts))),
    )


def of(note: tuple[Section, ...]) -> Note:
    return Note(
        sections=note, problems=find_problems(note), medications=find_medications(note), allergies=find_allergies(note),
        orders=find_orders(note), measurements=find_measurements(note),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Blood pressure is 140/90 mmHg.",
            [("systolic blood pressure", "140", "mm[Hg]"), ("diastolic blood pressure", "90", "mm[Hg]")],
        ),
        (
            "Heart rate 82, temperature 98.6 degrees Fahrenheit.",
            [("heart rate", "82", "/min"), ("temperature", "98.6", "[degF]")],
        ),
        ("Oxygen saturation is 97 percent on room air.", [("oxygen saturation", "97", "%")]),
        ("Weight is 180.", [("weight", "180", None)]),  # pounds or kilograms: nobody said
        ("Temperature was 300 degrees Fahrenheit.", []),
        ("Heart rate is regular.", []),
    ],
)
def test_measurements(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    found = find_measurements(section(Division.VITALS, text))
    assert [(m.name, str(m.quantity.value), m.quantity.code) for m in found] == expected


@pytest.mark.parametrize(
    ("text", "name", "dose", "status"),
    [
        ("Start ibuprofen 800 mg every 6 hours for 2 weeks.", "ibuprofen", ("800", "mg"), "prescribed"),
        ("Increase lisinopril to 20 mg daily.", "lisinopril", ("20", "mg"), "changed"),
        ("Stop naproxen.", "naproxen", None, "stopped"),
        ("Continue metformin 500 mg twice a day.", "metformin", ("500", "mg"), "taking"),
        ("Levothyroxine 50 mcg daily.", "levothyroxine", ("50", "ug"), "prescribed"),
    ],
)
def test_medications_of_a_plan(text: str, name: str, dose: tuple[str, str] | None, status: str) -> None:
    [found] = find_medications(section(Division.PLAN, text))
    amount = (str(found.dose.value), found.dose.code) if found.dose else None
    assert (found.name, amount, found.status) == (name, dose, status)


@pytest.mark.parametrize(
    "text", ["He denies taking ibuprofen.", "We will not start ibuprofen.", "Ibuprofen was discussed."]
)
def test_what_is_no_prescription(text: str) -> None:
    assert [m for m in find_medications(section(Division.PLAN, text)) if m.status in ("prescribed", "changed")] == []


def test_the_plan_says_what_is_taken_from_now_on() -> None:
    note = section(Division.MEDICATIONS, "Lisinopril 10 mg daily.") + section(
        Division.PLAN, "Increase lisinopril to 20 mg daily."
    )
    [found] = find_medications(note)
    assert found.dose is not None and found.dose.value == Decimal(20) and found.status == "changed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The patient is allergic to penicillin.", ["penicillin"]),
        ("Allergic to shellfish, peanuts and latex.", ["shellfish", "peanuts", "latex"]),
        ("No known drug allergies.", []),
        ("Not allergic to penicillin.", []),
    ],
)
def test_allergies(text: str, expected: list[str]) -> None:
    assert [one.substance for one in find_allergies(section(Division.ALLERGIES, text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order an MRI of the knee if not better.", {("imaging", "mri")}),
        (
            "We will check a hemoglobin A1c and a CBC.",
            {("laboratory", "hemoglobin a1c"), ("laboratory", "complete blood count")},
        ),
        ("Refer to physical therapy.", {("therapy", None)}),
        ("Follow up in 2 weeks.", {("follow_up", None)}),
        ("No need for a CT scan.", set()),
        ("The X-ray was normal.", set()),
    ],
)
def test_orders(text: str, expected: set[tuple[str, str | None]]) -> None:
    assert {(one.kind, one.what) for one in find_orders(section(Division.PLAN, text))} == expected


def test_problems_with_what_belongs_to_them() -> None:
    found = find_problems(
        section(
            Division.ASSESSMENT,
            "Acute medial meniscus sprain of the right knee.",
            "Likely hypertension.",
            "No diabetes.",
        )
    )
    assert next((p.text, p.certainty) for p in found) == ("Acute medial meniscus sprain of the right knee", "confirmed")
    assert ("Hypertension", "suspected") in [(p.text, p.certainty) for p in found]
    assert not any("iabetes" in p.text for p in found)
    assert all(p.codes for p in found)


def test_nothing_is_read_from_a_sentence_that_nobody_said() -> None:
    finding = Finding(kind=FindingKind.UNSUPPORTED, words="x")
    bad = (
        Section(division=Division.PLAN, sentences=(Sentence(text="Start morphine 10 mg daily.", findings=(finding,)),)),
    )
    assert of(bad) == Note(sections=bad)


FULL = (
    section(Division.CHIEF_COMPLAINT, "Knee pain & <b>swelling</b>.") + section(Division.MEDICATIONS,
    "Lisinopril 10 mg daily.")
    + section(Division.ALLERGIES, "Allergic to penicillin.") + section(Division.VITALS,
    "Blood pressure 140/90. Weight is 180.")
    + section(Division.RESULTS, "Hemoglobin A1c is 7.2 %.") + section(Division.ASSESSMENT, "Hypertension.",
    "Possible gout.")
    + section(Division.PLAN, "Start ibuprofen 800 mg every 6 hours as needed for 2 weeks.", "MRI of the knee.",
    "Follow up in 1 week.")
)  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "final", "amended"])
def test_the_document_is_valid_and_orders_nothing(state: State) -> None:
    metadata = DocumentMetadata(id=ID, at=AT, written_at=AT, maker=BUILT_IN, state=state, patient_id=ID)
    if state != "draft":
        metadata = DocumentMetadata(
            **{**{f: getattr(metadata, f) for f in metadata.__slots__}, "signer": "user:dr", "signed_at": AT}
        )
    bundle = document(of(FULL), metadata)
    assert faults(bundle) == ()
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    wanted = {"Composition", "Encounter", "Condition", "MedicationRequest", "MedicationStatement", "ServiceRequest",
        "Observation",
              "Provenance", "AllergyIntolerance", "Device", "Patient"}  # fmt: skip
    assert kinds[0] == "Composition" and set(kinds) == wanted
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] in ("MedicationRequest", "ServiceRequest"):
            assert (entry["resource"]["status"], entry["resource"]["intent"]) == ("draft", "proposal")
    provenance = next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Provenance"
    )
    assert {one["what"]["identifier"]["value"] for one in provenance["entity"]} == {"0", "1", "2"}
    text = str(bundle)
    assert "<b>" not in text and "&lt;b&gt;" in text
    assert text.count("'valueQuantity'") == 3  # the weight without a unit is left out


def test_the_document_is_the_same_each_time() -> None:
    metadata = DocumentMetadata(id=ID, at=AT, written_at=AT, maker=BUILT_IN)
    assert document(of(FULL), metadata) == document(of(FULL), metadata)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Division)), st.text(min_size=1, max_size=60)), max_size=8))
def test_any_note_makes_a_valid_document(lines: list[tuple[Division, str]]) -> None:
    note = tuple(Section(division=d, sentences=(Sentence(text=t, segments=("a",)),)) for d, t in dict(lines).items())
    assert faults(document(of(note), DocumentMetadata(id=ID, at=AT, written_at=AT, maker=BUILT_IN))) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Increase lisinopril from 10 mg to 20 mg daily.", [("lisinopril", "20", "changed", False)]),
        ("Start prednisone 40 mg for 5 days, then 20 mg for 5 days.", [("prednisone", None, "prescribed", True)]),
        ("Start metformin 500 mg tablets, two tablets twice a day.", [("metformin", None, "prescribed", True)]),
        (
            "Change lisinopril to losartan 50 mg.",
            [("lisinopril", None, "stopped", False), ("losartan", "50", "prescribed", False)],
        ),
        (
            "Replace ibuprofen with acetaminophen 500 mg.",
            [("ibuprofen", None, "stopped", False), ("acetaminophen", "500", "prescribed", False)],
        ),
        ("No ibuprofen because of the warfarin.", []),
    ],
)
def test_what_is_changed_and_what_has_several_doses(
    text: str, expected: list[tuple[str, str | None, str, bool]]
) -> None:
    found = find_medications(section(Division.PLAN, text))
    assert [
        (one.name, str(one.dose.value) if one.dose else None, one.status, one.directions == text) for one in found
    ] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He takes lisinopril 10 mg and stopped aspirin.", {"lisinopril": "taking", "aspirin": "stopped"}),
        ("He used to take atenolol.", {"atenolol": "stopped"}),
        ("She was on warfarin until she stopped last year.", {"warfarin": "stopped"}),
        ("He takes aspirin, and stopped smoking.", {"aspirin": "taking"}),
        ("Stop taking any painkillers such as her advil.", {"advil": "stopped"}),
        ("He should stop the pills that he is taking, the motrin.", {"motrin": "stopped"}),
    ],
)
def test_what_is_no_longer_taken(text: str, expected: dict[str, str]) -> None:
    assert {one.name: one.status for one in find_medications(section(Division.MEDICATIONS, text))} == expected


def test_several_doses_are_given_in_words_in_the_document() -> None:
    note = of(section(Division.PLAN, "Start prednisone 40 mg for 5 days, then 20 mg for 5 days."))
    [request] = [
        entry["resource"]
        for entry in document(note, DocumentMetadata(id=ID, at=AT, written_at=AT, maker=BUILT_IN))["entry"]
        if entry["resource"]["resourceType"] == "MedicationRequest"
    ]
    assert request["dosageInstruction"] == [{"text": "Start prednisone 40 mg for 5 days, then 20 mg for 5 days."}]


def test_a_dose_without_a_unit_is_no_quantity() -> None:
    note = of(section(Division.MEDICATIONS, "Metformin 1000 twice daily."))
    [statement] = [
        entry["resource"]
        for entry in document(note, DocumentMetadata(id=ID, at=AT, written_at=AT, maker=BUILT_IN))["entry"]
        if entry["resource"]["resourceType"] == "MedicationStatement"
    ]
    [dosage] = statement["dosage"]
    assert dosage["text"] == "1000, twice daily" and "doseAndRate" not in dosage


def test_a_fear_is_a_suspected_problem() -> None:
    [problem] = find_problems(section(Division.ASSESSMENT, "I am concerned about pneumonia."))
    assert problem.certainty == "suspected" and problem.codes[0].code == "J18.9"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("She has a distal phalanx fracture in the middle finger.", "S62"),
        ("There is a fracture.", None),
        ("I think this is a medial collateral ligament strain.", "S83"),
        ("Her right wrist shows a fracture.", "S62.101A"),
    ],
)
def test_a_fracture_is_coded_where_it_is_or_not_at_all(text: str, code: str | None) -> None:
    [problem] = find_problems(section(Division.ASSESSMENT, text))
    found = [one.code for one in problem.codes]
    assert (not found) if code is None else found[0].startswith(code)


def test_an_allergy_has_a_name() -> None:
    found = find_allergies(
        section(Division.ALLERGIES, "She has allergies to medications.", "He is allergic to latex and aspirin.")
    )
    assert [one.substance for one in found] == ["aspirin", "latex"]


def test_a_fall_is_no_problem() -> None:
    assert not find_problems(section(Division.ASSESSMENT, "It happened when she fell."))
