"""What the steps share: running the SQL that lies beside them.

A step is frozen. It imports nothing that changes with the code (no tables, no grants by rule, no other package's
schema): a database made today and one made a year ago and brought along are the same. What is here is used by steps
that were run already, so it stays as it is.
"""

from __future__ import annotations

from pathlib import Path

from alembic import context, op

_FOLDER = Path(__file__).parent / "versions"


def run_sql(name: str) -> None:
    """Run a file of SQL in the step's transaction. `:app_role` in it is the service's role."""
    run((_FOLDER / name).read_text())


def run(statements: str) -> None:
    """Run SQL, as `run_sql` does."""
    role = context.config.attributes["app_role"]
    quoted = role if role.replace("_", "").isalnum() and role == role.lower() else '"' + role.replace('"', '""') + '"'
    op.get_bind().connection.driver_connection.execute(statements.replace(":app_role", quoted))


def run_patiently(statement: str) -> None:
    """Run one statement that keeps nobody waiting while it waits itself (CREATE INDEX CONCURRENTLY, VALIDATE
    CONSTRAINT): for transactions that began before it, up to a minute."""
    run(
        "SELECT set_config('wardline.lock_timeout', current_setting('lock_timeout'), false), "
        "set_config('lock_timeout', '60s', false)"
    )
    try:
        run(statement)
    finally:
        run("SELECT set_config('lock_timeout', current_setting('wardline.lock_timeout'), false)")
