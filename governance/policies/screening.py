"""Deciding: a policy's rules on one message, tool call or tool result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from governance.policies.policy import GRAVITY, Action, Policy, Rule, Severity, Stage
from governance.redaction.known import Known

BETWEEN = "\x1e"  # stands between the texts of one tool's result


class Evidence(NamedTuple):
    """What a check found: a label that names no person, and where in the text."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged. `patients`: whose data the text may hold; `given`: names and
    numbers that the reader has given, which may be said back; `grounds`: what an answer may rest on."""

    stage: Stage
    text: str
    by_agent: bool = True
    patients: frozenset[UUID] = frozenset()
    given: tuple[str, ...] = ()
    known: Known | None = None
    tool: str | None = None
    allowed_tools: frozenset[str] | None = None
    grounds: Callable[[], Iterable[object]] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Decision:
    """One rule that spoke."""

    rule: str
    check: str
    policy: str
    severity: Severity
    action: Action
    evidence: tuple[Evidence, ...]

    def labels(self) -> list[str]:
        return sorted({found.label for found in self.evidence})


def decide(policy: Policy, subject: Subject) -> list[Decision]:
    """Every rule of the stage that found something, in the policy's order."""
    from governance.policies.checks import CHECKS

    made = []
    for rule in policy.rules:
        if subject.stage in rule.at and (subject.by_agent or rule.by == "everyone"):
            found = tuple(CHECKS[rule.check](subject, rule))
            if found:
                made.append(_decision(policy, rule, found))
    return made


def gravest(decisions: Sequence[Decision]) -> Action | None:
    return max((decision.action for decision in decisions), key=GRAVITY.__getitem__, default=None)


def redacted(text: str, decisions: Iterable[Decision]) -> str:
    """The text with what the redacting rules found replaced by its kind."""
    spans = [found for decision in decisions if decision.action == "redact" for found in decision.evidence]
    begin = len(text)  # of what is replaced already
    for found in sorted(spans, key=lambda span: (-span.end, span.start)):
        if found.end <= begin:
            text = f"{text[: found.start]}<{found.label}>{text[found.end :]}"
            begin = found.start
    return text


def _decision(policy: Policy, rule: Rule, found: tuple[Evidence, ...]) -> Decision:
    return Decision(rule.id, rule.check, policy.label, rule.severity, rule.action, found)
