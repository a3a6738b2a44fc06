"""One embedder for a process, and a message's vector worked out once for all who read it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import structlog

from rag.embedding.encoder import Embedder, embedder_in
from rag.embedding.pack import Floats

LAYERS = 4  # of twelve: docs/adr/0020-likeness.md
KEPT = 256  # vectors of the latest messages

log = structlog.get_logger()


class Embeddings:
    """Vectors of messages; the model is made and loaded when it is first asked for. Thread-safe."""

    def __init__(self, data_dir: Path, *, layers: int = LAYERS) -> None:
        """`data_dir`: where the model is kept if the user's cache cannot be written."""
        self._folders = [folder for folder in (_users_cache(), data_dir / "models") if folder is not None]
        self._layers = layers
        self._embedder: Embedder | None = None
        self._failed = False
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Floats] = OrderedDict()

    def of(self, text: str) -> Floats | None:
        """A message's vector, of length one; None where this machine has no embedder."""
        with self._lock:
            known = self._kept.get(text)
            if known is not None:
                self._kept.move_to_end(text)
                return known
            embedder = self._loaded()
        if embedder is None:
            return None
        vector: Floats = embedder.embed([text])[0]
        self._keep([text], [vector])
        return vector

    def ahead(self, texts: Sequence[str]) -> None:
        """Work out the vectors of several texts that will be asked for, at once: half the time of one by one."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._kept]
            embedder = self._loaded() if len(new) > 1 else None
        if embedder is not None:
            self._keep(new, list(embedder.embed(new)))

    def _keep(self, texts: Sequence[str], vectors: Sequence[Floats]) -> None:
        with self._lock:
            self._kept.update(zip(texts, vectors, strict=True))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def warm(self) -> None:
        """Load the model now, so that the first message does not wait for it."""
        with self._lock:
            self._loaded()

    def _loaded(self) -> Embedder | None:
        for folder in self._folders if self._embedder is None and not self._failed else ():
            try:
                self._embedder = embedder_in(folder, layers=self._layers)
            except (OSError, ValueError, RuntimeError) as error:
                log.warning("embedder.not_here", folder=str(folder), error=type(error).__name__)
            else:
                break
        self._failed = self._embedder is None
        return self._embedder


def _users_cache() -> Path | None:
    """Shared by all installations of a user: the model depends on the wheel alone."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(chosen) if chosen.startswith("/") else Path.home() / ".cache") / "wardline"
    except RuntimeError:  # nobody's home
        return None
