"""An export and a proof hold without the database, and stop holding wherever they are touched."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from governance.record import canonical
from governance.seals.export import export
from governance.seals.keys import SealKeys
from governance.seals.offline import verify_file, verify_lines
from governance.seals.proofs import NotSealed, check_proof, prove_entry
from tests.conftest import NOW, Clone
from tests.governance.seals.sealed import Place, sealed_place
from tools.rooms import load

load()
FIVE = tuple({"number": number, "text": "कल ten é"} for number in range(1, 6))


@pytest.fixture(scope="module")
async def place(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """Seals at 1, 2, 3 and 4 hours; the first session is in all of them, each has one of its own."""
    async with sealed_place(clone, tmp_path_factory.mktemp("export")) as made:
        first = await made.write(*FIVE)
        for number in range(4):
            await made.write({"more": number}, {"and": number}, session_id=first)
            await made.write(*FIVE)
            await made.seal()
        yield made


async def exported(place: Place, since_h: int | None = None, until_h: int | None = None) -> list[bytes]:
    since, until = (None if h is None else NOW + timedelta(hours=h) for h in (since_h, until_h))
    async with place.database.begin(place.tenant_id) as session:
        lines = export(session, place.keys, tenant_id=place.tenant_id, since=since, until=until, now=NOW)
        return [line.encode() async for line in lines]


async def first_session(place: Place) -> UUID:
    async with place.database.begin(place.tenant_id) as session:
        found = await session.scalar(text("SELECT session_id FROM seal_leaf WHERE position = 0"))
    assert isinstance(found, UUID)
    return found


async def test_a_whole_export(place: Place, tmp_path: Path) -> None:
    lines = await exported(place)
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(lines))
    report = verify_file(path, place.keys.trusted())
    assert report.whole, report.breaks
    assert (report.seals, report.leaves, report.sessions, report.entries) == (4, 8, 5, 33)
    shown = [json.loads(line)["entry"] for line in lines if b'{"entry"' in line]
    assert sum(entry["sealed"] is not None for entry in shown) == 5
    assert json.loads(shown[0]["body"]) == FIVE[0]


async def test_a_period_in_the_middle(place: Place) -> None:
    """From the second seal to before the fourth: sessions that began before carry the hash that they go on from."""
    lines = await exported(place, 2, 4)
    report = verify_lines(lines, place.keys.trusted())
    assert report.whole, report.breaks
    assert (report.seals, report.leaves, report.sessions, report.entries) == (2, 4, 2, 14)
    assert sum(b'"after_hash"' in line for line in lines) == 2
    for since, until, seals in ((None, 2, 1), (4, None, 1), (9, None, 0), (None, 0, 0)):
        report = verify_lines(await exported(place, since, until), place.keys.trusted())
        assert report.whole and report.seals == seals, report


@pytest.mark.parametrize("since", [None, 2])
async def test_every_line_counts(place: Place, since: int | None) -> None:
    """Removed, repeated or exchanged with the next, and cut off there: found, and named no later than one line on."""
    lines = await exported(place, since)
    trusted = place.keys.trusted()
    for n in range(len(lines)):
        changed = [lines[:n], lines[:n] + lines[n + 1 :], lines[:n] + [lines[n]] + lines[n:]]
        if n + 1 < len(lines):
            changed.append([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]])
        for kind, file in enumerate(changed):
            report = verify_lines(file, trusted)
            assert len(report.breaks) == 1, (n, kind)
            assert abs((report.breaks[0].line or 0) - (n + 1)) <= 1, (n, kind, report.breaks)
    assert not verify_lines([*lines[:-1], lines[-1][:-9]], trusted).whole
    assert not verify_lines([], trusted).whole


async def test_every_value_counts(place: Place) -> None:
    """Each value of each line changed in turn: found in that line, but for what only the last signature covers."""
    lines = await exported(place, 3)
    trusted = place.keys.trusted()
    for n, line in enumerate(lines):
        for changed in edits(json.loads(line)):
            file = [*lines[:n], (canonical(changed) + "\n").encode(), *lines[n + 1 :]]
            report = verify_lines(file, trusted)
            assert len(report.breaks) == 1, (n, changed)
            place_named = report.breaks[0].line or 0
            by_root = b'"leaf"' in line or b'"after_hash"' in line or n == 0
            assert place_named == n + 1 or by_root, (n, changed, report.breaks)


def edits(value: Any) -> list[Any]:
    """The value with one of its leaves changed, for each leaf."""
    if isinstance(value, dict):
        return [{**value, key: edit} for key, inner in value.items() for edit in edits(inner)]
    if isinstance(value, list):
        return [[*value[:n], edit, *value[n + 1 :]] for n, inner in enumerate(value) for edit in edits(inner)]
    if isinstance(value, bool) or value is None:
        return ["x", 7]
    if isinstance(value, int):
        return [value + 1, str(value)]
    swapped = "0" if value[-2:-1] != "0" else "1"
    return [value[:-2] + swapped + value[-1:], value + "x", None]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_byte(place: Place, data: st.DataObject) -> None:
    whole = b"".join(await exported(place, 4))
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    file = whole[:at] + bytes([other]) + whole[at + 1 :]
    assert not verify_lines(file.splitlines(keepends=True), place.keys.trusted()).whole


async def test_spliced_and_foreign(place: Place, clone: Clone, tmp_path: Path) -> None:
    """Parts of two exports, another's keys, and what was signed for something else."""
    early, late = await exported(place, None, 3), await exported(place, 3)
    trusted = place.keys.trusted()
    assert not verify_lines([*early[:-1], *late[2:]], trusted).whole
    assert not verify_lines([*late[:-1], early[-1]], trusted).whole
    other = SealKeys.load_or_make(tmp_path / "other.keys")
    assert "signature does not match" in verify_lines(early, other.trusted()).breaks[0].reason
    async with sealed_place(clone, tmp_path) as second:
        second.keys = place.keys
        await second.write(*FIVE)
        await second.seal()
        foreign = await exported(second)
    assert not verify_lines([early[0], *foreign[1:]], trusted).whole
    assert not verify_lines([*early[:2], *foreign[2:]], trusted).whole


async def test_a_proof_of_every_entry(place: Place, tmp_path: Path) -> None:
    session_id = await first_session(place)
    async with place.database.begin(place.tenant_id) as session:
        proofs = [
            await prove_entry(session, tenant_id=place.tenant_id, session_id=session_id, seq=seq)
            for seq in range(1, 14)
        ]
        for seq in (0, 14):
            with pytest.raises(NotSealed):
                await prove_entry(session, tenant_id=place.tenant_id, session_id=session_id, seq=seq)
    for seq, proof in enumerate(proofs, 1):
        path = tmp_path / f"{seq}.json"
        path.write_text(canonical(proof) + "\n")
        assert verify_file(path, place.keys.trusted()).whole
        assert proof["entry"]["seq"] == seq
        assert canonical(proof).count('"body"') == 1


async def test_a_proof_proves_that_entry_alone(place: Place, tmp_path: Path) -> None:
    async with place.database.begin(place.tenant_id) as session:
        proof = await prove_entry(session, tenant_id=place.tenant_id, session_id=await first_session(place), seq=6)
    for changed in edits(proof):
        assert not check_proof(changed, place.keys.trusted()).whole, changed
    for name in proof:
        assert not check_proof({key: value for key, value in proof.items() if key != name}, place.keys.trusted()).whole
    for other in ([], 7, "x", None, {"proof": 1}):
        assert not check_proof(other, place.keys.trusted()).whole
    assert not check_proof(proof, SealKeys.load_or_make(tmp_path / "other.keys").trusted()).whole


async def test_an_export_of_a_record_that_was_changed(place: Place) -> None:
    """The export is signed whatever it says; the seals show that it is not what was sealed."""
    session_id = await first_session(place)
    place.tamper("UPDATE audit_entry SET body = body || ' ' WHERE session_id = %(id)s AND seq = 3", id=session_id)
    try:
        [broken] = verify_lines(await exported(place), place.keys.trusted()).breaks
        assert (broken.session_id, broken.reason) == (session_id, "entry 3 does not match its hash")
    finally:
        place.tamper("UPDATE audit_entry SET body = rtrim(body) WHERE session_id = %(id)s AND seq = 3", id=session_id)
    assert (await place.check()).whole
