"""Cases for a policy, as a file that a hospital keeps beside it: `wardline policy test FILE`.

policy: ours.yaml              # beside this file; absent: the policy that comes with Wardline
people:                        # whom the hospital knows, for rules about another patient's data
  - {id: asha, name: Asha Bhat, phone: "+919845010000", mrn: LH100000}
  - {id: nair, kind: practitioner, name: Dr. Meera Nair}
cases:
  - name: a dose is not told
    stage: message_out         # message_in, message_out, tool_call, tool_result
    text: Take two tablets at night.
    expects: [dosage-to-patient]     # ids of all rules that must speak, no others; []: none may
    by_agent: true             # whose words; true where absent
    patients: [asha]           # whose data the text may hold
    grounds: ["2026-11-24T10:30:00+05:30"]  # what an answer may rest on; absent: not looked at
    tool: scheduling.find_slots      # for tool_call
    allowed_tools: []
    action: hand_over          # if given: the gravest action of those that spoke, or none
    sent: null                 # if given: the text that would go out, null where it would be stopped
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from governance.policies.people import patient_name
from governance.policies.policy import Action, Policy, PolicyInvalid, Stage, default_policy, read_policy
from governance.policies.screening import Subject, decide, gravest, redacted
from governance.redaction.known import Known
from governance.redaction.person import Person


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OnePerson(_Closed):
    id: str
    kind: Literal["patient", "practitioner"] = "patient"
    name: str
    phone: str | None = None
    mrn: str | None = None
    email: str | None = None


class Case(_Closed):
    name: str
    stage: Stage
    text: str = ""
    expects: tuple[str, ...]
    by_agent: bool = True
    patients: tuple[str, ...] = ()
    grounds: tuple[str, ...] | None = None
    zone: str = "Asia/Kolkata"
    tool: str | None = None
    allowed_tools: tuple[str, ...] | None = None
    action: Action | Literal["none"] | None = None
    sent: str | None = Field(None, description="Looked at where it is given, null too")


class Cases(_Closed):
    policy: str | None = None
    people: tuple[OnePerson, ...] = ()
    cases: tuple[Case, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Result:
    """One case: what spoke, and what is wrong with it, in words; nothing where it is as expected."""

    name: str
    spoke: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not self.wrong


@dataclass(frozen=True, slots=True)
class Tested:
    """All cases under one policy. `untested`: rules that no case expects."""

    policy: str
    results: tuple[Result, ...]
    untested: tuple[str, ...]

    @property
    def good(self) -> bool:
        return all(result.good for result in self.results)


def run_file(path: Path) -> Tested:
    """Raises PolicyInvalid for a file that is no list of cases, or whose policy is none; OSError where one is
    missing."""
    return run(read_cases(path.read_text(encoding="utf-8")), folder=path.parent)


def read_cases(text: str) -> Cases:
    """Raises PolicyInvalid."""
    try:
        return Cases.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyInvalid(f"not YAML{f' at line {mark.line + 1}' if mark else ''}") from error
    except ValidationError as error:
        messages = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise PolicyInvalid("; ".join(messages)) from error


def run(cases: Cases, *, folder: Path) -> Tested:
    """Judge every case under the policy that the file names, relative to `folder`. Raises PolicyInvalid, OSError."""
    policy = default_policy() if cases.policy is None else read_policy((folder / cases.policy).read_text("utf-8"))
    ids = {person.id: uuid5(NAMESPACE_OID, person.id) for person in cases.people}
    known = Known([_person(person, ids[person.id]) for person in cases.people])
    rules = {rule.id for rule in policy.rules}
    for case in cases.cases:
        unknown = [f"rule {name}" for name in case.expects if name not in rules]
        unknown += [f"person {name}" for name in case.patients if name not in ids]
        if unknown:
            raise PolicyInvalid(f"{case.name}: there is no {unknown[0]}")
    expected = {name for case in cases.cases for name in case.expects}
    results = tuple(_judge(policy, case, known=known, ids=ids) for case in cases.cases)
    return Tested(policy.label, results, tuple(rule.id for rule in policy.rules if rule.id not in expected))


def _person(one: OnePerson, person_id: UUID) -> Person:
    known_as = patient_name(person_id) if one.kind == "patient" else str(person_id)
    phones = (one.phone,) if one.phone else ()
    return Person(id=known_as, kind=one.kind, names=(one.name,), phones=phones, mrn=one.mrn, email=one.email)


def _judge(policy: Policy, case: Case, *, known: Known, ids: Mapping[str, UUID]) -> Result:
    given = case.grounds
    subject = Subject(
        case.stage, case.text, by_agent=case.by_agent, patients=frozenset(ids[name] for name in case.patients),
        known=known,
        tool=case.tool, allowed_tools=None if case.allowed_tools is None else frozenset(case.allowed_tools),
        grounds=None if given is None else lambda: given, zone=ZoneInfo(case.zone),
    )  # fmt: skip
    decisions = decide(policy, subject)
    spoke = tuple(decision.rule for decision in decisions)
    wrong = [f"{name} did not speak" for name in case.expects if name not in spoke]
    wrong += [f"{name} spoke" for name in spoke if name not in case.expects]
    action = gravest(decisions)
    if case.action is not None and case.action != (action or "none"):
        wrong.append(f"the action is {action or 'none'}, not {case.action}")
    if "sent" in case.model_fields_set:
        sent = redacted(case.text, decisions) if action in (None, "flag", "redact") else None
        if sent != case.sent:
            wrong.append(f"what would be sent is {sent!r}, not {case.sent!r}")
    return Result(case.name, spoke, tuple(wrong))
