"""Without a model: the one tool whose name and description are most like the question is called, and its result
told."""

from __future__ import annotations

import re

from agents.staff.steps import CallRequest, Choice, Inquiry
from tools.runtime.tool import Tool

_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "was",
        "were",
        "what",
        "which",
        "who",
        "how",
        "many",
        "much",
        "all",
        "any",
        "show",
        "list",
        "get",
        "give",
        "tell",
        "with",
        "from",
        "this",
        "that",
        "there",
        "have",
        "has",
        "does",
        "did",
        "can",
        "could",
        "please",
        "our",
        "their",
    ]
)


class BuiltInChooser:
    """Chooses by words. Only tools that need no arguments can be called; where none is like the question, nothing
    is."""

    async def choose(self, inquiry: Inquiry) -> Choice:
        if inquiry.rounds:
            return Choice()  # what was found is told as it is
        tool = _likest(inquiry.question, inquiry.tools)
        return Choice(calls=(CallRequest("builtin", tool.name, "{}"),)) if tool is not None else Choice()


def _likest(question: str, tools: tuple[Tool, ...]) -> Tool | None:
    asked = _stems(question)
    callable_ones = [tool for tool in tools if not any(info.is_required() for info in tool.args.model_fields.values())]
    scored = [
        (2 * len(asked & _stems(tool.name)) + len(asked & _stems(tool.description)), tool) for tool in callable_ones
    ]
    best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] >= 2 else None


def _stems(text: str) -> frozenset[str]:
    words = frozenset(_WORD.findall(text.lower().replace("_", " ").replace(".", " "))) - _COMMON
    return frozenset(word.removesuffix("s") for word in words)
