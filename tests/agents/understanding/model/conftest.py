from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.commands import Affirm
from agents.understanding.model import ModelUnderstanding
from agents.understanding.utterance import Directory, Known, Understanding, Understood, Utterance
from tests.doubles.openai_server import OpenAIServer

API_KEY = "sk-secret-of-the-test"
HEARD = Utterance(
    text="I need a dentist next tuesday after lunch",
    now=datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Asia/Kolkata")),
    directory=Directory(
        practitioners=(Known("1", "Dr Meera Nair"), Known("2", "Dr Arjun Rao")), specialties=(Known("3", "Dentistry"),)
    ),
)


class BuiltIn(Understanding):
    """An understanding that can be told from the model's."""

    def __init__(self) -> None:
        self.heard: list[Utterance] = []

    async def understand(self, utterance: Utterance) -> Understood:
        self.heard.append(utterance)
        return Understood((Affirm(),), by="built-in")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(api_key=API_KEY) as running:
        yield running


@pytest.fixture
def built_in() -> BuiltIn:
    return BuiltIn()


@pytest.fixture
def hear() -> Callable[..., Utterance]:
    return lambda text=HEARD.text, **changes: replace(HEARD, text=text, **changes)


@pytest.fixture
async def make_model(server: OpenAIServer) -> AsyncIterator[Callable[..., ModelUnderstanding]]:
    made: list[ModelUnderstanding] = []

    def make(base_url: str = server.base_url, api_key: str = API_KEY, **changes: Any) -> ModelUnderstanding:
        made.append(ModelUnderstanding(base_url, api_key, **{"model": "double", "timeout_s": 5.0, **changes}))
        return made[-1]

    yield make
    for model in made:
        await model.aclose()
