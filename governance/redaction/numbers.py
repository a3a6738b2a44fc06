"""Numbers: every run of digits is looked at once and told by its length, shape, check digit and the words before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.redaction import checks
from governance.redaction.found import Found

_RUN = re.compile(r"(?<![\w+])(?:\+ ?)?\(?\d(?:[ .()\-–·]{0,3}\d)+\)?(?!\w)")
_CARD = re.compile(r"(?<!\w)(?:card|cc|visa|mastercard|amex|rupay|maestro|debit|credit)(?!\w)")
_AADHAAR = re.compile(r"aadh?aa?r|(?<!\w)(?:uid|uidai|adhar|vid)(?!\w)")
_ABHA = re.compile(r"abha|health (?:id|number|account)|ndhm|abdm")
_SSN = re.compile(r"(?<!\w)(?:ssn|itin|tax id|tin)(?!\w)|social security|taxpayer")
_ACCOUNT = re.compile(r"(?<!\w)(?:a/?c|acct|account|khata|bank)(?!\w)|(?<!\w)acc no")
_PHONE = re.compile(
    r"(?<!\w)(?:phones?|telephone|tel|mobile|mob|cell|call(?:ed|ing)?|ring|dial|desk|office|fax|contact|whats ?app"
    r"|reach|sms|text|"
    r"number|no|nos|num|ph|landline|registered|helpline|line|at|pe|par|landline)(?!\w)[^\d\n]{0,12}\n{0,2}[^\d\n]{0,8}$"
)
_AFTER_PHONE = re.compile(r"[ \-]{0,2}(?:office|off|fax|mobile|home|work|desk|cell|direct)(?!\w)", re.IGNORECASE)
_NPI = re.compile(r"(?<!\w)npi(?!\w)|provider (?:id|number)")
_ZIP = re.compile(r"(?:zip|postal|post|pin)(?: ?code)?\W{0,3}(?:is |no\.? |number |:|#)?\W{0,3}$")
_PIN = re.compile(
    r"(?:road|rd|street|st|nagar|layout|colony|cross|main|sector|phase|marg|apartments?|society|enclave|vihar|puram"
    r"|pura|pur|"
    r"bagh|gali|chowk|district|dist|floor|flat|block|city|village|address|pincode)\W[^\n]{0,60}$|[a-z]{4,} ?[,\-–] ?$"
)
_ITIN_GROUPS = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}  # IRS publication 1915
_MONEY = re.compile(r"(?:rs\.?|inr|₹|\$|usd|rupees|amount|otp|code is|order|token) ?:?$")


def numbers(text: str) -> Iterator[Found]:
    """CREDIT_CARD, AADHAAR, ABHA_NUMBER, US_SSN, US_ITIN, NPI, BANK_ACCOUNT, PHONE, ZIP_CODE."""
    for match in _RUN.finditer(text):
        run = match.group()
        digits = "".join(char for char in run if char.isdigit())
        if len(digits) < 4 or not digits.isascii():
            continue
        start, end = match.span()
        before = text[max(0, start - 80) : start].lower()
        kind = _tell(run, digits, before, text[end : end + 12])
        if kind is not None:
            if run.startswith("(") and ")" not in run:
                start += 1
            if run.endswith(")") and "(" not in run:
                end -= 1
            yield Found(start, end, *kind)


def _tell(run: str, digits: str, before: str, after: str) -> tuple[str, float] | None:
    """The kind of a number and how sure that is; nothing where it may be any number."""
    size, near = len(digits), before[-45:]
    if 12 <= size <= 19 and not run.startswith("+"):
        kind = _long(run, digits, near)
        if kind is not None:
            return kind
    if size == 9 and run[0] != "+":
        kind = _social(run, digits, near)
        if kind is not None:
            return kind
    if size == 10 and digits[0] in "12" and _NPI.search(near) and checks.npi(digits):
        return "NPI", 0.9
    if 6 <= size <= 18 and _ACCOUNT.search(near) and not _PHONE.search(near[-25:]):
        return "BANK_ACCOUNT", 0.7
    if size in (4, 5, 6, 8, 9):
        kind = _postal(run, digits, before)
        if kind is not None:
            return kind
    return _phone(run, digits, near, after)


def _long(run: str, digits: str, near: str) -> tuple[str, float] | None:
    size = len(digits)
    if size == 12 and digits[0] in "23456789" and (checks.verhoeff(digits) or _AADHAAR.search(near)):
        return "AADHAAR", 0.95
    if size == 14 and (_ABHA.search(near) or re.fullmatch(r"\d{2}[ -]\d{4}[ -]\d{4}[ -]\d{4}", run)):
        return "ABHA_NUMBER", 0.95
    if size >= 13 and digits[0] in "23456" and checks.luhn(digits):
        return "CREDIT_CARD", 0.95
    if _CARD.search(near):
        return "CREDIT_CARD", 0.8
    if size == 14 and run.isdigit():
        return "ABHA_NUMBER", 0.6
    if size == 16 and re.fullmatch(r"(?:\d{4}[ -]){3}\d{4}", run):
        return "CREDIT_CARD", 0.6
    return None


def _social(run: str, digits: str, near: str) -> tuple[str, float] | None:
    if digits.startswith(("000", "666")) or digits[3:5] == "00" or digits[5:] == "0000":
        return None
    if re.fullmatch(r"\d{3}([ -])\d{2}\1\d{4}", run) or _SSN.search(near):
        itin = digits[0] == "9" and int(digits[3:5]) in _ITIN_GROUPS
        return ("US_ITIN" if itin else "US_SSN"), 0.9
    return None


def _postal(run: str, digits: str, before: str) -> tuple[str, float] | None:
    if _ZIP.search(before[-25:]):
        return "ZIP_CODE", 0.85
    if (
        len(digits) == 6
        and re.fullmatch(r"[1-8]\d{2} ?\d{3}", run)
        and _PIN.search(before)
        and not _MONEY.search(before)
    ):
        return "ZIP_CODE", 0.7
    return None


def _phone(run: str, digits: str, near: str, after: str) -> tuple[str, float] | None:
    size = len(digits)
    if not 6 <= size <= 15 or _MONEY.search(near):
        return None
    national = digits.removeprefix("0091").removeprefix("00")
    for prefix in ("91", "0"):
        if len(national) > 10:
            national = national.removeprefix(prefix)
    if len(national) == 10 and national[0] in "6789":
        return "PHONE", 0.85
    if run.startswith("+") and size >= 7:
        return "PHONE", 0.85
    if re.fullmatch(r"(?:\(?1\)?[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{0,2}[2-9]\d{2}[ .-]?\d{4}", run):
        return "PHONE", 0.7
    if _PHONE.search(near) or _AFTER_PHONE.match(after):
        return "PHONE", 0.65
    groups = re.findall(r"\d+", run)
    if (
        8 <= size <= 13
        and len(groups) > 1
        and (digits[0] == "0" or size >= 9)
        and all(len(group) < 9 for group in groups)
    ):
        return "PHONE", 0.45
    return None
