"""The figures of a claim against those of the visit: numbers, units, doses, how often."""

from __future__ import annotations

from decimal import Decimal

from scribe.checking.claims import Claim, Item
from scribe.checking.facts import near
from scribe.checking.support import Backing
from scribe.checking.visit_index import VisitIndex
from scribe.language.doses import DOSE_CODES, Dose
from scribe.language.quantities import Found
from scribe.note import Finding, FindingKind

_REACH = 1
_SAME = {
    ("[degF]", "deg"), ("Cel", "deg"), ("{tbl}", "{capsule}"), ("/min", "min"), ("{score}", "{times}"), ("{times}",
    "d"),
}  # fmt: skip
_FACTORS: dict[tuple[str, str], Decimal] = {
    ("a", "mo"): Decimal(12), ("wk", "d"): Decimal(7), ("g", "mg"): Decimal(1000), ("mg", "ug"): Decimal(1000),
    ("h", "min"): Decimal(60), ("[ft_i]", "[in_i]"): Decimal(12), ("d", "h"): Decimal(24), ("L", "mL"): Decimal(1000),
    ("m", "cm"): Decimal(100), ("cm", "mm"): Decimal(10), ("kg", "g"): Decimal(1000), ("{decade}", "a"): Decimal(10),
}  # fmt: skip


def find_figures(claim: Claim, backing: Backing, visit_index: VisitIndex) -> list[Finding]:
    """Figures that were not said where the claim comes from, or with another unit; doses of another amount or
    rhythm."""
    of_doses, found = set(), []
    for dose in claim.read.doses:
        places, findings = _judge_dose(dose, claim, visit_index)
        found += findings
        if places:
            of_doses.add(dose.value)
    around = near(backing.places, _REACH)
    for item in claim.items:
        if item.figure and not (item.figure.code in DOSE_CODES | {None} and item.figure.value in of_doses):
            found += _judge_figure(
                item, item.figure, claim=claim, around=around, places=backing.places, visit_index=visit_index
            )
    return found


def _judge_dose(dose: Dose, claim: Claim, visit_index: VisitIndex) -> tuple[set[int], list[Finding]]:
    """(segments that give a dose of this drug, findings). No segments: the dose is judged as plain figures."""
    if dose.drug is None:
        return set(), []
    doses = [(place, other) for place, other in visit_index.doses.get(dose.drug.generic, ())]
    amounts = [(place, other) for place, other in doses if other.value is not None]
    findings: list[Finding] = []
    if dose.value is not None and not amounts:
        return set(), _judge_foreign(dose, claim, visit_index)
    if dose.value is not None and amounts:
        findings += _judge_amount(dose, amounts, claim=claim, visit_index=visit_index)
    rhythms = [(place, other) for place, other in doses if other.frequency and other.frequency.per_day is not None]
    if dose.frequency and dose.frequency.per_day is not None and rhythms:
        wanted = round(dose.frequency.per_day, 3)
        if all(
            round(other.frequency.per_day, 3) != wanted
            for _, other in rhythms
            if other.frequency and other.frequency.per_day
        ):
            instead = rhythms[0][1].frequency.text if rhythms[0][1].frequency else None
            findings.append(
                _finding(
                    FindingKind.DOSE,
                    dose.frequency.text,
                    instead=instead,
                    places={place for place, _ in rhythms},
                    visit_index=visit_index,
                )
            )
    return ({place for place, _ in amounts} if dose.value is not None else set()), findings


def _judge_foreign(dose: Dose, claim: Claim, visit_index: VisitIndex) -> list[Finding]:
    """A dose that was never said with this drug, though the drug was said, and was said with another."""
    assert dose.drug
    if dose.drug.kind == "class" or dose.code is None or dose.drug.generic not in visit_index.drugs:
        return []
    owners = {
        (place, other.drug.generic)
        for many in visit_index.doses.values()
        for place, other in many
        if other.drug and _equal(other.value or Decimal(-1), other.code, other=dose.value, other_code=dose.code)
    }
    own = near({said.segment for said in visit_index.drugs[dose.drug.generic]}, _REACH)
    if not owners or any(place in own for place, _ in visit_index.figures.get(dose.value or Decimal(-1), ())):
        return []
    others = ", ".join(sorted({name for _, name in owners}))
    return [
        _finding(
            FindingKind.DOSE,
            claim.text[dose.start : dose.end],
            instead=others,
            places={place for place, _ in owners},
            visit_index=visit_index,
        )
    ]


def _judge_amount(
    dose: Dose, amounts: list[tuple[int, Dose]], *, claim: Claim, visit_index: VisitIndex
) -> list[Finding]:
    assert dose.drug and dose.value is not None
    places = {place for place, _ in amounts}
    near_values = near(places)
    exact = [other for _, other in amounts if _equal(dose.value, dose.code, other=other.value, other_code=other.code)]
    if exact:
        return []
    words = claim.text[dose.start : dose.end]
    spoken = "; ".join(sorted({f"{other.value} {other.unit or ''}".strip() for _, other in amounts}))
    if any(other.value == dose.value for _, other in amounts):
        return [_finding(FindingKind.UNIT, words, instead=spoken, places=places, visit_index=visit_index)]
    elsewhere = visit_index.figures.get(dose.value, ())
    if any(place in near_values and _fits(dose.code, found.code) for place, found in elsewhere):
        return []
    return [_finding(FindingKind.DOSE, words, instead=spoken, places=places, visit_index=visit_index)]


def _fits(code: str | None, other: str | None) -> bool:
    """Whether two units can be the same: one was left out, or they are alike in speech."""
    return code is None or other is None or code == other or (code, other) in _SAME or (other, code) in _SAME


def _equal(value: Decimal, code: str | None, *, other: Decimal | None, other_code: str | None) -> bool:
    """Same amount, also in another unit of the same kind ("18 months" for "a year and a half")."""
    if other is None:
        return False
    if value == other and _fits(code, other_code):
        return True
    if code is None or other_code is None:
        return False
    factor = _FACTORS.get((code, other_code))
    if factor and value * factor == other:
        return True
    factor = _FACTORS.get((other_code, code))
    return bool(factor and other * factor == value)


def _judge_figure(
    item: Item, figure: Found, *, claim: Claim, around: set[int], places: frozenset[int], visit_index: VisitIndex
) -> list[Finding]:
    local = [
        (value, found, place) for value, many in visit_index.figures.items() for place, found in many if place in around
    ]
    nearest = [entry for entry in local if entry[2] in places and _comparable(figure, entry[1])]
    local = nearest or local
    if any(_equal(figure.value, figure.code, other=value, other_code=found.code) for value, found, _ in local):
        return []
    words = claim.text[item.start : item.end]
    other_unit = [(found, place) for value, found, place in local if value == figure.value]
    if other_unit:
        instead = "; ".join(sorted({f"{found.value} {found.unit or ''}".strip() for found, _ in other_unit}))
        return [
            _finding(
                FindingKind.UNIT,
                words,
                instead=instead,
                places={place for _, place in other_unit},
                visit_index=visit_index,
            )
        ]
    alike = [(found, place) for _, found, place in local if figure.code and found.code == figure.code]
    values = "; ".join(sorted({f"{found.value} {found.unit or ''}".strip() for found, _ in alike}))
    return [
        _finding(
            FindingKind.NUMBER,
            words,
            instead=values or None,
            places={place for _, place in alike},
            visit_index=visit_index,
        )
    ]


def _comparable(figure: Found, other: Found) -> bool:
    """Whether two figures measure the same kind of thing, such as two times or two weights."""
    if figure.code is None or other.code is None:
        return figure.code == other.code
    return figure.code == other.code or {figure.code, other.code} <= _TIMES


_TIMES = {"min", "h", "d", "wk", "mo", "a"}


def _finding(
    kind: FindingKind, words: str, *, instead: str | None, places: set[int], visit_index: VisitIndex
) -> Finding:
    return Finding(kind=kind, words=words, instead=instead, segments=visit_index.ids(places))
