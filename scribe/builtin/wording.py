"""Spoken wording turned into note wording: third person, full forms, no fillers, figures in digits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scribe.builtin.verbs import inflect, is_adverb, is_participle
from scribe.builtin.words import read_words
from scribe.language.figures import write_figures
from scribe.visit import Patient, Role

_FORMS = (
    (r"\bwon't\b", "will not"), (r"\bcan't\b", "cannot"), (r"\bain't\b", "is not"), (r"\bshan't\b", "shall not"),
    (r"(\w)n't\b", r"\1 not"), (r"(\w)'s (?=been\b)", r"\1 has "),
    (r"\b(?:gonna|gon na)\b", "going to"), (r"\b(?:wanna|wan na)\b", "want to"),
    (r"\b(?:gotta|got ta)\b", "have to"), (r"(?:^|(?<=\s))'?cause\b", "because"), (r"\bdunno\b", "do not know"),
    (r"\b(it|that|there|he|she|what|where|here)'s (?=been\b|gotten\b|had\b|gone\b)", r"\1 has "),
    (r"\b(it|that|there|he|she|what|where|here|who|how)'s\b", r"\1 is"), (r"\b(they|we)'re\b", r"\1 are"),
    (r"\b(they|we)'ve\b", r"\1 have"), (r"\bi'd (?=been\b|had\b|seen\b|\w+ed\b)", "i had "),
    (r"\b(it|that|they|we|he|she|there)'ll\b", r"\1 will"),
    (r"\b(it|that|they|we|he|she)'d\b", r"\1 would"), (r"\blet's\b|\blets\b", "let us"), (r"\by'all\b", "you"),
)  # fmt: skip
_FILLERS = re.compile(
    r"\b(?:kind of|sort of|kinda|sorta|basically|honestly|obviously|actually|literally|i guess|i mean|you know"
    r"|you see|or something"
    r"|or whatever|or anything|and stuff(?: like that)?|and things like that|or anything like that"
    r"|or something like that|gosh"
    r"|oh my god|oh|wow|please|just|really|for me|right now here|like i said|as i said|as you know|of course"
    r"|go ahead and|again,|mm-hmm|uh-huh|hmm|ah)\b,?",
    re.I,
)
_LIKE = re.compile(
    r",\s*like,\s*|\b(?:is|was|are|were|been|about|for|be) like(?=,| \d"
    r"| (?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty)\b"
    r"| about| a (?:week|month|year|day|couple))",
    re.I,
)
_LEADS = re.compile(
    r"^(?:(?:okay|ok|alright|all right|so|and|but|well|yeah|yes|yep|now|then|um|uh|also|because(?! of)|which|like"
    r"|anyway|plus|or|oh|hey"
    r"|i guess|i see that|i see here that|i see here|i know that|i know|i understand that|i understand"
    r"|i heard that|i heard|you said that|you said|you mentioned that|you mentioned|i mean)\b(?!-)[,.]?\s*"
    r"|i(?:'m| am) (?:doing )?(?:okay|good|fine|great|well),? (?=(?:thank|the|i|so|it|how)\b)|thank(?:s"
    r"| you)(?: so much| very much)?,? |how are you,? "
    r"|(?:right|great|good|perfect|excellent|wonderful|sure|nice)(?:[,.]\s*|\s+(?=and |so |okay|i |you |now )|$)"
    r"|(?:no|nope|nah)(?:,\s*|\s+(?=i |i'|it |not |no |nope|my |but |just |she |he |the patient )|$))+",
    re.I,
)
_TAILS = re.compile(
    r"(?:,\s*(?:okay|ok|alright|all right|right|well|yeah|though|then|too)"
    r"|(?<!doing)(?<!feeling)(?<!feel)(?<!is)(?<!been)(?<!be)"
    r"(?<!are)(?<!was)(?<!going) (?:okay|ok|alright|all right)|[,.]?\s+(?:and|so|but|or|because|like|um|uh|yeah"
    r"|the|a|to|you know|of|with|my|your|i))+"
    r"\s*[.,?!]*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Person:
    """How the note speaks of the patient. `subject` and the others in lower case."""

    subject: str
    object: str
    possessive: str
    reflexive: str

    @property
    def known(self) -> bool:
        return self.subject != "the patient"


_PEOPLE = {
    "female": Person("she", "her", "her", "herself"),
    "male": Person("he", "him", "his", "himself"),
    None: Person("the patient", "the patient", "their", "themselves"),
}


def describe_person(patient: Patient) -> Person:
    return _PEOPLE[patient.sex]


def write_out(text: str) -> str:
    """Contractions in full, fillers and leading or trailing talk dropped; still in the speaker's own person."""
    text = text.replace("’", "'").strip()
    for expression, full in _FORMS:
        text = re.sub(expression, full, text, flags=re.I)
    text = _LIKE.sub(lambda found: " " if found[0].startswith(",") else found[0][:-5], text)
    text = _FILLERS.sub("", text)
    return trim(text)


def trim(text: str) -> str:
    """Without talk at either end and without stray marks."""
    before = None
    while before != text:
        before = text
        text = _LEADS.sub("", text)
        text = _TAILS.sub("", text).strip(" ,.;:-?!")
    text = re.sub(r"\s+([,.;:])", r"\1", text)
    text = re.sub(r"([,;:])[,;:.]+", r"\1", text)
    return re.sub(r"\s{2,}", " ", text)


def turn_to_third(text: str, speaker: Role, person: Person) -> str:
    """`text` of `write_out` about the patient in the third person: what the patient says of himself ("my knee" -> "her
    knee") or what the doctor says to him ("your knee" -> "her knee")."""
    words = text.split()
    mine = speaker not in {"doctor", "nurse"}
    written: list[str] = []
    for at, word in enumerate(words):
        core = word.strip(",.;:").lower()
        tail = word[len(word.rstrip(",.;:")) :]
        turned = (
            _turn_patient(core, person, words=words, at=at) if mine else _turn_doctor(core, person, words=words, at=at)
        )
        turned = _DOCTOR_HIMSELF.get(core) if turned is None and not mine else turned
        if turned is None and written and _takes_ending(words, at, mine=mine):
            turned = inflect(core)
        written.append(word if turned is None else turned + tail)
    return " ".join(written)


def _turn_patient(core: str, person: Person, *, words: list[str], at: int) -> str | None:
    following = words[at + 1].strip(",.").lower() if at + 1 < len(words) else ""
    table = {
        "i": person.subject, "i'm": f"{person.subject} is", "i've": f"{person.subject} has",
        "i'll": f"{person.subject} will",
        "i'd": f"{person.subject} {'had' if is_participle(following) else 'would'}", "my": person.possessive,
        "mine": f"{person.possessive}s" if person.possessive == "her" else person.possessive, "me": person.object,
        "myself": person.reflexive, "am": "is", "we": "they", "our": "their", "us": "them",
    }  # fmt: skip
    return table.get(core)


_BEFORE_OBJECT = read_words("before_object")


def _turn_doctor(core: str, person: Person, *, words: list[str], at: int) -> str | None:
    following = words[at + 1].strip(",.").lower() if at + 1 < len(words) else ""
    if core == "you":
        return person.object if _is_object(words, at) else person.subject
    table = {
        "you're": f"{person.subject} is", "you've": f"{person.subject} has", "you'll": f"{person.subject} will",
        "you'd": f"{person.subject} {'had' if is_participle(following) else 'would'}", "your": person.possessive,
        "yours": "hers" if person.possessive == "her" else person.possessive, "yourself": person.reflexive,
    }  # fmt: skip
    return table.get(core)


_ALWAYS_OBJECT = read_words("always_object")
_DOCTOR_HIMSELF = {"i'm": "i am", "i've": "i have", "i'll": "i will", "i'd": "i would"}


_SUBJECTIVE = read_words("after_subject")
_NO_VERB = read_words("other")
_JOINING = read_words("joining")


def _is_object(words: list[str], at: int) -> bool:
    """Whether the "you" at this place is acted on: "start you on", "will not accept you into"."""
    before = words[at - 1].lower().strip(",") if at else ""
    ended = words[at][-1:] in ",.;:"
    following = words[at + 1].strip(",.").lower() if at + 1 < len(words) and not ended else ""
    if not before or before in {
        "and",
        "that",
        "if",
        "when",
        "because",
        "so",
        "as",
        "since",
        "while",
        "but",
        "where",
        "what",
    }:
        return False
    if before in _ALWAYS_OBJECT or not following or following in _NO_VERB or following.endswith("ing"):
        return True
    return before in _BEFORE_OBJECT and following not in _SUBJECTIVE


def _takes_ending(words: list[str], at: int, *, mine: bool) -> bool:
    """Whether the word is the verb of "i" or "you", past adverbs: "i still take" -> "she still takes"."""
    place = at - 1
    while place >= 0 and is_adverb(words[place].lower().strip(",")):
        place -= 1
    if place < 0 or is_adverb(words[at].lower().strip(",")):
        return False
    subject = words[place].lower().strip(",")
    if mine:
        return subject == "i" and not _inverted(words, place)
    if subject != "you" or _inverted(words, place):
        return False
    return not _is_object(words, place)


def _inverted(words: list[str], place: int) -> bool:
    return place > 0 and words[place - 1].lower() in {
        "do",
        "did",
        "does",
        "have",
        "can",
        "should",
        "would",
        "will",
        "could",
    }


_UPPER = re.compile(
    r"\b(mri|ct|ekg|ecg|emg|eeg|er|ed|icu|copd|gerd|bmi|bp|cbc|cmp|bmp|tsh|hiv|std|iv|acl|mcl|pcl|lcl|tmj|ibs"
    r"|uti|nsaids?|pcp|"
    r"psa|ldl|hdl|ptsd|adhd|cpap|dvt|pe|tia|cad|chf|afib|pt|ot|otc|ent|ob|gyn|covid(?:-19)?|hpv|mmr|rsv|tb|pfts?"
    r"|ana|esr|crp|bun|inr|pcos|als|ms|lad|rca|icd|cabg|pci|l[1-5]|c[1-7]|t1?[0-9]|s1|rom|gi|hpi|ros)\b"
)
_NOT_UPPER = frozenset({"pe", "ms", "ed", "er", "ot", "ob", "als", "ana", "pt"})
_MONTHS = re.compile(
    r"\b(january|february|april|june|july|august|september|october|november|december|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|english|spanish|hindi)\b"
)


def finish(text: str) -> str:
    """A sentence of the note: figures in digits, capitals, one full stop."""
    text = write_figures(trim(text))
    text = re.sub(r"\bi\b(?!\.)", "I", text)
    text = _UPPER.sub(
        lambda found: found[0] if found[0] in _NOT_UPPER else found[0].upper().replace("NSAIDS", "NSAIDs"), text
    )
    text = re.sub(r"\ba1c\b", "A1c", text, flags=re.I)
    text = _MONTHS.sub(lambda found: found[0].capitalize(), text)
    text = text.strip(" ,.;:-?!")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
