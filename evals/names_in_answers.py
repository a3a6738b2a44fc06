"""Answers to patients that name another patient, and those that only read like it: what the policy's check makes of
them.

`python -m evals.names_in_answers [open|frozen|second_open|second_frozen|third]`. The cases were written without sight
of the rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

import yaml

from governance.policies.people import patient_name
from governance.policies.policy import default_policy
from governance.policies.screening import Subject, decide
from governance.redaction.known import Known
from governance.redaction.person import Person

DATA = Path(__file__).parent / "data"


def wrong(half: str) -> tuple[list[dict[str, Any]], int]:
    """The cases of a half that come out otherwise than they should, and how many there are."""
    cases = yaml.safe_load((DATA / f"names_in_answers_{half}.yaml").read_text(encoding="utf-8"))
    ids = {person["id"]: uuid5(NAMESPACE_OID, person["id"]) for person in cases["people"]}
    people = [Person(id=patient_name(ids[one["id"]]), kind="patient", names=(one["name"],)) for one in cases["people"]]
    people += [Person(id=name, kind="practitioner", names=(name,)) for name in cases["doctors"]]
    known, policy = Known(people), default_policy()
    missed = []
    for case in cases["cases"]:
        own = frozenset(ids[one] for one in (case["to"], *case.get("relatives", ())))
        subject = Subject(
            "message_out", case["text"], by_agent=False, patients=own, known=known, zone=ZoneInfo("Asia/Kolkata")
        )
        blocked = any(decision.check == "another_patient" for decision in decide(policy, subject))
        if blocked != case["blocked"]:
            missed.append(case)
    return missed, len(cases["cases"])


def main() -> None:
    for half in sys.argv[1:] or ("open", "frozen", "second_open", "second_frozen", "third"):
        missed, count = wrong(half)
        print(f"{half:13} {count - len(missed)} of {count} right")
        for case in (
            missed if "frozen" not in half or half in sys.argv else ()
        ):  # a frozen half is not looked at by chance
            print(f"       should {'be blocked' if case['blocked'] else 'pass'}: {case['text']!r} ({case['why']})")


if __name__ == "__main__":
    main()
