"""Flows are declared, and everything else is made from what was declared."""

from __future__ import annotations

from typing import get_args

import pytest

from agents import flows
from agents.commands import FlowName, SlotName
from agents.flows import Flow, FlowData, flow
from agents.phrases import all_phrases
from agents.scheduling.data import VisitData
from agents.turn.conversation_state import Pending, QueuedFlow, State, read_state
from agents.vocabulary import FLOWS, SLOTS
from tools.conversations.texts import LANGUAGES
from tools.runtime.tool import Effect, find_tool

# What a flow may do at once: hold a seat for a moment, and put a patient's own words before people.
WITHOUT_A_YES = {"scheduling.hold_slot", "scheduling.release_hold", "tickets.request_service"}
BY_THE_SERVICE = {"patients.register_patient"}  # there is no patient yet
# As they were written before a flow kept data of its own.
SINCE = "2026-11-24T09:30:00Z"
EARLIER = {
    "patient_id": "0192f1c0-0000-7000-8000-000000000001", "given": "Leela", "verified_at": SINCE, "greeted": True,
    "flow": "book", "slots": {"specialty": "dentist", "day": "friday", "other_than": "7"},
    "wishes": [{"flow": "cancel", "slots": {"appointment": "the one with dr rao"}}, {"flow": "list"}],
    "after": SINCE, "held_slot": "0192f1c0-0000-7000-8000-000000000002", "awaiting": "confirm", "misses": 1,
    "pending": {
        "deed": "book", "tool": "scheduling.book_appointment", "args": {"visit_type": "new", "reason": None},
        "facts": {"when": "Friday"},
    },
}  # fmt: skip


def test_commands_name_the_declared_flows_and_slots() -> None:
    assert set(get_args(FlowName)) == {one.name for one in flows.all_flows()} == set(FLOWS)
    assert set(get_args(SlotName)) == set(SLOTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("declared", flows.all_flows(), ids=lambda one: one.name)
def test_a_flow_can_be_come_to_and_read_back_in_every_language(declared: flows.Declared, language: str) -> None:
    phrases = all_phrases(language)
    assert f"next_{declared.name}" in phrases
    if FLOWS[declared.name].agrees:
        assert {f"read_back_{declared.name}", f"done_{declared.name}"} <= phrases.keys()


@pytest.mark.parametrize("declared", flows.all_flows(), ids=lambda one: one.name)
def test_a_flow_keeps_what_its_slots_say_and_changes_nothing_without_a_yes(declared: flows.Declared) -> None:
    own = {slot.name for slot in SLOTS.values() if slot.agent == declared.agent}
    assert own <= declared.data.model_fields.keys()
    assert declared.begun_by <= own
    for name in declared.tools:
        tool = find_tool(name)
        assert tool is not None and (tool.by_patient or tool.effect is Effect.READ or name in BY_THE_SERVICE)
        if tool.effect is not Effect.READ and name not in WITHOUT_A_YES:
            assert tool.confirmation, f"{name} is done without a yes"


def test_an_agent_holds_no_tool_of_another_flow() -> None:
    assert "scheduling.book_appointment" in flows.tools_held("book")
    for held in (flows.tools_held(None), flows.tools_held("list"), flows.tools_held("cancel")):
        assert "scheduling.book_appointment" not in held and "conversations.hand_over" in held
    assert "scheduling.hold_slot" not in flows.tools_held("list")


def test_a_flow_that_nobody_can_speak_of_is_refused() -> None:
    with pytest.raises(ValueError, match="how patients speak of parcel"):
        flow("parcel", agent="scheduling", tools=())(Flow)
    with pytest.raises(ValueError, match="two flows are called book"):
        flow("book", agent="scheduling", tools=())(Flow)


async def test_data_is_of_the_flows_own_type() -> None:
    state, unread = read_state({"shape": 2, "flow": "book", "data": {"day": "friday", "written_by_a_newer_version": 1}})
    assert unread is None and state.data == VisitData(day="friday")
    assert State.model_validate({"flow": "list"}).data == VisitData()
    assert type(State().data) is FlowData
    assert QueuedFlow(flow="cancel").data == VisitData()


def test_a_state_of_the_earlier_shape_is_read() -> None:
    state, unread = read_state(EARLIER)
    assert unread is None
    data = state.data
    assert isinstance(data, VisitData)
    assert (data.specialty, data.day, data.other_than) == ("dentist", "friday", "7")
    assert data.after is not None and str(data.held_slot) == EARLIER["held_slot"]
    assert state.pending == Pending(
        action="book", tool="scheduling.book_appointment", args={"visit_type": "new", "reason": None},
        facts={"when": "Friday"},
    )  # fmt: skip
    assert [(one.flow, one.data) for one in state.queued] == [
        ("cancel", VisitData(appointment="the one with dr rao")),
        ("list", VisitData()),
    ]
    assert read_state({"then_confirm": True})[0].answering == "book"
    assert (state.given, state.misses, state.awaiting) == ("Leela", 1, "confirm")


def test_the_earlier_fields_are_written_beside_the_present_ones() -> None:
    """A worker of the version before takes the next turn of the conversation, and loses nothing."""
    state, _ = read_state(EARLIER)
    kept = state.stored()
    for name in ("patient_id", "flow", "slots", "after", "held_slot", "awaiting"):
        assert kept[name] == EARLIER[name], name
    assert kept["pending"]["deed"] == "book"  # type: ignore[index,call-overload]
    assert kept["wishes"] == [EARLIER["wishes"][0], {"flow": "list", "slots": {}}]  # type: ignore[index]
    assert read_state(kept) == (state, None)
    by_the_earlier_version = {name: value for name, value in kept.items() if name not in ("data", "queued", "shape")}
    assert read_state(by_the_earlier_version) == (state, None)


@pytest.mark.parametrize(
    "stored", [{"slots": 3}, {"wishes": "x"}, {"wishes": [1]}, {"flow": "book", "slots": [1]}, {"pending": []},
               {"pending": {"deed": "book"}}, {"shape": 2, "flow": "book", "data": 7}],
)  # fmt: skip
def test_a_broken_state_costs_no_more_than_itself(stored: dict[str, object]) -> None:
    state, _ = read_state({"given": "Leela", **stored})  # type: ignore[dict-item]
    assert state.given == "Leela" and state.pending is None and not state.queued
