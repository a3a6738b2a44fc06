"""A node whose keys are not the database's does not serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.kek import KeyFile, new_key_line
from governance.key_check import KeysDiffer, check_keys, forget_old_keks
from governance.key_lifecycle import rewrap
from governance.seals.keys import public_lines, rotate
from governance.seals.sealer import Seals
from governance.vault import Vault
from settings import Settings
from tests.conftest import Clone, Server, settings_for
from tests.tools.hospital import TENANT
from wiring.keys import blobs, seals
from wiring.runtime import build_runtime, check_node_keys, running


async def test_the_first_node_is_noted_and_one_with_other_keys_does_not_start(
    server: Server, own_clone: Clone, tmp_path: Path
) -> None:
    async with running(build_runtime(settings_for(server.data_dir), own_clone.service)) as runtime:
        await check_node_keys(runtime)
        with pytest.raises(SystemExit, match="does not start: WARDLINE_SECRET_KEY"):
            async with running(build_runtime(settings_for(tmp_path), own_clone.service)):
                pass
        await check_node_keys(runtime)  # the stranger left nothing behind


async def test_each_key_is_compared(server: Server, own_clone: Clone, tmp_path: Path) -> None:
    async with running(build_runtime(settings_for(server.data_dir), own_clone.service)) as runtime:
        database, seal_keys = runtime.database, public_lines(runtime.services.get(Seals).keys)
        stranger = tmp_path / "m"
        stranger.write_text(new_key_line("development"))  # the same name
        other = Vault(KeyFile(stranger), pepper=runtime.vault._pepper)
        with pytest.raises(KeysDiffer, match="the master key development is"):
            await check_keys(database, other, seal_keys)
        with pytest.raises(KeysDiffer, match="seal keys lacks keys of this database: seal-1"):
            await check_keys(database, runtime.vault, ["seal-1 AAAA"])
        with pytest.raises(KeysDiffer, match="SECRET_KEY"):
            await check_keys(database, Vault(runtime.vault.keks, pepper=b"another"), seal_keys)


async def test_keys_turn_over(server: Server, own_clone: Clone, tmp_path: Path) -> None:
    """A new key is noted by the first node that has it; one without it does not serve. An old master key is forgotten
    once everything is wrapped anew."""
    async with running(build_runtime(settings_for(server.data_dir), own_clone.service)) as runtime:
        database, old = runtime.database, runtime.vault
        path = tmp_path / "m"
        path.write_text((server.data_dir / "master.keys").read_text() + new_key_line("second"))
        both = Vault(KeyFile(path), pepper=old._pepper)
        seal_path = tmp_path / "seal.keys"
        seal_path.write_text((server.data_dir / "seal.keys").read_text())
        rotate(seal_path)
        more = public_lines(type(runtime.services.get(Seals).keys).load(seal_path))
        await check_keys(database, both, more)
        with pytest.raises(KeysDiffer, match="lacks keys of this database: seal-2"):
            await check_keys(database, old, public_lines(runtime.services.get(Seals).keys))
        with pytest.raises(KeysDiffer, match="second"):
            await check_keys(database, old, more)
        async with database.begin(TENANT) as session:
            while await rewrap(session, both):
                pass
        await forget_old_keks(database, both)
        path.write_text(path.read_text().splitlines()[-1])
        await check_keys(database, Vault(KeyFile(path), pepper=old._pepper), more)


def test_stores_in_a_nodes_own_folder_are_refused_with_a_database_of_many(tmp_path: Path) -> None:
    shared = Settings(env="development", data_dir=tmp_path, database_url="postgresql://x@db/x")
    for made, name in ((blobs, "WARDLINE_BLOB_STORE"), (seals, "WARDLINE_SEAL_STORE")):
        with pytest.raises(SystemExit, match=name):
            made(shared)
    folder = f"file://{tmp_path}/kept"
    named = Settings(
        env="development", data_dir=tmp_path, database_url="postgresql://x@db/x", blob_store=folder, seal_store=folder
    )
    assert blobs(named) and seals(named)
