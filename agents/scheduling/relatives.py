"""For whom a visit is: the patient, or a relative whose record is linked and whom the patient may act for."""

from __future__ import annotations

import re
from collections.abc import Collection

from rapidfuzz import fuzz

from agents.commands import Affirm, Choose, Correct, Fill, Start
from agents.scheduling.data import VisitData
from agents.scheduling.departments import CHILD_UNDER, age_and_sex
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.name_words import NOT_NAMES, TITLES
from agents.understanding.resolve.names import ME, name_words
from agents.understanding.resolve.spelling import plain
from tools.patients.tools import RelativeOut, list_relatives

_SELF = {"me", "myself", "self", "mine", "mere", "mera", "meri", "khud", "apne", "मेरे", "मेरा", "खुद", "i"}
_SAME = {
    "mother": {"mother", "mom", "mum", "mummy", "mummyji", "amma", "maa", "ma", "mata", "माँ", "मां", "मम्मी"},
    "father": {"father", "dad", "papa", "daddy", "appa", "pita", "pitaji", "baba", "पापा", "पिता"},
    "wife": {"wife", "patni", "biwi", "पत्नी"},
    "husband": {"husband", "pati", "hubby", "पति"},
    "son": {
        "son",
        "beta",
        "bete",
        "ladka",
        "ladke",
        "boy",
        "kid",
        "child",
        "baby",
        "guy",
        "bacche",
        "bachche",
        "baccha",
        "bachcha",
        "बेटा",
        "बेटे",
        "बच्चा",
    },
    "daughter": {
        "daughter",
        "beti",
        "bitiya",
        "ladki",
        "girl",
        "bacchi",
        "bacche",
        "bachche",
        "kid",
        "child",
        "baby",
        "बेटी",
        "बच्ची",
    },
    "brother": {"brother", "bhai", "भाई"},
    "sister": {"sister", "behen", "didi", "बहन"},
}


_PRONOUNS = {"him", "her", "them", "he", "she", "uske", "uska", "unke", "unka", "उसके", "उनके"}
_FOR_OTHERS = ("book", "waitlist")
# "My younger son", "mere bete ko": whose trouble it is, where the message asks for a visit.
_MY_KIN = re.compile(
    r"(?<!\w)(?:(?:my|our|mere|meri|mera|apne|apni|hamare|hamari) (?:\w+ ){0,2}?(?P<kin>[a-z]+)(?= (?:has|have|had|is|"
    r"was|needs?|should|could|got|gets|keeps|cries|can|won|isn|fell|hurt|ko|ke|ka|ki|ne|who|with)|[.,!]|$))"
)


_NOT_ME = re.compile(r"(?<!\w)(?:not|nahi|na) (?:for me|mere liye)|(?:mere|apne) liye (?:nahi|mat|na)(?!\w)")

_OWNER = re.compile(
    r"(?<!\w)(?<!dr )(?<!doctor )(?P<who>[^\W\d_]+)(?:'s| ka| ki| ke) (?:\w+ ){0,3}?(?:appoint|visit|book|slot|consult)"
)


async def settle_subject(dialogue: Dialogue) -> bool:
    """Set for whom the flow acts: as it was said, or as a relative's name or kin in the first message tells. False: it
    has been asked, or that person's record is not linked."""
    state, data = dialogue.state, dialogue.data(VisitData)
    asked = state.awaiting == "for_whom"
    if state.subject_id is not None and data.for_whom and data.for_whom.lower().strip() in _PRONOUNS:
        data.for_whom = None  # "what time will that be for him": the one who is spoken of
    if asked:
        text = plain(dialogue.text).text
        if not data.for_whom and ME.search(text) and not _NOT_ME.search(text):
            data.for_whom = "me"  # "ok then book for me"
        said = data.for_whom or ("" if dialogue.has(Fill, Correct, Choose, Start, Affirm) else dialogue.text[:200])
        if not said or (_names_nobody(said) and not _is_self(dialogue, said, _tokens(said))):  # something else was said
            data.for_whom = None
            dialogue.missed("not_understood")
            dialogue.say("ask_for_whom_again")
            return False
        data.for_whom = said
    if not data.for_whom and (not data.said or state.subject_id is not None):
        return True
    if not data.for_whom and state.flow not in _FOR_OTHERS:
        await _whose_visit(dialogue, data.said)
        return True
    words = data.for_whom or data.said
    tokens = _tokens(words)
    if data.for_whom and _is_self(dialogue, words, tokens):
        state.subject_id, state.subject_name, data.said = None, "", ""
        if asked:
            state.ask(None)
        return True
    if not data.for_whom and _names_nobody(words, _doctor_named(data.practitioner)):
        data.said = ""
        return True
    assert state.patient_id is not None
    relatives = (await dialogue.call_as_service(list_relatives, patient_id=str(state.patient_id))).items
    found = _found(dialogue, relatives, words, tokens)
    if len(found) == 1 and (found[0].may_act or found[0].patient_id in state.vouched):
        state.subject_id, state.subject_name, data.said = found[0].patient_id, found[0].name, ""
        if asked:
            state.ask(None)
        return True
    if not data.for_whom:
        data.said = ""
        return True
    if await _is_the_child(dialogue, tokens):
        state.subject_id, state.subject_name, data.said = None, "", ""
        state.ask(None)
        return True
    if not asked and state.flow not in _FOR_OTHERS and not _of_that_one(data.for_whom, f"{data.said} {dialogue.text}"):
        data.for_whom = None  # told beside one's own visit: "my sister is coming that day"
        return True
    return _not_linked(dialogue, words, relatives, asked=asked)


def _names_nobody(words: str, besides: Collection[str] = ()) -> bool:
    """Whether no word but `besides` could be a name or a relative ("wait a moment", "the second one please")."""
    said = set(re.findall(r"[^\W\d_]+", plain(words).text)) - set(besides) - TITLES
    return said <= NOT_NAMES and not any(said & names for names in _SAME.values())


def _doctor_named(said: str | None) -> list[str]:
    """The words of a doctor as one was named; a single word may be a relative's name too."""
    words = name_words(said or "")
    return words if len(words) > 1 else []


async def _whose_visit(dialogue: Dialogue, said: str) -> None:
    """ "Cancel Omkar's appointment": the visit is the relative's of that name, where the writer may act for one."""
    state = dialogue.state
    owner = _OWNER.search(plain(said).text)
    if owner is None or state.patient_id is None:
        return
    relatives = (await dialogue.call_as_service(list_relatives, patient_id=str(state.patient_id))).items
    found = _found(dialogue, relatives, owner["who"], _tokens(owner["who"]))
    if len(found) == 1 and (found[0].may_act or found[0].patient_id in state.vouched):
        state.subject_id, state.subject_name = found[0].patient_id, found[0].name


def _of_that_one(whom: str, text: str) -> bool:
    """Whether the visit is said to be a relative's: "my mother's appointment", "for my mother"; so it is taken to be
    where the words that named the relative are not at hand. `text`: the message that began the flow, and this one."""
    who, said = re.escape(plain(whom).text.strip()), plain(text).text
    if re.search(rf"(?<!\w){who}(?!\w)", said) is None:
        return True
    visit = r"(?:\w+ ){0,3}?(?:appoint|visit|book|slot)"
    return bool(re.search(rf"(?<!\w)(?:for|of) {who}(?!\w)|{who}(?:'s| ka| ki| ke) {visit}", said))


async def _is_the_child(dialogue: Dialogue, tokens: set[str]) -> bool:
    """Whether the child who is spoken of is the patient whose birth date was given: a parent writes on its number."""
    if not tokens & (_SAME["son"] | _SAME["daughter"]):
        return False
    years, _ = await age_and_sex(dialogue)
    return years < CHILD_UNDER


def _not_linked(dialogue: Dialogue, words: str, relatives: list[RelativeOut], *, asked: bool) -> bool:
    state, data = dialogue.state, dialogue.data(VisitData)
    data.for_whom = None
    if asked:
        state.misses += 1
        if state.misses > 1 or words in state.last_answer:
            dialogue.say("relative_not_linked", words=words[:60])
            state.end_flow()
            return False
    names = ", ".join([state.given, *(relative.name.split()[0] for relative in relatives if relative.may_act)])
    dialogue.say("ask_for_whom", words=words[:60], names=names)
    state.ask("for_whom")
    return False


def _tokens(words: str) -> set[str]:
    return set(re.findall(r"\w+", words.lower())) | set(words.split()) | set(plain(words).text.split())


def _is_self(dialogue: Dialogue, words: str, tokens: set[str]) -> bool:
    own = _SELF | {dialogue.state.given.lower()}
    mine = re.search(r"(?<!\w)(?:for me|me|myself|mine|i'm the|mere liye|khud)(?!\w)", plain(words).text)
    return bool(tokens & own) and (mine is not None or not any(tokens & names for names in _SAME.values()))


def _found(dialogue: Dialogue, relatives: list[RelativeOut], words: str, tokens: set[str]) -> list[RelativeOut]:
    """The relatives that the words name; in the first message only by their given name, or as "my son", since it speaks
    of much else."""
    if dialogue.data(VisitData).for_whom:
        return [relative for relative in relatives if _fits(relative, tokens)]
    text = plain(words).text
    doctors = {str(known.name).lower() for known in dialogue.hospital.names.practitioners}
    named = [
        relative
        for relative in relatives
        if re.search(rf"(?<!\w)(?<!dr )(?<!doctor ){re.escape(relative.name.split()[0].lower())}(?!\w)", text)
        and not any(f"{relative.name.split()[0].lower()} {name.split()[-1]}" in text for name in doctors)
    ]
    if named:
        return named
    kin = {match["kin"] for match in _MY_KIN.finditer(text)}
    return [relative for relative in relatives if kin & _SAME.get(relative.relation, set())]


def _fits(relative: RelativeOut, tokens: set[str]) -> bool:
    same = _SAME.get(relative.relation, {relative.relation})
    names = relative.name.lower().split()
    return bool(tokens & same) or any(
        fuzz.ratio(token, name) >= 85 for token in tokens for name in names if len(token) > 2
    )
