"""How patients call specialties, and which complaint belongs to which. Patterns are read on plain text."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from lexicon import beside

_WORDS = beside(__file__)
DoctorSex: TypeAlias = Literal["female", "male"]

# What a doctor of the specialty is called.
ROLES: dict[str, str] = _WORDS.table("roles")  # fmt: skip

_HURTING = _WORDS.at("hurting")


def _where_it_hurts(slug: str) -> str:
    """Pain of one of the specialty's parts of the body; empty where it has none."""
    return _WORDS.text("pain_of", parts=_HURTING.text(slug)) if slug in _HURTING else ""


# What a complaint points at, the more telling first.
COMPLAINTS: dict[str, str] = {
    slug: _WORDS.at("complaints").text(slug, where_it_hurts=_where_it_hurts(slug)) for slug in _WORDS.at("complaints")
}

PREGNANT = _WORDS.pattern("pregnant")

# Words by which a department is meant where no complaint is told.
PARTS_OF = {code: re.compile(pattern) for code, pattern in _WORDS.table("parts_of").items()}

# A doctor who is to be a woman or a man.
WOMAN, _MAN = "(?:lady|ladies|female|woman|women|mahila|aurat)", "(?:male|man|guy|gents?|gentleman|purush)"
LADY = re.compile(rf"{WOMAN} (?:doctor|dr)s?")
_SEX = rf"(?:{WOMAN}|{_MAN})(?: (?:or|ya|/) (?:{WOMAN}|{_MAN}))?"
DOCTOR_SEX = re.compile(
    r"(?<!\w)(?:(?:no|not|don't want|do not want|without|never)(?: an?| any| the)? )?(?:"
    rf"{_SEX} (?:doctors?|dr|physicians?|specialists?|only|hi)(?!\w)"
    rf"|{_SEX}(?= (?:\w+ )?(?:doctor|dr|specialist|\w+ists?)(?!\w))"
    rf"|(?:has to|have to|must|should|needs? to|(?:want|prefer|like)(?: it)? to) be (?:an? )?{_SEX}"
    rf"|(?:doctor|dr) (?:(?:should|must|to|has to|who) (?:be|is)|jo|hona)? ?(?:an? )?{_SEX}"
    r")(?!\w)(?: (?:nahi|mat)(?!\w)(?! hai))?"
)

# "A doctor for nerves"; "a lady doctor for my skin" says first that it is to be a woman.
_FOR = r"(?<!male )(?<!lady )(?<!woman )(?<!man )(?:doctors?|specialists?|surgeons?) (?:for|of) (?:my |the )?"
_ROLES = dict(ROLES)
for _slug, _part in PARTS_OF.items():
    _ROLES[_slug] += f"|{_FOR}{_part.pattern}(?: problems?)?"
_OPEN, _SHUT = r"(?<![\w])", r"(?![\w])"
ROLE_PATTERNS = {slug: re.compile(rf"{_OPEN}(?:{pattern}){_SHUT}") for slug, pattern in _ROLES.items()}
COMPLAINT_PATTERNS = {slug: re.compile(rf"{_OPEN}(?:{pattern}){_SHUT}") for slug, pattern in COMPLAINTS.items()}
ANY_ROLE = re.compile(rf"{_OPEN}(?:{'|'.join(_ROLES.values())}|[a-z]{{4,}}(?:ologists?|iatrists?|iatricians?)){_SHUT}")
ANY_COMPLAINT = re.compile(rf"{_OPEN}(?:{'|'.join(COMPLAINTS.values())}){_SHUT}")
# A message of a word or two that is only a part of the body, where a specialty was asked for.
BARE_PARTS = {
    "dentistry": r"tooth|teeth|dant|gums?", "dermatology": r"skin|hair|twacha", "ophthalmology": r"eyes?|aankh|vision",
    "ent": r"ears?|nose|throat|kaan|naak|gala", "cardiology": r"heart|dil|cardio",
    "orthopaedics": r"bones?|joints?|knees?|haddi|back|shoulder|spine|ortho", "neurology": r"brain|nerves?|head",
    "gastroenterology": r"stomach|pet|liver|tummy|digestion", "psychiatry": r"mind|mental|mental health",
    "paediatrics": r"child(?:ren)?|kids?|baby|bacche", "obstetrics-gynaecology": r"women|ladies|pregnancy|maternity",
    "endocrinology": r"sugar|thyroid|hormones?", "general-medicine": r"general|medicine|fever",
}  # fmt: skip
BARE_PATTERNS = {
    slug: re.compile(rf"(?:the |my |for |for my )?(?:{pattern})(?: please| problem| issue)?")
    for slug, pattern in BARE_PARTS.items()
}
# Where a hospital has no such specialty, the one that sees these patients.
INSTEAD = {
    "endocrinology": "general-medicine",
    "urology": "general-medicine",
    "pulmonology": "general-medicine",
    "physiotherapy": "orthopaedics",
    "oncology": "general-medicine",
}


def parts_named(text: str) -> list[str]:
    """The departments that a part of the body or a word of theirs in a plain text speaks of."""
    return [code for code, pattern in PARTS_OF.items() if pattern.search(text)]


def sex_of(words: str) -> DoctorSex | None:
    """Which sex a doctor is to have by these plain words; None where either will do."""
    woman, man = (re.search(rf"(?<!\w){one}(?!\w)", words) for one in (WOMAN, _MAN))
    if bool(woman) == bool(man):
        return None
    denied = re.search(r"(?<!\w)(?:no|not|don't|do not|without|never|nahi|mat)(?!\w)", words)
    return "female" if bool(woman) != bool(denied) else "male"
