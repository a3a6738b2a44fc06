"""The loop of a staff agent, as a LangGraph graph: a model, or the built-in, chooses among READ tools, sees what they
found, and chooses again, until it answers or its budget is spent; then the answer is held against what was found.

Every call is the asking person's own (`runtime.call`: permission, transaction, entry on the record), every answer of a
model goes on the record, and what tools find is data: nothing in it can widen what may be called."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypedDict, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime as GraphRuntime

from agents.concierge.scope import AnyTool
from agents.phrases import phrase
from agents.staff.builtin import BuiltInChooser
from agents.staff.figures import unheld
from agents.staff.recording import CHANNEL, record_reply, screen_result
from agents.staff.results import as_data, counted, in_plain_lines
from agents.staff.steps import (
    Answer,
    Asked,
    By,
    CallRequest,
    Choice,
    Chooser,
    Exchange,
    Inquiry,
    Step,
    ToolAnswered,
    ToolCalled,
)  # fmt: skip
from governance.readable import patients_in
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Effect, Tool, tool_of

Limit = Literal["steps", "tokens", "seconds"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The most of one question. `tokens`: in and out, of all calls of the model; checked after each."""

    steps: int = 6  # tool calls
    tokens: int = 20_000
    seconds: float = 60.0


@dataclass(slots=True)
class Run:
    """One question on its way through the graph."""

    agent: StaffAgent
    runtime: Runtime
    caller: Principal
    question: str
    now: datetime
    started: float = field(default_factory=time.monotonic)
    rounds: list[list[Exchange]] = field(default_factory=list)
    patients: dict[UUID, None] = field(default_factory=dict)  # whose records were seen
    choice: Choice = field(default_factory=Choice)
    by: By = "model"
    steps: int = 0
    tokens: int = 0
    limit: Limit | None = None

    @property
    def exchanges(self) -> list[Exchange]:
        return [exchange for exchanges in self.rounds for exchange in exchanges]

    @property
    def seconds_left(self) -> float:
        return self.agent.budget.seconds - (time.monotonic() - self.started)

    def spent(self) -> Limit | None:
        budget = self.agent.budget
        if self.seconds_left <= 0:
            return "seconds"
        if self.tokens >= budget.tokens:
            return "tokens"
        return "steps" if self.steps >= budget.steps else None


class Route(TypedDict, total=False):
    """What the graph itself carries; the question's own data is in the context."""

    route: Literal["act", "conclude"]


class StaffAgent:
    """An agent for staff: a name, the READ tools that it may call, and who chooses among them.

    `model`: None where none is configured; then, and where it fails, the built-in chooses. Raises ValueError for a tool
    that changes anything.
    """

    def __init__(
        self, name: str, tools: Iterable[AnyTool], *, model: Chooser | None = None, built_in: Chooser | None = None,
        budget: Budget | None = None, language: str = "en",
    ) -> None:  # fmt: skip
        self.name, self.language = name, language
        self.tools: dict[str, Tool] = {tool.name: tool for tool in map(tool_of, tools)}
        for tool in self.tools.values():
            if tool.effect is not Effect.READ or tool.before is not None:
                raise ValueError(f"{tool.name} is no READ tool: a staff agent only looks things up")
        self.model, self.built_in, self.budget = model, built_in or BuiltInChooser(), budget or Budget()

    async def ask(self, runtime: Runtime, caller: Principal, question: str) -> AsyncIterator[Step]:
        """Look into a question for somebody; each step as it happens, the answer last."""
        zone = (await runtime.tenant(caller.tenant_id)).zone
        run = Run(self, runtime, caller, question, runtime.clock.now().astimezone(zone))
        if self.model is None:
            run.by = "built-in"
        yield Asked(question, tuple(self.tools))
        config: RunnableConfig = {"recursion_limit": 2 * self.budget.steps + 8}
        async for step in _GRAPH.astream({}, context=run, stream_mode="custom", config=config):
            yield cast(Step, step)


async def choose(state: Route, *, runtime: GraphRuntime[Run]) -> Route:
    """What is looked up next, or that there is an answer."""
    run = runtime.context
    run.choice = Choice()
    if run.rounds and run.spent() is not None:
        run.limit = run.spent()
        return {"route": "conclude"}
    try:
        async with asyncio.timeout(run.seconds_left):
            run.choice = await _chosen(run)
    except TimeoutError:
        run.limit = "seconds"
    return {"route": "act" if run.choice.calls else "conclude"}


async def _chosen(run: Run) -> Choice:
    """The model's choice, put on the record; the built-in's from the model's first failure on."""
    agent = run.agent
    inquiry = Inquiry(run.question, run.now, tuple(agent.tools.values()), run.rounds)
    if run.by == "model" and agent.model is not None:
        choice = await agent.model.choose(inquiry)
        run.tokens += choice.tokens
        if choice.reply is not None:
            await record_reply(run.runtime, run.caller, reply=choice.reply, patients=run.patients)
        if not choice.failed:
            return choice
        run.by = "built-in"
    return await agent.built_in.choose(inquiry)


async def act(state: Route, *, runtime: GraphRuntime[Run]) -> Route:
    """Make the calls that were chosen, one after the other, as far as the budget goes."""
    run = runtime.context
    exchanges: list[Exchange] = []
    run.rounds.append(exchanges)
    for request in run.choice.calls:
        run.limit = run.spent()
        if run.limit is not None:
            exchanges.append(Exchange(request, as_data(request.tool, {"refused": "The budget is spent."}), None))
            continue
        run.steps += 1
        runtime.stream_writer(ToolCalled(run.steps, request.tool, request.arguments, run.by))
        exchange, code = await _call(run, request)
        exchanges.append(exchange)
        runtime.stream_writer(ToolAnswered(run.steps, request.tool, code))
    return {}


async def _call(run: Run, request: CallRequest) -> tuple[Exchange, str | None]:
    """One call, and the code of its refusal, if it was refused. A tool that the agent does not hold is never called."""
    if request.tool not in run.agent.tools:
        return Exchange(request, as_data(request.tool, {"refused": "There is no such tool."}), None), "not_found"
    try:
        async with asyncio.timeout(run.seconds_left):
            reply = await run.runtime.call(request.tool, request.arguments, run.caller, channel=CHANNEL)
    except ToolError as error:
        return Exchange(request, as_data(request.tool, {"refused": error.for_model()}), None), error.code
    except TimeoutError:
        run.limit = "seconds"
        return Exchange(request, as_data(request.tool, {"refused": "It took too long."}), None), "timeout"
    if reply.out is not None:
        patients_in(reply.out, run.patients)
        await screen_result(run.runtime, run.caller, tool=request.tool, out=reply.out)
    result = counted(json.loads(reply.body))
    return Exchange(request, as_data(request.tool, result), result), None


async def conclude(state: Route, *, runtime: GraphRuntime[Run]) -> Route:
    """The answer, held against the question and what was found: one with a figure of its own is replaced."""
    run = runtime.context
    found, tell = in_plain_lines(run.exchanges), run.agent.language
    grounds = [
        run.question,
        *(json.dumps(one.result, ensure_ascii=False) for one in run.exchanges if one.result is not None),
    ]
    text, checked = run.choice.text, "held"
    if text and unheld(text, grounds):
        head = phrase(tell, "staff_figures_not_held" if found else "staff_refused")
        text, checked = f"{head}\n{found}".strip(), "replaced" if found else "refused"
    elif not text:
        text = f"{phrase(tell, 'staff_found')}\n{found}" if found else phrase(tell, "staff_nothing_found")
        checked = "held" if found else "refused"
    if run.limit is not None:
        text = f"{phrase(tell, 'staff_budget_spent')}\n{text}"
    runtime.stream_writer(Answer(text, run.by, cast(Literal["held", "replaced", "refused"], checked), run.limit))
    return {}


def _build() -> CompiledStateGraph[Route, Run, Route, Route]:
    graph: StateGraph[Route, Run] = StateGraph(Route, context_schema=Run)
    graph.add_node("choose", choose)
    graph.add_node("act", act)
    graph.add_node("conclude", conclude)
    graph.add_edge(START, "choose")
    graph.add_conditional_edges("choose", lambda state: state["route"], ["act", "conclude"])
    graph.add_edge("act", "choose")
    graph.add_edge("conclude", END)
    return graph.compile()


_GRAPH = _build()
