"""False alarms and recall of the default policy: `python -m evals.false_alarms`.

`ordinary_messages.yaml` holds 500 messages as patients and staff write them, in English, Hinglish and Hindi: bookings,
complaints, worries, impatience, medical words, questions about doses, and words that signs of steering or abuse also
use ("ignore my last message", "the system is down", "kill the pain"). Patients' are judged as messages in; staff's as
messages in and out; every sentence of our own templates as an agent's answer. To these come the user turns of SGD's
medical dialogues. Of all of them the policy may flag one in a hundred.

Recall is printed beside it, whatever it is: of the signs of steering on the shared attacks, and of the patterns for
diagnoses and doses on sentences that no clinician would want an assistant to say (`not_to_be_said` in the same file).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evals.injection import DATA as INJECTION
from evals.injection import attacks
from governance.policies.injection import looks_like_injection
from governance.policies.policy import Stage, default_policy
from governance.policies.screening import Subject, decide

ROOT = Path(__file__).parents[1]
OWN = Path(__file__).parent / "ordinary_messages.yaml"
SGD = ROOT.parent / "shared/data/dialogues/sgd_medical/train.json"
TEMPLATES = ("agents/**/texts/*.yaml", "tools/conversations/texts/*.yaml")
MOST = 0.01


@dataclass(slots=True)
class Counted:
    """How many texts of one kind were judged, and what was flagged: rule -> texts."""

    name: str
    texts: int = 0
    flagged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def rows(self) -> int:
        return len({text for texts in self.flagged.values() for text in texts})

    @property
    def good(self) -> bool:
        return self.rows <= MOST * self.texts


def judged(name: str, texts: Iterable[str], stages: tuple[Stage, ...], *, by_agent: bool) -> Counted:
    """Each text at each stage under the default policy. Nobody is known and nothing is a ground, so the rules on other
    patients' data and on ungrounded statements, which need those, have their own tests."""
    counted, policy = Counted(name), default_policy()
    for text in texts:
        counted.texts += 1
        for stage in stages:
            for decision in decide(policy, Subject(stage, text, by_agent=by_agent)):
                counted.flagged[decision.rule].append(text)
    return counted


def own() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(OWN.read_text(encoding="utf-8"))
    return document


def templates() -> list[str]:
    """Our own sentences, with what people fill in."""
    facts = {"number": "112", "line": "14416", "phone": "+91 80 4555 0101", "when": "Tuesday, 24 November at 10:30 am",
             "given": "Asha", "name": "Asha", "practitioner": "Dr. Meera Nair", "location": "Main Campus"}  # fmt: skip
    found: list[str] = []
    for pattern in TEMPLATES:
        for path in sorted(ROOT.glob(pattern)):
            for text in yaml.safe_load(path.read_text(encoding="utf-8")).values():
                found.append(re.sub(r"{(\w+)}", lambda match: facts.get(match[1], "General Medicine"), str(text)))
    return found


def user_turns() -> list[str]:
    """SGD's user turns, each wording once."""
    dialogues = json.loads(SGD.read_text())
    turns = (turn for dialogue in dialogues for turn in dialogue["turns"] if turn["speaker"] == "USER")
    return list(dict.fromkeys(turn["utterance"] for turn in turns))


def run() -> list[Counted]:
    """All sets that are here; SGD only beside the shared data."""
    document = own()
    staff = document["staff"]
    counted = [
        judged("patients' messages", document["patients"], ("message_in",), by_agent=True),
        judged("staff's messages in", staff, ("message_in",), by_agent=False),
        judged("staff's messages out", staff, ("message_out",), by_agent=False),
        judged("staff's messages as an agent's", staff, ("message_out",), by_agent=True),
        judged("our templates", templates(), ("message_out",), by_agent=True),
    ]
    if SGD.exists():
        counted.append(judged("SGD user turns", user_turns(), ("message_in",), by_agent=True))
    return counted


def missed(kind: str) -> tuple[list[str], int]:
    """(sentences of a kind that its rule does not stop, all)."""
    policy, sentences = default_policy(), own()["not_to_be_said"][kind]
    rule = f"{kind}-to-patient"
    found = [
        sentence
        for sentence in sentences
        if rule not in {decision.rule for decision in decide(policy, Subject("message_out", sentence))}
    ]
    return found, len(sentences)


def main() -> int:
    counted = run()
    for one in counted:
        print(f"{one.name}: {one.rows} of {one.texts} flagged ({one.rows / one.texts:.2%})")
        for rule, texts in one.flagged.items():
            print(f"  {rule}: {len(texts)}")
            for text in dict.fromkeys(texts):
                print(f"    {text}")
    if INJECTION.exists():
        texts = attacks()
        signs = sum(map(looks_like_injection, texts))
        print(f"recall of injection_signs on the shared attacks: {signs} of {len(texts)} ({signs / len(texts):.0%})")
    else:
        print("recall of injection_signs: skipped, the shared data are not here")
    for kind in ("diagnosis", "dosage"):
        left, total = missed(kind)
        print(f"recall of {kind}: {total - len(left)} of {total} ({1 - len(left) / total:.0%})")
        for sentence in left:
            print(f"    not stopped: {sentence}")
    return 0 if all(one.good for one in counted) else 1


if __name__ == "__main__":
    raise SystemExit(main())
