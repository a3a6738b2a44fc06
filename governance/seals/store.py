"""Where seals are kept outside the database: a folder or an object store, by URL. Objects are created, never written
over.

The service's credentials for the store need no right to delete or to replace; a store that holds objects for a term
(S3 Object Lock, a write-once disk) keeps even its administrators from it.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url


class SealStore:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str) -> SealStore:
        """s3://bucket/folder, gs://..., az://..., file:///folder (made where it is not there)."""
        if url.startswith("file://"):
            return cls.at(Path(url.removeprefix("file://")))
        return cls(from_url(url))

    @classmethod
    def at(cls, folder: Path) -> SealStore:
        return cls(LocalStore(folder.resolve(), mkdir=True))

    async def put(self, tenant_id: UUID, number: int, copy: bytes) -> bool:
        """False where there is an object of that number already."""
        try:
            await obstore.put_async(self._store, _name(tenant_id, number), copy, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    async def get(self, tenant_id: UUID, number: int) -> bytes | None:
        """The copy of one seal; None where there is none."""
        try:
            found = await obstore.get_async(self._store, _name(tenant_id, number))
        except (NotFoundError, FileNotFoundError):
            return None
        return bytes(await found.bytes_async())


def _name(tenant_id: UUID, number: int) -> str:
    return f"{tenant_id}/{number:06d}.json"
