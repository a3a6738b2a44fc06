"""How the divisions put things: plans as what will be done, findings of an examination without "I do appreciate"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scribe.builtin.wording import Person

Rule = tuple[re.Pattern[str], str]


def _rules(*pairs: tuple[str, str]) -> tuple[Rule, ...]:
    return tuple((re.compile(pattern, re.I), replacement) for pattern, replacement in pairs)


_START = r"(?:^|(?<=, )|(?<=and )|(?<=so )|(?<=then )|(?<=: )|(?<=is ))"
_PLAN = _rules(
    (r"^(?:and |then )*(?:for|to|with) (?:her|his|their|the) (?:very )?(?:first|second|third|fourth|fifth|next"
        r"|last|other|final) (?:problem|issue|diagnosis|concern|thing|one),? ", ""),
    (r"^what (?:i|we) (?:want|would like) to do is,? ", "we will "),
    (r"\blet us ", "we will "),
    (_START + r"(?:i|we) also (?:want to|would like to|am going to|are going to) ", "we will also "),
    (_START + r"(?:i|we) (?:do |still |then |probably )*(?:want to|would like to|am going to"
        r"|are going to) (?!see (?:that|it|how|you|she|he|the patient take)|be |say|ask|talk|find)", "we will "),
    (r"^going to ", "we will "),
    (r"\bwe will (?:be able to )?go ahead(?: and)? ", "we will "), (r"^(?:to )?go ahead (?:and )?", ""),
)  # fmt: skip
_EXAM = _rules(
    (r"^on (?:the )?(?:her|his|their) physical exam(?:ination)?,? ?", ""),
    (r"^(?:on|for|in) (?:the |her |his |their )?([a-z ]{3,25}?) (?:exam(?:ination)?|evaluation|inspection),? (?=\w)",
     r"\1: "),
    (r"\b(?:i|we) (?:do |can |could )?(?:not|do not|cannot|could not) (?:really )?(?:appreciate|see|hear|feel"
        r"|find|notice|detect) (?:any|a|an)?\s*", "no "),
    (r"^(?:there (?:is|are|was|were)|(?:she|he|the patient) (?:does have|has got|has)|i (?:do |can |also "
        r"|still )*(?:appreciate|see|hear|feel|find|notice|note|detect)) (?:that )?(?:not any|no) ", "no "),
    (r"^(?:i (?:do |can |also |still )*(?:appreciate|see|hear|feel|find|notice|note|detect)|there (?:is|are)"
        r"|(?:she|he|the patient) (?:does have|has got)) (?:that )?(?!is\b|are\b)", ""),
    (r"^(?:there is not|there are not) (?:any )?", "no "), (r"^(?:a|an|some|the|any) ", ""),
    (r"^(?:her|his|their) (?=\w+ )", ""),
)  # fmt: skip


def word_plan(text: str) -> str:
    """What the doctor intends: "i want to order" -> "we will order"."""
    return _apply(_PLAN, text)


def word_exam(text: str) -> str:
    """What was found: "i don't appreciate any rub" -> "no rub"; the words of the finding stay."""
    return _apply(_EXAM, text)


def _apply(rules: Sequence[Rule], text: str) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return re.sub(r"\s{2,}", " ", text).strip()


_FRAMED = re.compile(
    r"\b(?:reports?|denies|states|notes|endorses|says|thinks|believes|feels|describes|presents)\b", re.I
)
_VERBS = ("reports", "states", "notes")


def frame(text: str, person: Person, count: int) -> str:
    """A patient's own statement with its source: "she reports that she ...". `count`: how many were framed before."""
    if (
        not person.known
        or _FRAMED.search(text)
        or not re.match(rf"(?:{person.subject}|her|his|their|it|there)\b", text)
    ):
        return text
    who = "the patient" if count % 3 == 0 else person.subject
    return f"{who} {_VERBS[count % 3]} {text}"


_AREAS = _rules(
    (r"\b(?:murmur|heart|regular rate|rhythm|s1|gallop|rub|cardiac|cardiovascular|jvd|jugular)\b", "Cardiovascular"),
    (r"\b(?:lungs?|breath sounds?|wheez\w*|crackles?|rhonchi|rales|respiratory|clear to auscultation|chest wall)\b",
     "Respiratory"),
    (r"\b(?:abdom\w+|belly|bowel sounds?|quadrant|guarding|rebound|hepato\w*|spleno\w*|cva)\b", "Gastrointestinal"),
    (r"\b(?:carotid|thyro\w+|neck|cervical lymph\w*|lymph\w* nodes?)\b", "Neck"),
    (r"\b(?:pupils?|eyes?|ears?|tympanic|throat|tonsil\w*|phary\w+|uvula|nasal|turbinates?|sinus\w*|nose|mouth)\b",
     "HEENT"),
    (r"\b(?:reflex\w*|sensation|cranial|gait|neurolog\w*|light touch|oriented)\b", "Neurological"),
    (r"\b(?:edema|pedal|extremit\w+)\b", "Extremities"),
    (r"\b(?:range of motion|knees?|shoulders?|hips?|ankles?|elbows?|wrists?|hands?|foot|feet|fingers?|thumb"
        r"|toes?|spine|lumbar|back|joints?|"
     r"strength|tender\w*|palpation|straight leg|swelling|effusion|mcmurray|lachman|drawer|varus|valgus|flexion"
     r"|extension|rotation|arm|leg)\b", "Musculoskeletal"),
    (r"\b(?:skin|rash|lesion|incision|wound|scar|ecchymosis|bruis\w+)\b", "Skin"),
)  # fmt: skip


def find_area(text: str) -> str | None:
    """The heading of an examination that a finding belongs under, None where its words do not tell."""
    return next((area for pattern, area in _AREAS if pattern.search(text)), None)
