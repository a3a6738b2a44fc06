"""A language model chooses what is looked up: any server that speaks OpenAI's chat completions."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import structlog
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langsmith.run_helpers import tracing_context
from pydantic import JsonValue, SecretStr

from agents.staff.steps import CallRequest, Choice, Inquiry, ModelReply
from agents.understanding.breaker import Breaker
from agents.understanding.model import FAULTS_OF_THE_SERVER, PROMPTS, Outcome, Prompt, chat_client, fault_of
from tools.runtime.tool import Tool

_FINISHED = ("stop", "tool_calls", "function_call")
log = structlog.get_logger(__name__)


class Unusable(Exception):
    """An answer of the model that is neither calls nor words."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome: Outcome = outcome


class ModelChooser:
    """Asks a model, each time with the whole inquiry. `prompt` is a file under `prompts/` with the blocks `system` and
    `message`; `timeout_s` bounds one call. Belongs to the event loop that uses it first; `aclose` when done."""

    def __init__(
        self, base_url: str | None, api_key: str | SecretStr | None, *, model: str, prompt: str,
        timeout_s: float = 20.0, temperature: float | None = 0.0, prompts: Path = PROMPTS,
    ) -> None:  # fmt: skip
        self._name, self._timeout_s, self._temperature = model, timeout_s, temperature
        self._prompt = Prompt.load(prompts, prompt)
        self._http = httpx.AsyncClient(timeout=timeout_s)
        self._chat = chat_client(
            model, base_url, api_key, http=self._http, timeout_s=timeout_s, temperature=temperature
        )
        self.breaker = Breaker()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def choose(self, inquiry: Inquiry) -> Choice:
        """One call of the model; none while its server rests after failures."""
        if not self.breaker.allows():
            return Choice(failed=True)
        started, messages = time.monotonic(), self._messages(inquiry)
        message, outcome = None, None
        try:
            message = await self._ask(messages, [_offered(tool) for tool in inquiry.tools])
            calls, text = _read(message)
        except Unusable as error:
            calls, text, outcome = (), "", error.outcome
        except Exception as error:  # whatever the client raises is an outcome, and the built-in goes on
            calls, text, outcome = (), "", fault_of(error)
        except BaseException:  # cancelled: the breaker must not stay half open
            self.breaker.gave_up()
            raise
        if outcome in FAULTS_OF_THE_SERVER:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        if outcome is not None:
            log.warning("staff_model_unavailable", outcome=outcome, model=self._name)
        reply = self._reply(messages, message, outcome or "answered", started=started)
        tokens = (reply.tokens_in or len(reply.asked) // 4) + (reply.tokens_out or len(reply.answered) // 4)
        return Choice(calls=calls, text=text, tokens=tokens, reply=reply, failed=outcome is not None)

    async def _ask(self, messages: list[BaseMessage], offered: list[dict[str, JsonValue]]) -> AIMessage:
        with tracing_context(enabled=False):
            async with asyncio.timeout(self._timeout_s):
                return await self._chat.bind_tools(offered).ainvoke(messages)

    def _messages(self, inquiry: Inquiry) -> list[BaseMessage]:
        values = {"question": inquiry.question, "now": inquiry.now.strftime("%A, %d %B %Y, %H:%M")}
        messages: list[BaseMessage] = [
            SystemMessage(self._prompt.render("system", values)),
            HumanMessage(self._prompt.render("message", values)),
        ]
        for exchanges in inquiry.rounds:
            calls = [_as_wire(one.request) for one in exchanges]
            messages.append(AIMessage(content="", additional_kwargs={"tool_calls": calls}))
            messages += [ToolMessage(content=one.shown, tool_call_id=one.request.id) for one in exchanges]
        return messages

    def _reply(
        self, messages: Sequence[BaseMessage], message: AIMessage | None, outcome: str, *, started: float
    ) -> ModelReply:
        asked = json.dumps([[one.type, one.text, one.additional_kwargs] for one in messages], ensure_ascii=False)
        usage = message.usage_metadata if message is not None else None
        reason = message.response_metadata.get("finish_reason") if message is not None else None
        answered = [message.text, [*message.tool_calls, *message.invalid_tool_calls]] if message is not None else []
        prompt = self._prompt
        return ModelReply(
            model=self._name, prompt=prompt.name, prompt_version=prompt.version, prompt_sha256=prompt.sha256,
            request_sha256=hashlib.sha256(f"{self._name} {self._temperature} {asked}".encode()).hexdigest(),
            asked=asked,
            answered=json.dumps(answered, ensure_ascii=False), finish_reason=str(reason)[:40] if reason else None,
            tokens_in=usage["input_tokens"] if usage else None, tokens_out=usage["output_tokens"] if usage else None,
            latency_ms=round((time.monotonic() - started) * 1000), outcome=outcome,
        )  # fmt: skip


def _read(message: AIMessage) -> tuple[tuple[CallRequest, ...], str]:
    """The calls, or else the words. Raises Unusable."""
    reason = str(message.response_metadata.get("finish_reason") or "").lower()
    if message.additional_kwargs.get("refusal"):
        raise Unusable("refused")
    if reason == "content_filter":
        raise Unusable("filtered")
    if reason not in _FINISHED:
        raise Unusable("cut_short")
    if message.invalid_tool_calls:
        raise Unusable("broken_arguments")
    if not message.tool_calls and not message.text.strip():
        raise Unusable("empty")
    calls = [
        CallRequest(
            call["id"] or f"call_{place}", _tool_name(call["name"]), json.dumps(call["args"], ensure_ascii=False)
        )
        for place, call in enumerate(message.tool_calls)
    ]
    return tuple(calls), "" if calls else message.text.strip()


def _offered(tool: Tool) -> dict[str, JsonValue]:
    """A tool in the chat-completions form."""
    schema: dict[str, JsonValue] = tool.args.model_json_schema()
    function: dict[str, JsonValue] = {
        "name": _function_name(tool.name), "description": tool.description, "parameters": schema,
    }  # fmt: skip
    return {"type": "function", "function": function}


def _as_wire(request: CallRequest) -> dict[str, JsonValue]:
    function: JsonValue = {"name": _function_name(request.tool), "arguments": request.arguments}
    return {"id": request.id, "type": "function", "function": function}


def _function_name(tool: str) -> str:
    """A function's name holds no point."""
    return tool.replace(".", "-")


def _tool_name(function: str) -> str:
    return function.replace("-", ".")
