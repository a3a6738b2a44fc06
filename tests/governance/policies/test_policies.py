"""The default policy against its cases; documents that are no policy; what is redacted and what overlaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from governance.policies.cases import read_cases, run, run_file
from governance.policies.people import patient_name
from governance.policies.policy import PolicyInvalid, default_policy, read_policy
from governance.policies.screening import Decision, Evidence, Subject, decide, gravest, redacted
from governance.redaction.known import Known
from governance.redaction.person import Person

CASES = Path(__file__).parent / "cases.yaml"


def test_every_case_is_judged_as_expected() -> None:
    tested = run_file(CASES)
    assert [(result.name, result.wrong) for result in tested.results if not result.good] == []
    assert tested.untested == (), "every rule of the default policy has a case"
    assert len(tested.results) >= 40


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("[", "not YAML at line"),
        ("name: a", "name"),
        ("name: ab\nversion: '1'\nrules:\n- {id: x}", "rules.0"),
        (
            "name: ab\nversion: '1'\nrules:\n- {id: xy, check: magic, at: [message_in], severity: low, action: flag}",
            "rules.0.check",
        ),
        ("name: ab\nversion: '1'\nrules:\n- {id: xy, check: toxic, at: [], severity: low, action: flag}", "rules.0.at"),
        (
            "name: ab\nversion: '1'\nrules:\n- {id: xy, check: toxic, at: [message_in], severity: low, action: shout}",
            "action",
        ),
        ("name: ab\nversion: '1'\nrules: []\nmore: 1", "more"),
        (
            "name: ab\nversion: '1'\nrules:\n"
            + "- {id: xy, check: toxic, at: [message_in], severity: low, action: flag}\n" * 2,
            "an id of its own",
        ),
    ],
)
def test_what_is_no_policy_is_told_where(document: str, told: str) -> None:
    with pytest.raises(PolicyInvalid, match=told):
        read_policy(document)


def test_cases_that_name_what_is_not_there() -> None:
    case = "{name: x, stage: message_in, text: hello, expects: [no-such-rule]}"
    with pytest.raises(PolicyInvalid, match="no-such-rule"):
        run(read_cases(f"cases: [{case}]"), folder=CASES.parent)
    with pytest.raises(PolicyInvalid, match=r"cases\.0"):
        read_cases("cases: [{name: x}]")


def test_what_is_redacted_once_is_not_redacted_again() -> None:
    spans = (Evidence("A", 2, 8), Evidence("B", 4, 10), Evidence("C", 12, 14))
    decision = Decision("r", "personal_data", "p@1", "high", "redact", spans)
    assert redacted("0123456789ab34 tail", [decision]) == "0123<B>ab<C> tail"
    flagged = Decision("r", "toxic", "p@1", "low", "flag", (Evidence("X", 0, 4),))
    assert redacted("0123", [flagged]) == "0123" and gravest([flagged, decision]) == "redact" and gravest([]) is None


def test_rules_for_agents_do_not_bind_people() -> None:
    text = "Take 500 mg twice a day."
    assert [d.rule for d in decide(default_policy(), Subject("message_out", text))] == ["dosage-to-patient"]
    assert decide(default_policy(), Subject("message_out", text, by_agent=False)) == []


@pytest.mark.parametrize("number", ["+919999900109", "+91 99999 00109", "99999 00109"])
def test_the_readers_own_number_may_be_said_back_though_it_is_one_digit_from_a_patients(number: str) -> None:
    neighbour = Person(id=patient_name(uuid4()), kind="patient", names=("Leela Raman",), phones=("+919999900108",))
    subject = Subject("message_out", f"Please check: Anil Puri, phone {number}.", known=Known([neighbour]))
    assert [d.check for d in decide(default_policy(), subject)] == ["another_patient"]
    assert decide(default_policy(), replace(subject, given=("+919999900109",))) == []
    assert decide(default_policy(), replace(subject, given=("+919999900107",))) != []
