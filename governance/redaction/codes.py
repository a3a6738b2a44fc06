"""Identifiers of letters and digits: told by a shape of their own, or by the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.redaction import checks
from governance.redaction.found import Found
from lexicon import beside

_WORDS = beside(__file__)

_TOKEN = re.compile(r"(?<![\w@.])(?=[A-Za-z]*\d)[A-Za-z0-9]{8,34}(?!\w)")
_SHAPES = (
    ("PAN", re.compile(r"[A-Z]{3}[ABCFGHLJPTK][A-Z]\d{4}[A-Z]"), 0.9),
    ("IFSC", re.compile(r"[A-Z]{4}0[A-Z0-9]{6}"), 0.8),
    ("VOTER_ID", re.compile(r"[A-Z]{3}\d{7}"), 0.75),
    ("PASSPORT", re.compile(r"[A-PR-WY][1-9]\d{5}[1-9]"), 0.6),
    ("MRN", re.compile(r"(?:LH|M|MRN|UHID|MR|PT|IP|OP|UH|HN)\d{6,10}"), 0.75),
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.IGNORECASE)
_PLATE = _WORDS.pattern("plate", re.IGNORECASE)
_SPACED_PAN = re.compile(r"(?<!\w)[A-Z]{5}[ -]\d{4}[ -]?[A-Z](?!\w)", re.IGNORECASE)
_DEA = re.compile(r"(?<!\w)[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}(?!\w)")
_CUED = _WORDS.pattern("cued", re.IGNORECASE)


def codes(text: str) -> Iterator[Found]:
    """MRN, POLICY, PASSPORT, PAN, GSTIN, IFSC, VOTER_ID, VEHICLE, IBAN, DEA, DRIVER_LICENSE, LICENSE, DEVICE and
    others."""
    if not any(char.isdigit() for char in text):
        return
    for match in _TOKEN.finditer(text):
        token = match.group().upper()
        shape = _shape(token)
        if shape is not None:
            yield Found(*match.span(), *shape)
    for pattern, entity, score in ((_PLATE, "VEHICLE", 0.7), (_SPACED_PAN, "PAN", 0.7)):
        for match in pattern.finditer(text):
            yield Found(*match.span(), entity, score)
    for match in _IBAN.finditer(text):
        code = match.group().replace(" ", "").upper()
        if 15 <= len(code) <= 34 and not code.isdigit():
            sure = checks.iban(code)
            if sure or "iban" in text[max(0, match.start() - 30) : match.start()].lower():
                yield Found(*match.span(), "IBAN", 0.95 if sure else 0.85)
    for match in _CUED.finditer(text):
        yield Found(*match.span("code"), _cue(match), 0.8)


def _cue(match: re.Match[str]) -> str:
    return next(name for name, value in match.groupdict().items() if value is not None and name != "code")


def _shape(token: str) -> tuple[str, float] | None:
    if len(token) == 15 and token[:2].isdigit() and re.fullmatch(r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", token):
        return "GSTIN", 0.95 if checks.gstin(token) else 0.8
    for entity, pattern, score in _SHAPES:
        if pattern.fullmatch(token):
            return entity, score
    if len(token) == 9 and _DEA.fullmatch(token) and checks.dea(token):
        return "DEA", 0.85
    return None
