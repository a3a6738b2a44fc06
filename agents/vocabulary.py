"""What the agents' flows are called and how patients speak of them: the words of every `agents/<agent>/flow.yaml`.

These words stand apart from the flows' code, so that commands, the prompt and the built-in understanding can be made
from them without it.

    first: true                    # its flows are looked for before others, and their words are no question
    slots: {<slot>: {means: <for the model>, words: <how long an answer may be>}}
    flows: {<flow>: {means: <for the model>, starts: [<pattern>], agrees: <pattern>, agrees_in_a_word: <words>,
        beside: <pattern>}}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lexicon import Lexicon

AGENTS = Path(__file__).parent
ANSWER_WORDS = 6  # so long an answer in the patient's own words is, unless its slot says otherwise


@dataclass(frozen=True, slots=True)
class SlotWords:
    """A piece of information that a patient may give. `answer_words`: the most words of a bare answer to a question for
    it."""

    name: str
    agent: str
    means: str
    answer_words: int


@dataclass(frozen=True, slots=True)
class FlowWords:
    """How patients speak of a flow. `starts` finds where one begins, in plain text; None where only another flow or a
    model begins it. `agrees`: a pattern of what agrees to it by its name ("cancel it"); `agrees_in_a_word`: single
    words that do; `beside`: what is often said beside it though it denies ("we won't be coming, cancel it"). `first`:
    it is looked for before those that are not, and its words are no question beside it."""

    name: str
    agent: str
    means: str
    starts: re.Pattern[str] | None
    agrees: str
    agrees_in_a_word: frozenset[str]
    beside: str
    first: bool = False


def _read() -> tuple[dict[str, SlotWords], dict[str, FlowWords]]:
    slots: dict[str, SlotWords] = {}
    flows: dict[str, FlowWords] = {}
    books = [(path, Lexicon(path)) for path in sorted(AGENTS.glob("*/flow.yaml"))]
    for path, lexicon in sorted(books, key=lambda book: "first" not in book[1]):
        agent, first = path.parent.name, "first" in lexicon
        for name in lexicon.at("slots") if "slots" in lexicon else ():
            if name in slots:
                raise ValueError(f"{path}: the slot {name} is {slots[name].agent}'s")
            words = lexicon.at("slots", name)
            slots[name] = SlotWords(name, agent, words.text("means"), words.number("words", ANSWER_WORDS))
        for name in lexicon.at("flows") if "flows" in lexicon else ():
            if name in flows:
                raise ValueError(f"{path}: the flow {name} is {flows[name].agent}'s")
            words = lexicon.at("flows", name)
            starts = "|".join(words.texts("starts")) if "starts" in words else ""
            flows[name] = FlowWords(
                name, agent, words.text("means"), re.compile(rf"(?<!\w)(?:{starts})") if starts else None,
                words.text("agrees", ""), words.words("agrees_in_a_word", ""), words.text("beside", ""), first,
            )  # fmt: skip
    return slots, flows


SLOTS, FLOWS = _read()
WHO = frozenset(name for name, slot in SLOTS.items() if slot.agent == "concierge")  # about the writer, and no flow's
