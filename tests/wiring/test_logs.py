"""Logs hold nothing personal, whoever wrote the line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import Clone
from wiring import logs


def written(script: str, *arguments: str) -> str:
    """What a process that logs as ours do writes on standard error."""
    head = "import logging, sys, psycopg, structlog\nfrom wiring import logs\nlogs.configure('INFO')\n"
    ran = subprocess.run([sys.executable, "-c", head + script, *arguments], capture_output=True, text=True, check=True)
    return ran.stderr


def test_what_is_named_personal_is_not_written() -> None:
    line = json.loads(
        written("structlog.get_logger().info('message.received', **{'phi.text': 'my head hurts', 'count': 3})")
    )
    assert (line["phi.text"], line["event"], line["count"]) == ("[phi]", "message.received", 3)


def test_an_error_that_quotes_a_row(clone: Clone) -> None:
    """PostgreSQL names the values of the row that it refuses."""
    script = """
person = b"INSERT INTO t VALUES ('LH001234', '+919812345678', 'asha.rao@example.com')"
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("CREATE TEMP TABLE t (mrn text PRIMARY KEY, phone text, email text)")
    connection.execute(person)
    try:
        connection.execute(person)
    except psycopg.Error as error:
        assert "LH001234" in str(error)
        structlog.get_logger().error("tool.failed", exc_info=error)
        logging.getLogger("library").error("it failed", exc_info=error)
"""
    lines = written(script, clone.superuser)
    assert "tool.failed" in lines and "it failed" in lines and lines.count("UniqueViolation") == 2
    assert not any(value in lines for value in ("LH001234", "9812345678", "asha.rao"))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("called +91 98123 45678 at noon", "called <PHONE> at noon"),
        ("mail asha.rao@example.com", "mail <EMAIL>"),
        ("tenant 01a1fcab-99ee-72c0-befd-3bdf41470a91", "tenant 01a1fcab-99ee-72c0-befd-3bdf41470a91"),
        ("GET /api/v1/prm/patients 200 in 12 ms", "GET /api/v1/prm/patients 200 in 12 ms"),
        ("Aadhaar 2345 6789 0124", "Aadhaar <AADHAAR>"),
    ],
)
def test_clean(text: str, clean: str) -> None:
    assert logs.clean(text) == clean
