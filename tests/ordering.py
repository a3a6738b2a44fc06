"""What a test needs is its marker, given here by the fixtures that it uses; and the order of the tests, by a seed.

Each test has one of these: `soak` (a long proof in small, processes that are killed: said by the test), `db` (uses the
server fixture, or says so), `io` (sockets, processes or model files, no database: its module uses one of OUTWARD, or
says so), or else `unit`. A unit test that opens a socket or starts a process fails, and is told which marker it lacks.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

import pytest

KINDS = ("soak", "db", "io", "unit")
OUTWARD = (
    "tests.doubles.", "tests.voice.small_whisper", "voice.recognition.sphinx", "voice.speech.espeak", "voice.activity",
    "voice.speakers.ge2e", "voice.calls.smart_turn", "subprocess",
)  # fmt: skip
_REACHING = {"socket.connect", "socket.bind", "subprocess.Popen", "os.posix_spawn", "os.fork"}
_reached: list[str] = []
_left_out = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wardline")
    group.addoption("--quick", action="store_true", help="unit tests and a smoke of every room")
    group.addoption(
        "--shuffle", type=int, metavar="SEED", help="modules, and the tests in each, in an order of this seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_left_out] = Counter()
    sys.addaudithook(_seen)


def _seen(event: str, args: tuple[Any, ...]) -> None:
    if event in _REACHING:
        _reached.append(event)


def kind_of(item: pytest.Item) -> str:
    for kind in KINDS:
        if item.get_closest_marker(kind) is not None:
            return kind
    if "server" in getattr(item, "fixturenames", ()):
        return "db"
    return "io" if any(_is_outward(module) for module in _modules(item)) else "unit"


def _modules(item: pytest.Item) -> set[str]:
    """The modules of the test and of the fixtures that it uses."""
    found = {item.module.__name__} if isinstance(item, pytest.Function) else set()
    used = getattr(item, "_fixtureinfo", None)
    for definitions in used.name2fixturedefs.values() if used is not None else ():
        found.update(definition.func.__module__ for definition in definitions)
    return found


@cache
def _is_outward(module: str) -> bool:
    """Whether a test module names something that opens sockets, starts processes or loads a model."""
    held = vars(sys.modules[module]).values() if module.startswith("tests.") and module != __name__ else ()
    names = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in held}
    return any(str(name).startswith(OUTWARD) for name in names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        kind = kind_of(item)
        if item.get_closest_marker(kind) is None:
            item.add_marker(kind)
    if config.getoption("--quick"):
        _keep_quick(config, items)
    seed = config.getoption("--shuffle")
    if seed is not None:
        items[:] = shuffled(items, seed)


def _keep_quick(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = [item for item in items if kind_of(item) == "unit" or item.get_closest_marker("smoke") is not None]
    left = [item for item in items if item not in set(kept)]
    config.stash[_left_out].update(kind_of(item) for item in left)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def shuffled(items: list[pytest.Item], seed: int) -> list[pytest.Item]:
    """Modules stay whole, as their fixtures are."""
    order = random.Random(seed)
    modules = [list(tests) for _, tests in groupby(items, key=lambda item: item.nodeid.partition("::")[0])]
    order.shuffle(modules)
    for tests in modules:
        order.shuffle(tests)
    return [item for tests in modules for item in tests]


@pytest.fixture(autouse=True)
def _reaches_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """A unit test opens no socket and starts no process."""
    _reached.clear()
    yield
    if _reached and request.node.get_closest_marker("unit") is not None:
        pytest.fail(f"a unit test: {', '.join(sorted(set(_reached)))}. Mark it `io` (or `db`, `soak`): tests/README.md")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[_left_out])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[_left_out] = Counter(node.workeroutput.get("left_out", {}) if node.workeroutput else {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    left = config.stash[_left_out]
    if left:
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(left.items()))
        terminalreporter.write_line(f"quick: left out {said}; `make test` runs them")
