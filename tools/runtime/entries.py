"""A call on its way: may the caller, are the arguments right, and what of it goes on the record."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from db.json import JsonObject
from governance.readable import patients_in, readable
from governance.record import TOOL_CALL
from governance.vault import Owner
from tools.runtime.errors import Forbidden, InvalidArguments, NotFound, ToolError
from tools.runtime.names import NOT_BLANK
from tools.runtime.principals import Principal
from tools.runtime.tool import Args, Tool, find_tool
from tools.runtime.unit_of_work import UnitOfWork

_MOST_PATIENTS = 200  # named by one entry; a page of a list has fewer
LARGEST_RESULT = 65_536  # a longer one is recorded by its hash: a session that is replayed would double the record


@dataclass(slots=True)
class Entry:
    """A tool call's entry on the record, filled as the call goes on."""

    tool: str
    caller: Principal
    at: datetime
    key: str | None = None
    step: str | None = None
    args: Args | None = None
    out: BaseModel | None = None
    seen: Iterable[UUID] = ()
    started: float = field(default_factory=time.perf_counter)

    def write(
        self, work: UnitOfWork, outcome: str, *, result: str | None = None, error: ToolError | None = None
    ) -> None:
        """Put the call on the record: what it did in the readable part, arguments and result in the sealed one."""
        tool = find_tool(self.tool)
        body: JsonObject = {
            "at": self.at,
            "tool": self.tool,
            "principal": self.caller.id,
            "permission": tool.needs.name if tool else None,
            "effect": tool.effect.value if tool else None,
            "outcome": outcome,
            "args": readable(self.args),
            "latency_ms": round((time.perf_counter() - self.started) * 1000, 1),
        }
        full: JsonObject = {"args": self.args.model_dump(mode="json") if self.args is not None else None}
        if self.key is not None:
            body["key"] = self.key
        if self.step is not None:
            body["step"] = self.step
        if error is not None:
            body |= {"outcome": "failed" if error.status >= 500 else outcome, "code": error.code}
            full["detail"] = error.detail
        if result is not None:
            body["result"] = readable(self.out)
            if len(result) <= LARGEST_RESULT:
                full["result"] = result
            else:
                full |= {"result_sha256": hashlib.sha256(result.encode()).hexdigest(), "result_length": len(result)}
        patients = self.patients()
        if patients:
            body["patients"] = patients[:_MOST_PATIENTS]
        work.record.append(TOOL_CALL, body, full=full, owner=self.owner())

    def asked(self, arguments: object) -> None:
        """Note the arguments of a call that was refused before they were looked at, where they are well formed."""
        tool = find_tool(self.tool)
        if self.args is None and tool is not None:
            try:
                self.args = parse(tool, arguments)
            except InvalidArguments:
                pass

    def patients(self) -> list[UUID]:
        """Whose records the call names or shows."""
        found = dict.fromkeys([self.caller.patient_id] if self.caller.patient_id else [])
        patients_in(self.args, found)
        patients_in(self.out, found)
        return list(found | dict.fromkeys(self.seen))

    def owner(self) -> Owner | None:
        """Under whose key the call's texts are sealed: the voice session's whose words they are, or the patient's."""
        field = getattr(type(self.args), "voice_field", None)
        session = getattr(self.args, field) if field is not None else None
        if session is not None and self.out is not None:
            return Owner(session, "voice")
        subject = self.subject()
        return Owner(subject, "patient") if subject else None

    def subject(self) -> UUID | None:
        """The one patient whom the call is about: under that patient's key it is sealed. A refused call names whom it
        was about, but whether there is such a patient is not known."""
        if self.caller.patient_id is not None:
            return self.caller.patient_id
        patients = self.patients()
        return patients[0] if self.out is not None and len(patients) == 1 else None


def permitted(name: str, caller: Principal) -> Tool:
    """The tool, if the caller may use it."""
    tool = find_tool(name)
    if tool is None:
        raise NotFound(f"There is no tool {name}.")
    if not caller.may(tool.needs.name):
        raise Forbidden(f"{tool.name} needs the permission {tool.needs.name}.")
    if caller.kind == "patient" and not tool.by_patient:
        raise Forbidden(f"{tool.name} is for staff.")
    return tool


def parse(tool: Tool, arguments: object) -> Args:
    """The arguments, checked strictly; InvalidArguments names each field and its rule."""
    if isinstance(arguments, tool.args):
        return arguments
    try:
        if isinstance(arguments, bytes | str):
            return tool.args.model_validate_json(arguments)
        return tool.args.model_validate_json(_to_json(arguments))
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from error


def invalid(found: Iterable[Any]) -> InvalidArguments:
    """InvalidArguments from Pydantic's errors, without the values given."""
    errors = [
        {"field": ".".join(str(part) for part in fault["loc"]) or "body", "rule": _rule(fault)} for fault in found
    ]
    named = ", ".join(dict.fromkeys(str(error["field"]) for error in errors))
    return InvalidArguments(f"Not accepted: {named}.", errors=errors)


def _rule(error: Any) -> str:
    """What a value must be, in words for people."""
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == NOT_BLANK:
        return "must not be blank"
    return str(error["msg"]).removeprefix("Value error, ")


def _to_json(arguments: object) -> str:
    if isinstance(arguments, BaseModel):
        return arguments.model_dump_json()
    return json.dumps(arguments, default=str)
