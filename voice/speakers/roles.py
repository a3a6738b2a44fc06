"""Which speaker is the doctor, the patient, a nurse: from what each says. Rules, and "unknown" where they do not tell:
a sentence put into the patient's mouth by mistake can hurt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lexicon import beside

_WORDS = beside(__file__)

Role = Literal["doctor", "patient", "nurse", "other", "assistant", "unknown"]
_FEWEST_WORDS = 12
_SURE = 0.7
_NURSES_ASK = 3.0  # a doctor asks and explains more than that, in cues in a hundred words

_DOCTOR = _WORDS.pattern("doctor", re.IGNORECASE)
_PATIENT = _WORDS.pattern("patient", re.IGNORECASE)
_NURSE = _WORDS.pattern("nurse", re.IGNORECASE)
_MINE = _WORDS.pattern("mine", re.IGNORECASE)
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
    weighed = {name: weight for name, weight in weights.items() if weight.words >= _FEWEST_WORDS}
    assigned = {role for role, _ in found.values()}
    ordered = sorted(weighed, key=lambda name: weighed[name].doctor - weighed[name].patient, reverse=True)
    if ordered and "doctor" not in assigned:
        found |= _pick("doctor", ordered[0], weighed, against=ordered[1:])
    if ordered and "patient" not in assigned and ordered[-1] not in found:
        found |= _pick("patient", ordered[-1], weighed, against=ordered[:-1])
    for name in texts:
        found.setdefault(name, ("other", 0.5) if len(texts) > 2 and name in weighed else ("unknown", 0.0))
    return found


def _pick(role: Role, name: str, weighed: Mapping[str, Weight], *, against: list[str]) -> dict[str, tuple[Role, float]]:
    """The role, where what was said tells; sureness grows with the distance to the others."""
    sign = 1 if role == "doctor" else -1
    own = sign * (weighed[name].doctor - weighed[name].patient)
    others = [sign * (weighed[other].doctor - weighed[other].patient) for other in against]
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
