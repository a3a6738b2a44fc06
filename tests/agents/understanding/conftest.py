"""What the tests of understanding share."""

from __future__ import annotations

import pytest

from agents.understanding.meaning.reader import Meaning
from rag.embedding.shared import Embeddings


@pytest.fixture(scope="session")
def meaning(tmp_path_factory: pytest.TempPathFactory) -> Meaning:
    return Meaning(Embeddings(tmp_path_factory.mktemp("data")))
