"""Blobs: a folder or an object store, by URL. What is put there is sealed before (`governance.vault`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url


class Blobs:
    """Names are paths with slashes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str) -> Blobs:
        """s3://bucket/folder, gs://..., az://..., file:///folder (made where it is not there)."""
        if url.startswith("file://"):
            return cls.at(Path(url.removeprefix("file://")))
        return cls(from_url(url))

    @classmethod
    def at(cls, folder: Path) -> Blobs:
        return cls(LocalStore(folder.resolve(), mkdir=True))

    async def put(self, name: str, content: bytes) -> None:
        await obstore.put_async(self._store, name, content, use_multipart=False)

    def get(self, name: str) -> bytes | None:
        """None where there is none. Blocks: for threads that read audio while they decode it."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except (NotFoundError, FileNotFoundError):
            return None

    async def delete(self, names: Iterable[str]) -> None:
        """What is not there is no error."""
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except (NotFoundError, FileNotFoundError):
                pass

    async def names(self, prefix: str, *, older_than: datetime | None = None) -> AsyncIterator[str]:
        """The names under a prefix (a folder), those written before `older_than` only."""
        async for batch in obstore.list(self._store, prefix=prefix):
            for found in batch:
                if older_than is None or found["last_modified"] < older_than:
                    yield found["path"]
