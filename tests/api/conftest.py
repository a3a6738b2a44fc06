"""Logs of these tests: a line each, without the rich tracebacks of a terminal."""

from __future__ import annotations

import structlog

structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
