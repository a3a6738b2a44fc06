"""A policy that is not in force, and a violation."""

from __future__ import annotations

from tests.tools.samples import PRIVATE, Hospital, record

SAMPLES = {"policies.add_policy": {"document": "name: another\nversion: '1'\nrules: []"}}


@record("policy_id")
async def a_policy(hospital: Hospital) -> str:
    document = f"name: {PRIVATE}\nversion: '1'\nrules: []"
    return str((await hospital.call("policies.add_policy", document=document))["id"])


@record("violation_id")
async def a_violation(hospital: Hospital) -> str:
    told = {"session_id": await hospital.id("session_id"), "rule": "x", "severity": "low", "evidence": PRIVATE}
    return str((await hospital.call("violations.report_violation", **told))["id"])
