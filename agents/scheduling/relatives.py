"""For whom a visit is: the patient, or a relative whose record is linked and whom the patient may act for."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from agents.scheduling.data import VisitData
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.spelling import plain
from tools.patients.tools import RelativeOut, list_relatives

_SELF = {"me", "myself", "self", "mine", "mere", "mera", "meri", "khud", "apne", "मेरे", "मेरा", "खुद", "i"}
_SAME = {
    "mother": {"mother", "mom", "mum", "mummy", "mummyji", "amma", "maa", "ma", "mata", "माँ", "मां", "मम्मी"},
    "father": {"father", "dad", "papa", "daddy", "appa", "pita", "pitaji", "baba", "पापा", "पिता"},
    "wife": {"wife", "patni", "biwi", "पत्नी"},
    "husband": {"husband", "pati", "hubby", "पति"},
    "son": {"son", "beta", "boy", "kid", "child", "baby", "बेटा", "बेटे", "बच्चा"},
    "daughter": {"daughter", "beti", "girl", "kid", "child", "baby", "बेटी", "बच्ची"},
    "brother": {"brother", "bhai", "भाई"},
    "sister": {"sister", "behen", "didi", "बहन"},
}


async def settle_subject(dialogue: Dialogue) -> bool:
    """Set for whom the flow acts. False: that person's record is not linked; the flow has ended."""
    words = dialogue.data(VisitData).for_whom
    if not words:
        return True
    tokens = set(re.findall(r"\w+", words.lower())) | set(words.split()) | set(plain(words).text.split())
    if tokens & _SELF and not any(tokens & names for names in _SAME.values()):
        dialogue.state.subject_id, dialogue.state.subject_name = None, ""
        return True
    assert dialogue.state.patient_id is not None
    relatives = (await dialogue.call_as_service(list_relatives, patient_id=str(dialogue.state.patient_id))).items
    found = [relative for relative in relatives if _fits(relative, tokens)]
    if len(found) == 1 and (found[0].may_act or found[0].patient_id in dialogue.state.vouched):
        dialogue.state.subject_id, dialogue.state.subject_name = found[0].patient_id, found[0].name
        return True
    dialogue.say("relative_not_linked", words=words)
    dialogue.state.end_flow()
    return False


def _fits(relative: RelativeOut, tokens: set[str]) -> bool:
    same = _SAME.get(relative.relation, {relative.relation})
    names = relative.name.lower().split()
    return bool(tokens & same) or any(
        fuzz.ratio(token, name) >= 85 for token in tokens for name in names if len(token) > 2
    )
