"""Notes by a language model: any server that speaks OpenAI's chat completions.

Each part of the visit is one call of one function, whose arguments are the part's sentences. A part whose answer was
cut off is asked for again in halves, so that no end of a visit is lost. Where any part fails, there is no note: the
caller falls back to the built-in maker for the whole, never to half a note."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import NoReturn

import httpx
import structlog
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langsmith.run_helpers import tracing_context
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, ValidationError

from agents.scribe.parts import WORDS_A_PART, Part, joined, parts_of
from agents.understanding.breaker import Breaker
from agents.understanding.model import FAULTS_OF_THE_SERVER, PROMPTS, Prompt, chat_client, fault_of
from scribe.making import ModelSilent
from scribe.note import Division, Maker, Sentence, Written
from scribe.visit import Segment, Visit

FUNCTION = "write_note"
PROMPT = "scribe/write"
_AT_ONCE = 3  # parts that are asked for at the same time
_SMALLEST_WORDS = 60  # a part that is not halved any more
_LONGEST_SENTENCE = 1_000
log = structlog.get_logger(__name__)


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1, max_length=_LONGEST_SENTENCE)
    segments: list[int] = Field(max_length=50)


class _Division(BaseModel):
    model_config = ConfigDict(extra="ignore")

    division: str
    sentences: list[_Line]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sections: list[_Division]


class _CutShort(Exception):
    """The answer ended before the model was done."""


def offered_function(description: str, divisions: tuple[Division, ...]) -> dict[str, JsonValue]:
    """The function in the chat-completions form, its schema inlined (no `$ref`)."""
    line = _object({"text": {"type": "string"}, "segments": {"type": "array", "items": {"type": "integer"}}})
    section = _object(
        {"division": {"type": "string", "enum": list(divisions)}, "sentences": {"type": "array", "items": line}}
    )
    parameters = _object({"sections": {"type": "array", "items": section}})
    return {"type": "function", "function": {"name": FUNCTION, "description": description, "parameters": parameters}}


def _object(properties: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class ModelNotes:
    """Writes notes by asking a model. `timeout_s` bounds each part's call. Belongs to the event loop that uses it
    first."""

    def __init__(
        self, base_url: str | None, api_key: str | SecretStr | None, *, model: str, timeout_s: float = 60.0,
        temperature: float | None = 0.0, words_a_part: int = WORDS_A_PART, prompts: Path = PROMPTS,
    ) -> None:  # fmt: skip
        self._name, self._timeout_s, self._words = model, timeout_s, words_a_part
        self._prompt = Prompt.load(prompts, PROMPT)
        self._http = httpx.AsyncClient(timeout=timeout_s)
        self._chat = chat_client(
            model, base_url, api_key, http=self._http, timeout_s=timeout_s, temperature=temperature
        )
        self.breaker = Breaker()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def write(self, visit: Visit, divisions: tuple[Division, ...]) -> Written:
        """The note of a whole visit. Raises ModelSilent with the reason where any part of it failed."""
        if not self.breaker.allows():
            raise ModelSilent("resting")
        parts = parts_of(visit.segments, self._words)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(part: Part, number: int) -> list[tuple[Division, Sentence]]:
            async with gate:
                return await self._write_part(visit.segments, part, place=(number, len(parts)), divisions=divisions)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(part, number)) for number, part in enumerate(parts, start=1)]
        except ExceptionGroup as failed:
            self._silent(failed.exceptions[0])
        except BaseException:  # cancelled: the breaker must not stay half open
            self.breaker.gave_up()
            raise
        self.breaker.succeeded()
        prompt = self._prompt
        maker = Maker(
            kind="model",
            name=self._name,
            prompt=prompt.name,
            prompt_version=prompt.version,
            prompt_sha256=prompt.sha256,
        )
        return Written(sections=joined(line for task in tasks for line in task.result()), maker=maker)

    def _silent(self, error: Exception) -> NoReturn:
        reason = error.reason if isinstance(error, ModelSilent) else fault_of(error)
        if reason in FAULTS_OF_THE_SERVER:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        log.warning("note_model_unavailable", outcome=reason, model=self._name)
        raise ModelSilent(reason) from None

    async def _write_part(
        self, segments: tuple[Segment, ...], part: Part, *, place: tuple[int, int], divisions: tuple[Division, ...]
    ) -> list[tuple[Division, Sentence]]:
        try:
            answer = await self._ask(segments, part, place=place, divisions=divisions)
        except _CutShort:
            halves = part.halves()
            words = sum(len(segment.text.split()) for segment in segments[part.first : part.last])
            if halves is None or words < _SMALLEST_WORDS:
                raise ModelSilent("cut_short") from None
            return [
                line
                for half in halves
                for line in await self._write_part(segments, half, place=place, divisions=divisions)
            ]
        return _lines(answer, segments, part=part, divisions=divisions)

    async def _ask(
        self, segments: tuple[Segment, ...], part: Part, *, place: tuple[int, int], divisions: tuple[Division, ...]
    ) -> _Answer:
        values = {
            "divisions": [(division.value, division.value.replace("_", " ")) for division in divisions],
            "before": part.before < part.first, "part": place[0], "parts": place[1],
            "segments": [
                {"number": place + 1, "role": segment.role, "text": segment.text, "before": place < part.first}
                for place, segment in enumerate(segments[part.before : part.last], part.before)
            ],
        }  # fmt: skip
        messages = [
            SystemMessage(self._prompt.render("system", values)),
            HumanMessage(self._prompt.render("message", values)),
        ]
        chat = self._chat.bind_tools(
            [offered_function(self._prompt.function, divisions)], tool_choice=FUNCTION, parallel_tool_calls=False
        )
        with tracing_context(enabled=False):
            async with asyncio.timeout(self._timeout_s):
                return _read(await chat.ainvoke(messages))


def _read(message: AIMessage) -> _Answer:
    """Raises _CutShort, and ModelSilent for an answer that is no note."""
    reason = str(message.response_metadata.get("finish_reason") or "").lower()
    if message.additional_kwargs.get("refusal"):
        raise ModelSilent("refused")
    if reason == "content_filter":
        raise ModelSilent("filtered")
    if reason == "length":
        raise _CutShort
    calls = [call["args"] for call in message.tool_calls if call["name"] == FUNCTION]
    if not calls:
        raise ModelSilent("broken_arguments" if message.invalid_tool_calls else "empty")
    try:
        return _Answer.model_validate_json(json.dumps(calls[0]))
    except ValidationError:
        raise ModelSilent("broken_arguments") from None


def _lines(
    answer: _Answer, segments: tuple[Segment, ...], *, part: Part, divisions: tuple[Division, ...]
) -> list[tuple[Division, Sentence]]:
    """The sentences that stand in an offered division and name a segment of this part; others are not believed."""
    found = []
    for section in answer.sections:
        if section.division not in divisions:
            continue
        for line in section.sentences:
            named = [number - 1 for number in dict.fromkeys(line.segments) if part.before < number <= part.last]
            if any(number >= part.first for number in named):
                ids = tuple(segments[number].id for number in named)
                found.append((Division(section.division), Sentence(text=" ".join(line.text.split()), segments=ids)))
    return found
