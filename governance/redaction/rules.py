"""All rules, in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from governance.redaction.addresses import addresses
from governance.redaction.codes import codes
from governance.redaction.contacts import contacts
from governance.redaction.dates import ages, dates
from governance.redaction.found import Found
from governance.redaction.names import cued_names, organisations, shaped_names
from governance.redaction.numbers import numbers

Rule = Callable[[str], Iterable[Found]]
RULES: tuple[Rule, ...] = (contacts, numbers, codes, dates, ages, cued_names, organisations, shaped_names, addresses)
