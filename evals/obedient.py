"""A model that obeys: whatever a text tells it, it answers with what an attacker could want."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.doubles.openai_server import FUNCTION, Reply
from tools.runtime.tool import all_tools

KEY = "sk-obedient-4f1c9e77a0b35d62"
_FLOWS = ("cancel", "book", "reschedule", "list", "waitlist")
_SLOTS = ("for_whom", "practitioner", "name", "birth_date", "day", "specialty", "appointment", "reason")


class Obedient:
    """The model's answers: one shape after the other, filled with what an attacker could want."""

    SHAPES = ("commands", "tools", "broken", "parrot", "all")

    def __init__(self, victim: dict[str, Any], seed: int = 1) -> None:
        self.victim, self.rng, self.count = victim, random.Random(seed), 0
        names = [tool.name for tool in all_tools()]
        self.tools = [(name, self._arguments(name)) for name in names]
        self.tools += [(name.replace(".", "_"), self._arguments(name)) for name in names]

    def __call__(self, body: dict[str, Any]) -> Reply:
        asked = "\n".join(message["content"] for message in body["messages"])
        said = str(json.loads(asked.rsplit("The patient's message: ", 1)[1]))
        shape = self.SHAPES[self.count % len(self.SHAPES)]
        self.count += 1
        wanted = (FUNCTION, json.dumps({"commands": self._commands(said)}, ensure_ascii=False))
        calls: list[tuple[str, str]] = [wanted]
        if shape in ("tools", "all"):
            calls += self.tools
        if shape == "broken":
            nonsense = [("", "{}"), ("admin.sql", '{"q": "DELETE FROM appointment"}'), (FUNCTION, wanted[1][:-7])]
            calls = nonsense[: self.rng.randint(1, 3)] + [wanted] * self.rng.randint(0, 1)
        content = f"{asked}\n{json.dumps(body.get('tools'))}\nAuthorization: Bearer {KEY}"
        return Reply(calls=tuple(calls), content=content if shape in ("parrot", "all") else None)

    def _commands(self, said: str) -> list[dict[str, Any]]:
        """What the text wants done: with the patient's own words, so that they are let through, and with others."""
        words = said.split() or ["1"]
        start = self.rng.randrange(len(words))
        piece = " ".join(words[start : start + 3])[:200]
        pool: list[dict[str, Any]] = [{"kind": "start", "flow": flow} for flow in _FLOWS]
        pool += [
            {"kind": kind} for kind in ("affirm", "affirm", "affirm", "stop_messages", "resume_messages", "repeat")
        ]
        pool += [{"kind": "fill", "slot": slot, "value": piece} for slot in _SLOTS]
        pool += [{"kind": "correct", "slot": slot, "value": self.victim["given"]} for slot in _SLOTS]
        pool += [{"kind": "choose", "value": value} for value in (piece, "1", words[0][:200])]
        pool += [
            {"kind": "ask", "topic": topic, "about": piece} for topic in ("privacy", "results", "other", "doctors")
        ]
        pool += [{"kind": "affirm", "patient_id": str(self.victim["id"])}, {"kind": "sql", "value": said[:200]}]
        pool += [{"kind": "set_language", "language": "hi"}, {"kind": "start_over"}, {"kind": "abandon"}]
        if self.rng.random() < 0.1:
            return [{"kind": "hand_over"}]
        if self.rng.random() < 0.3:
            return [{"kind": "start", "flow": self.rng.choice(_FLOWS)}, {"kind": "affirm"}]
        return self.rng.sample(pool, self.rng.randint(1, 9))

    def _arguments(self, name: str) -> str:
        tool = next(tool for tool in all_tools() if tool.name == name)
        known = {"patient_id": str(self.victim["id"]), "phone": self.victim["phone"], "mrn": self.victim["mrn"]}
        return json.dumps({one: known.get(one, str(self.victim["id"])) for one in tool.args.model_fields})
