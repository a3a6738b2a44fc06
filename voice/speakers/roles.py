"""Which speaker is the doctor, the patient, a nurse: from what each says. Rules, and "unknown" where they do not tell:
a sentence put into the patient's mouth by mistake can hurt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["doctor", "patient", "nurse", "other", "assistant", "unknown"]
_FEWEST_WORDS = 12
_SURE = 0.7
_NURSES_ASK = 3.0  # a doctor asks and explains more than that, in cues in a hundred words

# What each asks and says, by the parts of a visit: opening, history, examination, plan. English and Hindi in Latin letters.
_DOCTOR = re.compile(
    r"\b(?:(?:do|did|have|are|were|has|is|does) (?:you|your|it|that|the pain|there)\b|any (?:history|allerg|fever|pain|chills|"
    r"nausea|vomiting|numbness|chest|shortness|changes?|other|problems?|issues?|trouble)|how (?:long|often|bad|many|much|are|is|"
    r"have|did|would)|when did|what (?:brings|happened|kind|medic|makes|seems)|on a scale|tell me|let me|let'?s|can you (?:tell|"
    r"lift|move|bend|show|take|describe)|i(?:'m| am) (?:going to|gonna)|i(?:'d| would) like (?:to|you)|i want (?:to|you)|we'?ll|"
    r"we(?:'re| are) (?:going to|gonna)|i(?:'ll| will) (?:order|prescribe|refer|see you|have you|give you|put|send|get)|prescri|"
    r"refer(?:ral)?|milligrams?|your (?:blood|x-?ray|exam|labs?|results?|heart|lungs?|mri|ct|echo|ekg|a1c|sugar|symptoms?|"
    r"medication)|on (?:physical )?exam|take a (?:look|deep breath|listen)|deep breath|does (?:it|this|that) hurt|"
    r"tender(?:ness)?|follow[- ]?up|come back|diagnos|assessment|differential|recommend|continue (?:on|with|the|taking)|"
    r"i(?:'m| am) (?:doctor|dr)|my name is (?:doctor|dr)|year[- ]old|presents|kab se|kahan dard|dawai likh)",
    re.IGNORECASE,
)
_PATIENT = re.compile(
    r"\b(?:i(?:'ve| have) (?:been|had|got|noticed|tried|taken)|i (?:feel|felt|think|guess|take|took|was|had|noticed|tried|don'?t|"
    r"can'?t|couldn'?t|just|get|got|usually|went|woke|fell|work|live|smoke|drink|haven'?t|am|do|did)|i'?m (?:having|not|feeling|"
    r"taking|worried|just|on|a little|pretty|doing|allergic)|my (?:\w+ )?(?:back|knee|head|chest|stomach|arm|leg|foot|ankle|"
    r"shoulder|neck|hip|throat|ear|wife|husband|mom|mother|dad|father|son|daughter|kids|doctor|family|job|hands?|feet|eyes?|"
    r"skin)|hurts?|it (?:started|comes|feels|gets|kind of|just|happened|'s been)|it'?s (?:been|just|kind of|like|pretty|worse|more)|"
    r"yes,? (?:doctor|sir|ma'?am)|thank you,? (?:doctor|doc)|(?:hi|hello|hey),? (?:doctor|doc)\b|doctor saab|"
    r"mujhe|mera|meri|dard (?:hai|ho))",
    re.IGNORECASE,
)
_NURSE = re.compile(
    r"\b(?:i(?:'m| am) (?:the |your |a )?(?:\w+ )?nurse|(?:the )?doctor will (?:be|see)|(?:dr\.?|doctor) \w+ will|"
    r"take your (?:vitals|temperature|blood pressure|weight)|(?:get|check) your (?:vitals|weight|temperature)|step on the scale|"
    r"roll up your sleeve)",
    re.IGNORECASE,
)
_MINE = re.compile(r"\bi(?:'m| am) (?:the |your |a )?(?:\w+ )?nurse\b", re.IGNORECASE)
_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class Weight:
    words: int
    doctor: float  # cues in a hundred words
    patient: float
    nurse: int


def roles_of(texts: Mapping[str, str], known: Mapping[str, Role] | None = None) -> dict[str, tuple[Role, float]]:
    """The role of each speaker, and how sure it is (0 to 1), from all that each has said. `known` are the speakers
    whose role is certain: enrolled, by the channel, or said by a person."""
    found: dict[str, tuple[Role, float]] = {name: (role, 1.0) for name, role in (known or {}).items()}
    weights = {name: _weigh(text) for name, text in texts.items() if name not in found}
    for name, weight in list(weights.items()):
        if _MINE.search(texts[name]) or (weight.nurse >= 2 and weight.doctor < _NURSES_ASK):
            found[name] = ("nurse", 0.8)
            del weights[name]
    heard = {name: weight for name, weight in weights.items() if weight.words >= _FEWEST_WORDS}
    assigned = {role for role, _ in found.values()}
    ordered = sorted(heard, key=lambda name: heard[name].doctor - heard[name].patient, reverse=True)
    if ordered and "doctor" not in assigned:
        found |= _pick("doctor", ordered[0], heard, against=ordered[1:])
    if ordered and "patient" not in assigned and ordered[-1] not in found:
        found |= _pick("patient", ordered[-1], heard, against=ordered[:-1])
    for name in texts:
        found.setdefault(name, ("other", 0.5) if len(texts) > 2 and name in heard else ("unknown", 0.0))
    return found


def _pick(role: Role, name: str, heard: Mapping[str, Weight], *, against: list[str]) -> dict[str, tuple[Role, float]]:
    """The role, where what was said tells; sureness grows with the distance to the others."""
    sign = 1 if role == "doctor" else -1
    own = sign * (heard[name].doctor - heard[name].patient)
    others = [sign * (heard[other].doctor - heard[other].patient) for other in against]
    gap = own - max(others) if others else own
    sure = max(0.0, min(1.0, 0.5 + gap / 10))
    return {name: (role, sure)} if sure >= _SURE else {}


def _weigh(text: str) -> Weight:
    words = len(_WORD.findall(text))
    per_hundred = 100 / max(words, 30)
    return Weight(
        words,
        len(_DOCTOR.findall(text)) * per_hundred,
        len(_PATIENT.findall(text)) * per_hundred,
        len(_NURSE.findall(text)),
    )
