"""What a rule may look for. Each check is a function of (what is judged, the rule) that yields evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from governance.policies.grounding import ungrounded
from governance.policies.injection import injection_signs
from governance.policies.people import bare, is_patient
from governance.policies.policy import Check, Rule
from governance.policies.screening import Evidence, Subject
from governance.policies.signs import DIAGNOSIS, DOSAGE, TOXIC
from governance.redaction.codes import codes
from governance.redaction.contacts import contacts
from governance.redaction.found import settle
from governance.redaction.numbers import numbers

_UNSURE = frozenset({"PHONE", "EMAIL", "URL", "PIN_CODE", "ZIP"})  # the hospital's own are in many answers


def _injection(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    yield from (Evidence("injection", start, end) for start, end in injection_signs(subject.text))


def _by_patterns(label: str, patterns: tuple[re.Pattern[str], ...]) -> Callable[[Subject, Rule], Iterator[Evidence]]:
    def check(subject: Subject, rule: Rule) -> Iterator[Evidence]:
        for pattern in patterns:
            for match in pattern.finditer(subject.text):
                yield Evidence(label, *match.span())

    return check


def _tool_scope(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    if subject.allowed_tools is not None and subject.tool not in subject.allowed_tools:
        yield Evidence(f"tool {subject.tool}", 0, 0)


def _another_patient(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    if subject.known is None:
        return
    own = {str(patient) for patient in subject.patients}
    for mention in subject.known.mentions(subject.text):
        if mention.kind != "address" and all(map(is_patient, mention.ids)) and own.isdisjoint(map(bare, mention.ids)):
            yield Evidence(f"another patient's {mention.kind}", mention.start, mention.end)


def _personal_data(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    for found in settle((*codes(subject.text), *numbers(subject.text), *contacts(subject.text)), subject.text):
        wanted = found.entity in rule.entities if rule.entities else found.entity not in _UNSURE
        if wanted:
            yield Evidence(found.entity, found.start, found.end)


def _ungrounded(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    if subject.grounds is not None:
        for kind, start, end in ungrounded(subject.text, subject.grounds, subject.zone):
            yield Evidence(f"ungrounded {kind}", start, end)


CHECKS: dict[Check, Callable[[Subject, Rule], Iterable[Evidence]]] = {
    "injection": _injection,
    "toxic": _by_patterns("abuse or threat", TOXIC),
    "tool_scope": _tool_scope,
    "another_patient": _another_patient,
    "personal_data": _personal_data,
    "diagnosis": _by_patterns("diagnosis", DIAGNOSIS),
    "dosage": _by_patterns("dosage", DOSAGE),
    "ungrounded": _ungrounded,
}
