"""The shape that states had while the booking's fields stood among the conversation's own (`slots`, `wishes`, ...).

Such states are read as the present shape, and the earlier fields are written beside it, so that workers of both
versions can answer in one conversation. To go when no worker of before version 2 runs any more: then only `upgraded`
is needed."""

from __future__ import annotations

from pydantic import JsonValue

Stored = dict[str, JsonValue]
SHAPE = 2
_BESIDE_SLOTS = ("appointment_id", "after", "before", "held_slot")
_ANSWERED_BY = "book"  # the one flow that a yes to a reminder or an offer went to


def upgraded(stored: Stored) -> Stored:
    """A stored state in the present shape."""
    if stored.get("shape") == SHAPE:
        return stored
    state = dict(stored)
    slots, queued = state.pop("slots", None), state.pop("wishes", None)
    data = dict(slots) if isinstance(slots, dict) else {}
    data.update({name: state.pop(name) for name in _BESIDE_SLOTS if name in state})
    if data and state.get("flow") is not None:
        state["data"] = data
    if isinstance(queued, list):
        state["queued"] = [_queued(one) if isinstance(one, dict) else one for one in queued]
    pending = state.get("pending")
    if isinstance(pending, dict) and "deed" in pending:
        state["pending"] = {"action": pending["deed"], **pending}
    if state.pop("then_confirm", False):
        state["answering"] = _ANSWERED_BY
    return state


def _queued(queued: Stored) -> Stored:
    return {"flow": queued.get("flow"), "data": queued.get("slots") or {}}


def with_earlier_fields(state: Stored) -> Stored:
    """A state in the present shape, with the earlier fields beside it."""
    both = {**state, "shape": SHAPE}
    data, queued, pending = state.get("data"), state.get("queued"), state.get("pending")
    if isinstance(data, dict):
        both["slots"] = _slots(data)
        both.update({name: data[name] for name in _BESIDE_SLOTS if name in data})
    if isinstance(queued, list):
        both["wishes"] = [
            {"flow": one["flow"], "slots": _slots(one.get("data"))} for one in queued if isinstance(one, dict)
        ]
    if isinstance(pending, dict):
        both["pending"] = {**pending, "deed": pending.get("action")}
    if state.get("answering") == _ANSWERED_BY:
        both["then_confirm"] = True
    return both


def _slots(data: JsonValue) -> Stored:
    if not isinstance(data, dict):
        return {}
    return {name: value for name, value in data.items() if isinstance(value, str) and name not in _BESIDE_SLOTS}
