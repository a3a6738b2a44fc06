"""What a rule may look for. Each check is a function of (what is judged, the rule) that yields evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from governance.policies.grounding import ungrounded
from governance.policies.injection import injection_signs
from governance.policies.people import bare, is_patient
from governance.policies.policy import Check, Rule
from governance.policies.screening import BETWEEN, Evidence, Subject
from governance.policies.signs import DIAGNOSIS, DOSAGE, TOXIC
from governance.redaction.alike import LAY_TITLE
from governance.redaction.codes import codes
from governance.redaction.contacts import contacts
from governance.redaction.found import settle
from governance.redaction.numbers import numbers

_UNSURE = frozenset({"PHONE", "EMAIL", "URL", "PIN_CODE", "ZIP"})  # the hospital's own are in many answers

# Kinds that hold five digits at least, or letters with four.
_OF_DIGITS = frozenset(
    {"AADHAAR", "ABHA_NUMBER", "PAN", "PASSPORT", "VOTER_ID", "US_SSN", "CREDIT_CARD", "IBAN", "BANK_ACCOUNT",
    "DRIVER_LICENSE"}
)  # fmt: skip
_LONG_NUMBER = re.compile(r"\d(?:\W{0,3}\d){4}|[A-Za-z]{1,5}\W{0,2}\d{4}")
_SAINT = re.compile(r"(?<!\w)(?:st|saint|san|santa|sankt)\.?\s{1,2}$", re.IGNORECASE)
_STREET = re.compile(
    r"\s{1,2}(?:road|rd|street|st|lane|marg|salai|nagar|avenue|ave|colony|layout|chowk|circle|bridge|flyover|metro"
    r"|memorial|foundation|trust|auditorium|stra(?:ss|ß)e|platz)\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")


def _injection(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    begin = 0
    for part in subject.text.split(BETWEEN):
        for start, end in injection_signs(part):
            yield Evidence("injection", begin + start, begin + end)
        begin += len(part) + len(BETWEEN)


def _by_patterns(label: str, patterns: tuple[re.Pattern[str], ...]) -> Callable[[Subject, Rule], Iterator[Evidence]]:
    """Whole phrases of one line. What a line says does not hang on its numbers, so lines that differ in these alone are
    looked at once: most lines of answers are our own sentences."""

    @lru_cache(maxsize=8192)
    def says(line: str) -> bool:
        return any(pattern.search(line) for pattern in patterns)

    def check(subject: Subject, rule: Rule) -> Iterator[Evidence]:
        if any(says(_DIGITS.sub("0", line)) for line in subject.text.splitlines()):
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
        if mention.kind == "address" or not own.isdisjoint(map(bare, mention.ids)):
            continue
        if _said_back(subject.text[mention.start : mention.end], subject.given):
            continue
        before = subject.text[max(0, mention.start - 12) : mention.start]
        if mention.kind == "name" and (_STREET.match(subject.text, mention.end) or _SAINT.search(before)):
            continue  # a place is named after somebody
        if all(map(is_patient, mention.ids)) or (any(map(is_patient, mention.ids)) and LAY_TITLE.search(before)):
            yield Evidence(f"another patient's {mention.kind}", mention.start, mention.end)


def _said_back(mention: str, given: Iterable[str]) -> bool:
    """Whether a name or a number is one that the reader has given: a patient's may differ from it by one digit."""
    words, digits = set(mention.casefold().split()), _digits(mention)
    return any(_digits(one) == digits if digits else words <= set(one.casefold().split()) for one in given)


def _digits(text: str) -> str:
    """The last ten: a number is the same with and without its country's code."""
    return re.sub(r"\D", "", text)[-10:]


def _personal_data(subject: Subject, rule: Rule) -> Iterator[Evidence]:
    if rule.entities and _OF_DIGITS.issuperset(rule.entities) and not _LONG_NUMBER.search(subject.text):
        return
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
