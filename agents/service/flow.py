"""Service requests: what the hospital's people must do, put before them with a number, and how far it is."""

from __future__ import annotations

import re

from pydantic import JsonValue

from agents.commands import Command, Correct, Deny, Fill, Start
from agents.flows import Flow, FlowData, flow
from agents.service.kinds import KINDS, OTHER, kind_of, names_what
from agents.turn.dialogue import Dialogue
from tools.tickets.requests import RequestOut, find_requests, request_service

_NUMBER = re.compile(r"(?<!\d)\d{4,7}(?!\d)")
_DONE = ("resolved", "closed")
_WHOM = ("specialty", "practitioner", "complaint")
_LONGEST = 500


class RequestData(FlowData):
    """A request in the patient's own words. `request_detail`: the answer to what was missing; `asked`: it was."""

    request: str | None = None
    request_kind: str | None = None  # where the understanding says it; what the words say goes before
    request_detail: str | None = None
    request_number: str | None = None
    asked: bool = False


@flow("request", agent="service", tools={request_service, find_requests}, data=RequestData, verified=False)
class Request(Flow):
    def split(self, dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """A request is put first, since it needs nobody's birth date; what is said for it is the message itself."""
        wish = Start(flow="request")
        if wish not in commands:
            return commands
        given = [one for one in commands if isinstance(one, Fill) and one.slot in RequestData.model_fields]
        said = [] if any(one.slot == "request" for one in given) else [Fill(slot="request", value=_words(dialogue))]
        rest = [one for one in commands if one != wish and one not in given]
        if not any(isinstance(one, Fill) and one.slot in _WHOM for one in rest):
            rest = [one for one in rest if one != Start(flow="book")]  # with nobody to see, it is no visit
        elif Start(flow="book") in rest:  # what else was said is said of the visit
            rest = [Start(flow="book"), *(one for one in rest if one != Start(flow="book"))]
        return (wish, *said, *given, *rest)

    async def fill(self, dialogue: Dialogue, data: FlowData, command: Fill | Correct) -> bool:
        if command.slot == "request":  # a command's value may be shorter than what was said
            command = command.model_copy(update={"value": dialogue.text.strip()[:_LONGEST] or command.value})
        return await super().fill(dialogue, data, command)

    async def step(self, dialogue: Dialogue, *, changed: bool) -> None:
        data = dialogue.data(RequestData)
        if dialogue.state.awaiting == "request_detail" and not data.request_detail and not dialogue.has(Deny):
            data.request_detail = dialogue.text.strip()[:_LONGEST] or None
        words = "; ".join(said for said in (data.request, data.request_detail) if said)[:_LONGEST]
        kind = _kind(data)
        if not data.asked and not data.request_detail and not names_what(kind, words):
            if await _told_of_open(dialogue, kind):
                return
            data.asked = True
            dialogue.state.ask("request_detail")
            dialogue.say(f"ask_request_{kind}")
            return
        await self._make(dialogue, kind, words)

    async def _make(self, dialogue: Dialogue, kind: str, words: str) -> None:
        patient_id = dialogue.state.patient_id if dialogue.state.verified_at is not None else None
        args: dict[str, JsonValue] = {
            "category": kind, "words": words or "-", "conversation_id": str(dialogue.conversation_id),
            "patient_id": str(patient_id) if patient_id else None,
        }  # fmt: skip
        made = await dialogue.call_as_service(request_service, **args)
        dialogue.say(
            "request_added" if made.added else "request_made", what=dialogue.phrase(f"request_of_{kind}"),
            when=dialogue.soon(made.due_at), **_number(made),
        )  # fmt: skip
        dialogue.state.end_flow()

    def ask_again(self, dialogue: Dialogue) -> None:
        dialogue.say(f"ask_request_{_kind(dialogue.data(RequestData))}")


@flow("request_status", agent="service", tools={find_requests}, data=RequestData, resumed=False, verified=False)
class RequestStatus(Flow):
    async def step(self, dialogue: Dialogue, *, changed: bool) -> None:
        said = _NUMBER.search(dialogue.data(RequestData).request_number or dialogue.text)
        number = int(said.group()) if said else None
        made = await dialogue.call_as_service(
            find_requests, conversation_id=str(dialogue.conversation_id), number=number
        )
        under_way = [one for one in made.items if one.state not in _DONE]
        if not made.items:
            dialogue.say("request_not_found" if number else "request_none", number=number or "")
        for one in (under_way if number is None and under_way else made.items)[:3]:
            _tell(dialogue, one)
        dialogue.state.end_flow()


async def _told_of_open(dialogue: Dialogue, kind: str) -> bool:
    """Whether there is one of that kind that waits, which is told: "where is my report", asked again."""
    made = await dialogue.call_as_service(find_requests, conversation_id=str(dialogue.conversation_id))
    standing = [one for one in made.items if one.category == kind and one.state not in _DONE]
    for one in standing[:1]:
        _tell(dialogue, one)
        dialogue.state.end_flow()
    return bool(standing)


def _tell(dialogue: Dialogue, one: RequestOut) -> None:
    facts = {"what": dialogue.phrase(f"request_of_{one.category}"), **_number(one)}
    if one.state in _DONE:
        dialogue.say("request_is_done", **facts)
    elif one.due_at < dialogue.work.now:
        dialogue.say("request_is_late", **facts)
    else:
        dialogue.say(f"request_is_{one.state}", when=dialogue.soon(one.due_at), **facts)


def _number(one: RequestOut) -> dict[str, object]:
    """The number as it is written, and digit by digit as it is said."""
    return {"number": one.number, "digits": " ".join(str(one.number))}


def _kind(data: RequestData) -> str:
    said = kind_of(data.request or "")
    return data.request_kind if said == OTHER and data.request_kind in KINDS else said


def _words(dialogue: Dialogue) -> str:
    return dialogue.text.strip()[:200] or "-"
