"""Migrations: numbered and frozen; what was made before is found and brought along; a lock that is not had is given
up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import procrastinate
import psycopg
import pytest
from alembic.script import ScriptDirectory

from db import provision
from db.migrations.__main__ import next_revision
from tests.conftest import Server
from tests.db import catalog

FOLDER = Path(provision.__file__).parent / "migrations" / "versions"
BEFORE = Path(__file__).parent / "before_12.sql"
# What databases out there hold in `alembic_version`: these names stay.
HELD = ("sealed", "voice", "scribe", "edges", "queues", "places", "attendance", "holidays", "overlaps")


@contextmanager
def empty(server: Server) -> Iterator[str]:
    """The owner's URL of a database with nothing in it."""
    name = f"wl_{uuid4().hex[:12]}"
    _, owner = provision.create_database(server.superuser, name, "wardline_app")
    yield owner
    with psycopg.connect(server.superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def revision_of(owner: str) -> str:
    with psycopg.connect(owner) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert row is not None
        return str(row[0])


def test_steps_are_numbered_in_their_order_and_known_revisions_are_found() -> None:
    scripts = list(ScriptDirectory.from_config(provision.migrations()).walk_revisions())[::-1]
    names = [Path(script.path).name for script in scripts]
    assert [int(name[:4]) for name in names] == list(range(1, len(scripts) + 1))
    assert tuple(script.revision for script in scripts[: len(HELD)]) == HELD
    for script, name in list(zip(scripts, names, strict=True))[len(HELD) :]:
        assert name == f"{script.revision}.py"  # as `python -m db.migrations` names it


def test_steps_are_frozen() -> None:
    """A step that imports what changes with the code makes another schema tomorrow."""
    for path in FOLDER.glob("*.py"):
        imported = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported}
        assert modules <= {"db.migrations.steps", "alembic"}, path.name


def test_the_queues_own_migrations_are_all_in_a_step_of_ours() -> None:
    """Fails when a newer procrastinate ships a migration. Then: `python -m db.migrations "procrastinate 3.x"`, copy
    what is new from its `sql/migrations` into the step's SQL file, and name it in the step's `PROCRASTINATE`. Its `pre`
    migrations go with the old version running, its `post` ones once no process of the old version runs: in two steps, a
    release apart."""
    shipped = {path.name for path in (Path(procrastinate.__file__).parent / "sql" / "migrations").glob("*.sql")}
    scripts = ScriptDirectory.from_config(provision.migrations()).walk_revisions()
    ours = [name for script in scripts for name in getattr(script.module, "PROCRASTINATE", ())]
    assert sorted(ours) == sorted(shipped)


def test_the_frozen_steps_make_what_the_version_before_made(server: Server) -> None:
    with empty(server) as stepwise, empty(server) as before:
        for revision in HELD:
            provision.migrate(stepwise, "wardline_app", to=revision)
            assert revision_of(stepwise) == revision
        catalog.restore(before, BEFORE.read_text())
        assert catalog.statements(stepwise) == catalog.statements(before)


def test_a_lock_that_is_not_had_is_given_up_and_nothing_is_half_done(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "LOCK_TIMEOUT_S", 0.2)
    monkeypatch.setattr(provision, "WAIT_S", 0.0)
    with empty(server) as owner:
        provision.migrate(owner, "wardline_app", to="attendance")
        before = catalog.statements(owner)
        with psycopg.connect(owner) as busy:
            busy.execute("SELECT count(*) FROM provider_schedule")  # the next step alters it
            with pytest.raises(provision.CannotMigrate, match="lock"):
                provision.migrate(owner, "wardline_app", tries=2)
            assert revision_of(owner) == "attendance"
            assert catalog.statements(owner) == before
        provision.migrate(owner, "wardline_app", to="holidays")
        assert revision_of(owner) == "holidays"


def test_two_do_not_migrate_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "WAIT_S", 0.0)
    with empty(server) as owner, psycopg.connect(owner) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('wardline migrations', 0))")
        with pytest.raises(provision.CannotMigrate, match="another process"):
            provision.migrate(owner, "wardline_app", tries=2)


def test_an_older_database_than_can_be_carried_over_says_so(server: Server) -> None:
    with empty(server) as owner:
        provision.migrate(owner, "wardline_app", to="sealed")
        with psycopg.connect(owner) as connection:
            connection.execute("UPDATE alembic_version SET version_num = 'initial'")
        with pytest.raises(provision.CannotMigrate, match="before texts were sealed"):
            provision.migrate(owner, "wardline_app")


def test_a_newer_database_than_this_version_knows_is_left_alone(server: Server) -> None:
    with empty(server) as owner:
        provision.migrate(owner, "wardline_app", to="sealed")
        with psycopg.connect(owner) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999_to_come'")
        with pytest.raises(provision.CannotMigrate, match=r"9999_to_come.*nothing was changed"):
            provision.migrate(owner, "wardline_app")


def test_a_new_step_gets_the_next_number() -> None:
    assert next_revision(["0001_sealed", "0012_b", "__init__"], "Who holds: the Keys!") == "0013_who_holds_the_keys"
    assert len(next_revision([], "a" * 60)) <= 32
