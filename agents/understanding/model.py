"""Understanding by a language model: any server that speaks OpenAI's chat completions.

The model is asked once, within one bounded wait, to call one function with commands. Whatever goes wrong is an
outcome on the answer's record and a fall back to the built-in understanding; its text is never shown to anyone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, cast

import httpx
import structlog
import yaml
from jinja2 import Environment, StrictUndefined, Template
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langsmith.run_helpers import tracing_context
from pydantic import SecretStr, ValidationError
from rapidfuzz import fuzz, process

from agents.commands import COMMANDS, Command
from agents.understanding.breaker import Breaker
from agents.understanding.offer import FUNCTION, Call, Unreadable, offered_function, read_calls
from agents.understanding.utterance import Known, Understanding, Understood, Utterance
from agents.vocabulary import FLOWS, SLOTS
from governance.record import entry_kind
from tools.runtime.traces import span

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
PROMPT = "concierge/understand"
_FINISHED = ("stop", "tool_calls", "function_call")
_MOST_DOCTORS, _MOST_SPECIALTIES, _MOST_PLACES = 8, 60, 30
log = structlog.get_logger(__name__)
MODEL_ANSWER = entry_kind("model_answer", "What a model answered when it was asked")

Outcome = Literal[
    "understood",  # also with an explicit empty list: nothing was understood
    "timeout", "unreachable", "busy", "server_error", "denied", "unreadable",  # the server fails: the breaker counts
    "rejected", "cut_short", "filtered", "refused", "empty", "broken_arguments", "too_many", "nothing_valid",
]  # fmt: skip
FAULTS_OF_THE_SERVER: frozenset[Outcome] = frozenset(
    {"timeout", "unreachable", "busy", "server_error", "denied", "unreadable"}
)


class ModelUnavailable(Exception):
    """The model gave nothing usable. `reason` is an outcome; no text of the server or the model is kept."""

    def __init__(self, reason: Outcome) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One call of the model, for the record: plain values, stored with `asdict` and rebuilt with `ModelAnswer(**row)`.

    `asked` (the messages), `calls` (what the model called, as it wrote it) and `commands` (what was accepted) are JSON
    and hold the patient's words; `request_sha256` covers the messages, the offered function and the parameters.
    """

    model: str
    prompt: str
    prompt_version: str
    prompt_sha256: str
    request_sha256: str
    asked: str
    calls: str
    commands: str
    finish_reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    latency_ms: int
    outcome: Outcome

    @classmethod
    def metadata(cls) -> tuple[str, ...]:
        """The fields that hold nothing of what was said."""
        return tuple(one.name for one in fields(cls) if one.name not in ("asked", "calls", "commands"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file: front matter (name, version, function), then the blocks `system` and `message`."""

    name: str
    version: str
    function: str
    sha256: str
    template: Template = field(repr=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Prompt:
        """Raises OSError for a missing file, KeyError or ValueError for one without its front matter or blocks."""
        return cls.parse((folder / f"{name}.md").read_bytes(), name)

    @classmethod
    def parse(cls, raw: bytes, name: str = "prompt") -> Prompt:
        """Raises KeyError or ValueError for a file without its front matter or blocks."""
        _, front, body = raw.decode().split("---\n", 2)
        head = yaml.safe_load(front)
        environment = Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)
        environment.filters["as_json"] = lambda value: json.dumps(value, ensure_ascii=False)
        template = environment.from_string(body)
        if not {"system", "message"} <= set(template.blocks):
            raise ValueError(f"{name}: a block is missing")
        digest = hashlib.sha256(raw).hexdigest()
        return cls(head["name"], str(head["version"]), head["function"], digest, template)

    def render(self, block: Literal["system", "message"], values: Mapping[str, object]) -> str:
        """Raises jinja2.UndefinedError where the prompt asks for a value that is not given."""
        return "".join(self.template.blocks[block](self.template.new_context(dict(values)))).strip()


def chat_client(
    model: str, base_url: str | None, api_key: str | SecretStr | None, *, http: httpx.AsyncClient, timeout_s: float,
    temperature: float | None,
) -> ChatOpenAI:  # fmt: skip
    """A model by OpenAI's chat completions. Nothing is asked twice, and the caller closes `http`."""
    from langchain_openai import ChatOpenAI  # a second of the start, and a hospital without a model has no use for it

    key = api_key if isinstance(api_key, SecretStr) else SecretStr(api_key or "none")
    return ChatOpenAI(
        model=model, base_url=base_url, api_key=key, timeout=timeout_s, max_retries=0, temperature=temperature,
        use_responses_api=False, stream_usage=True, http_async_client=http,
    )  # fmt: skip


def from_record(answer: ModelAnswer) -> Understood:
    """What was understood then, from the stored answer alone. Raises ModelUnavailable if that answer was a failure."""
    if answer.outcome != "understood":
        raise ModelUnavailable(answer.outcome)
    prompt = f"{answer.prompt}@{answer.prompt_version}"
    return Understood(tuple(COMMANDS.validate_json(answer.commands)), by="model", prompt=prompt)


class Model(Protocol):
    async def ask(self, utterance: Utterance) -> ModelAnswer: ...

    async def aclose(self) -> None: ...


class ModelUnderstanding:
    """Asks a model. Belongs to the event loop that uses it first; `aclose` when done.

    `base_url` ends in /v1. `timeout_s` bounds the whole of one call. `temperature` None leaves it out, for models
    that refuse it. `stream` reads the answer as a stream.
    """

    def __init__(
        self, base_url: str | None, api_key: str | SecretStr | None, *, model: str, timeout_s: float = 8.0,
        stream: bool = False, temperature: float | None = 0.0, prompts: Path = PROMPTS, prompt: Prompt | None = None,
    ) -> None:  # fmt: skip
        self._name, self._timeout_s, self._stream, self._temperature = model, timeout_s, stream, temperature
        self._prompt = prompt or Prompt.load(prompts, PROMPT)
        self._function = offered_function(self._prompt.function)
        self._http = httpx.AsyncClient(timeout=timeout_s)
        chat = chat_client(model, base_url, api_key, http=self._http, timeout_s=timeout_s, temperature=temperature)
        self._messages(Utterance(text="", now=datetime.now(UTC)))  # a prompt that cannot be rendered stops the start
        self._chat = chat.bind_tools([self._function], tool_choice=FUNCTION, parallel_tool_calls=False)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def understand(self, utterance: Utterance) -> Understood:
        """Raises ModelUnavailable on every failure."""
        return from_record(await self.ask(utterance))

    async def ask(self, utterance: Utterance) -> ModelAnswer:
        """One call of the model. Never raises, except when cancelled: a failure is the answer's outcome."""
        started = time.monotonic()
        system, message = self._messages(utterance)
        completion = _Completion()
        try:
            with span("model", model=self._name):
                async with asyncio.timeout(self._timeout_s):
                    await self._fetch([SystemMessage(system), HumanMessage(message)], completion)
            outcome, commands = _judge(completion, utterance.text)
        except Exception as error:  # whatever the client raises is an outcome, and the built-in answers
            outcome, commands = fault_of(error), ()
        if outcome != "understood":
            log.warning("model_unavailable", outcome=outcome, model=self._name)
        return ModelAnswer(
            model=self._name,
            prompt=self._prompt.name,
            prompt_version=self._prompt.version,
            prompt_sha256=self._prompt.sha256,
            request_sha256=self._request_hash(system, message),
            asked=json.dumps([system, message], ensure_ascii=False),
            calls=json.dumps([call.model_dump() for call in completion.calls]),
            commands=COMMANDS.dump_json(list(commands)).decode(),
            finish_reason=completion.finish_reason and str(completion.finish_reason)[:40],
            tokens_in=completion.tokens_in,
            tokens_out=completion.tokens_out,
            latency_ms=round((time.monotonic() - started) * 1000),
            outcome=outcome,
        )

    def _messages(self, utterance: Utterance) -> tuple[str, str]:
        values = _context(utterance)
        return self._prompt.render("system", values), self._prompt.render("message", values)

    def _request_hash(self, system: str, message: str) -> str:
        asked = [self._name, self._temperature, self._stream, self._function, system, message]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    async def _fetch(self, messages: list[BaseMessage], completion: _Completion) -> None:
        """Fills `heard` as far as it comes. Tracing to outside services stays off: these are patients' words."""
        with tracing_context(enabled=False):
            if not self._stream:
                return completion.read(await self._chat.ainvoke(messages))
            chunks: list[AIMessageChunk] = []
            async for chunk in self._chat.astream(messages):
                completion.finish_reason = chunk.response_metadata.get("finish_reason") or completion.finish_reason
                chunks.append(cast(AIMessageChunk, chunk))
        return completion.read_streamed(reduce(add, chunks)) if chunks else None


@dataclass(slots=True)
class _Completion:
    """What came back of one call."""

    calls: list[Call] = field(default_factory=list)
    finish_reason: str | None = None
    refused: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None

    def read(self, message: AIMessage) -> None:
        self._read_rest(message)
        self.finish_reason = message.response_metadata.get("finish_reason")
        self.calls = [
            Call(name=call["name"], arguments=json.dumps(call["args"], ensure_ascii=False))
            for call in message.tool_calls
        ]
        self.calls += [
            Call(name=call["name"] or FUNCTION, arguments=call["args"] or "") for call in message.invalid_tool_calls
        ]

    def read_streamed(self, message: AIMessageChunk) -> None:
        """The arguments are read as they came: `tool_calls` of a chunk completes those that were cut off."""
        self._read_rest(message)
        self.calls = [
            Call(name=chunk["name"] or "", arguments=chunk["args"] or "") for chunk in message.tool_call_chunks
        ]

    def _read_rest(self, message: AIMessage) -> None:
        self.refused = bool(message.additional_kwargs.get("refusal"))
        if message.usage_metadata:
            self.tokens_in = message.usage_metadata["input_tokens"]
            self.tokens_out = message.usage_metadata["output_tokens"]


def _judge(completion: _Completion, text: str) -> tuple[Outcome, tuple[Command, ...]]:
    reason = (completion.finish_reason or "").lower()
    if completion.refused:
        return "refused", ()
    if reason == "content_filter":
        return "filtered", ()
    if reason not in _FINISHED:
        return "cut_short", ()
    try:
        return "understood", read_calls(completion.calls, text)
    except Unreadable as error:
        return error.reason, ()


def fault_of(error: Exception) -> Outcome:
    """What kind of failure an exception of a model call is."""
    import openai  # late, as the client is

    match error:
        case TimeoutError() | openai.APITimeoutError() | httpx.TimeoutException():
            return "timeout"
        case openai.APIConnectionError() | httpx.TransportError():
            return "unreachable"
        case openai.APIStatusError(status_code=status):
            return {401: "denied", 403: "denied", 404: "denied", 429: "busy"}.get(  # type: ignore[return-value]
                status, "server_error" if status >= 500 else "rejected"
            )
    return "unreadable"


def _context(utterance: Utterance) -> dict[str, object]:
    directory = utterance.directory
    return {
        "today": utterance.now.strftime("%A, %d %B %Y, %H:%M"),
        "language": utterance.language,
        "flow": utterance.flow,
        "awaiting": utterance.awaiting,
        "last_answer": utterance.last_answer,
        "options": list(utterance.options),
        "practitioners": _likely(directory.practitioners, utterance.text, _MOST_DOCTORS),
        "specialties": [known.name for known in directory.specialties[:_MOST_SPECIALTIES]],
        "locations": [known.name for known in directory.locations[:_MOST_PLACES]],
        "text": utterance.text,
        "flows": [{"name": flow.name, "means": flow.means} for flow in FLOWS.values()],
        "slots": [{"name": slot.name, "means": slot.means} for slot in SLOTS.values()],
    }


def _likely(known: tuple[Known, ...], text: str, most: int) -> list[str]:
    """The names that share a word with `text`, or nearly."""
    words = {word for entry in known for name in (entry.name, *entry.aliases) for word in _name_words(name)}
    close = {
        match: score
        for word in _name_words(text)
        for match, score, _ in process.extract(word, words, scorer=fuzz.ratio, limit=most, score_cutoff=65)
    }
    scored = [
        (max(close.get(word, 0.0) for name in (entry.name, *entry.aliases) for word in ["", *_name_words(name)]), entry)
        for entry in known
    ]
    likely = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    return [entry.name for _, entry in likely[:most]]


def _name_words(name: str) -> list[str]:
    return [word for word in (part.strip(".,!?") for part in name.casefold().split()) if len(word) > 2]


class FallingBack(Understanding):
    """The model first, the built-in where the model fails, in the same call; with the breaker open, at once."""

    asks_a_model: ClassVar[bool] = True

    def __init__(self, model: Model, fallback: Understanding, *, breaker: Breaker | None = None) -> None:
        self._model, self._fallback = model, fallback
        self.breaker = breaker or Breaker()

    async def understand(self, utterance: Utterance) -> Understood:
        understood, _ = await self.understand_recorded(utterance)
        return understood

    async def understand_recorded(self, utterance: Utterance) -> tuple[Understood, ModelAnswer | None]:
        """What was understood, with the model's answer for the record: a failed one too; None if none was asked."""
        if not self.breaker.allows():
            return await self._fallback.understand(utterance), None
        answer = await self._guarded(utterance)
        if answer.outcome == "understood":
            return from_record(answer), answer
        return await self._fallback.understand(utterance), answer

    async def from_stored(self, answer: ModelAnswer, utterance: Utterance) -> Understood:
        """What an answer that is on the record already means, without asking again."""
        try:
            return from_record(answer)
        except (ModelUnavailable, ValidationError):  # it failed then, or another version's commands are not known here
            return await self._fallback.understand(utterance)

    async def aclose(self) -> None:
        await self._model.aclose()

    async def _guarded(self, utterance: Utterance) -> ModelAnswer:
        """Only a fault of the server counts: what one patient writes must not close the model to all others."""
        try:
            answer = await self._model.ask(utterance)
        except BaseException:  # cancelled too: the breaker must not stay half open
            self.breaker.gave_up()
            raise
        if answer.outcome in FAULTS_OF_THE_SERVER:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return answer
