"""A tool's result: as data for whoever chooses next, and in plain lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from agents.staff.steps import Exchange

MOST_CHARS = 12_000  # of one result, told to a model
_MOST_ITEMS = 10  # of a list, told to people


def counted(result: object) -> object:
    """A page with its count in place of its cursor (a cursor is no figure); anything else as it is."""
    if isinstance(result, dict) and isinstance(result.get("items"), list):
        return {"count": len(result["items"]), "more": result.get("next_cursor") is not None, "items": result["items"]}
    return result


def as_data(tool: str, shown: object) -> str:
    """What a model is told of a call, delimited. What is within cannot end it: angle brackets are escaped."""
    text = json.dumps(shown, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    if len(text) > MOST_CHARS:
        text = f"{text[:MOST_CHARS]} (cut off: ask for less)"
    return f"<tool_result tool={json.dumps(tool)}>\n{text}\n</tool_result>"


def in_plain_lines(exchanges: Iterable[Exchange]) -> str:
    """What the tools found, without anybody's words but theirs; empty where they found nothing."""
    blocks = ["\n".join([f"{one.request.tool}:", *_lines(one.result)]) for one in exchanges if one.result is not None]
    return "\n".join(blocks)


def _lines(result: object) -> list[str]:
    if not isinstance(result, dict):
        return [f"- {result}"]
    items = result.get("items")
    if not isinstance(items, list):
        return [f"- {_line(result)}"]
    shown = [f"- {_line(item) if isinstance(item, dict) else item}" for item in items[:_MOST_ITEMS]]
    left = "" if len(items) <= _MOST_ITEMS and not result.get("more") else ", ..."
    return [f"({result.get('count', len(items))}{left})", *shown]


def _line(record: Mapping[str, object]) -> str:
    """Names and values, without ids."""
    shown = {name: value for name, value in record.items() if value not in (None, "", [], {})}
    kept = {name: value for name, value in shown.items() if not name.endswith("id") and name != "version"}
    return ", ".join(f"{name}: {value}" for name, value in kept.items())
