"""Doctors, specialties and places of the hospital from the patient's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from agents.understanding.resolve.name_words import NOT_NAMES, TITLES
from agents.understanding.resolve.specialty_words import BARE_PATTERNS, COMPLAINT_PATTERNS, INSTEAD, ROLE_PATTERNS
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Known
from governance.redaction.devanagari import is_devanagari, romanise
from governance.redaction.sounds import likeness
from lexicon import beside

_WORDS = beside(__file__)

ALIKE = 85.0  # a word of a name is recognised from here on
NEAR = 6.0  # candidates within this of the best are all meant
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0900-\u0963\u200c\u200d]|['’](?=\w))*")
_ANYONE = _WORDS.pattern("anyone")
_TITLE = re.compile(r"(?:dr|doctor|doc|prof|professor)\.?$")


def name_words(text: str) -> list[str]:
    """The words of a text as names are compared: lower case, Latin letters, no possessive ending."""
    words = [match.group().lower().replace("’", "'").removesuffix("'s") for match in _WORD.finditer(text)]
    return [romanise(word) if is_devanagari(word) else word for word in words]


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, ...]:
    """`name_words` of a name of the hospital, which every message is compared with."""
    return tuple(name_words(name))


def match_practitioners(words: str, known: Sequence[Known]) -> list[Known]:
    """The doctors that the words may mean, best first; several where they are about equally likely.

    A slip of the finger, a missing title, one name of two and other spellings of the same sound are allowed for. After
    "Dr" any word may be a name; elsewhere everyday words ("may", "more") are not taken for one.
    """
    said = _said_names(words)
    scored = [(score, person) for person in known if (score := _score(said, person)) > 0]
    if not scored:
        return []
    best = max(score for score, _ in scored)
    return [person for score, person in sorted(scored, key=lambda pair: -pair[0]) if score >= best - NEAR]


def _said_names(words: str) -> list[str]:
    """The words that may be names."""
    tokens = name_words(words)
    found: list[str] = []
    after_title = False
    for token in tokens:
        if token in TITLES:
            after_title = bool(_TITLE.match(token))
        elif after_title or token not in NOT_NAMES:
            found.append(token)
            after_title = False
    alone = [token for token in tokens if token not in TITLES]  # "Grace" and nothing else is a name after all
    return found or (alone if len(alone) <= 2 else [])


def _score(said: list[str], person: Known) -> float:
    return max((_score_name(said, name) for name in (person.name, *person.aliases)), default=0.0)


def _score_name(said: list[str], name: str) -> float:
    """The sum over the words of the name of how well each was said."""
    left = list(said)
    total = 0.0
    for part in _parts(name):
        if part in TITLES or len(part) < 2 or not left:
            continue
        best = max(left, key=lambda word: likeness(word, part))
        if likeness(best, part) >= ALIKE:
            total += likeness(best, part)
            left.remove(best)
    return total


def find_anyone(text: str) -> tuple[int, int] | None:
    """Where a plain text says that any doctor will do; None where a certain one, or another one, is meant."""
    match = _ANYONE.search(text)
    return match.span() if match else None


def match_specialty(words: str, known: Sequence[Known]) -> list[Known]:
    """The specialties that the words mean, best first: by name, by what patients call the doctor, by complaint."""
    text = plain(words).text
    by_id = {str(item.id): item for item in known}
    slugs = [*_called(text), *_slugs(text, COMPLAINT_PATTERNS)]
    slugs += [slug for slug, pattern in BARE_PATTERNS.items() if pattern.fullmatch(text.strip(" .!?"))]
    found: list[Known] = []
    for item in [*_named(text, known), *(by_id.get(slug) or by_id.get(INSTEAD.get(slug, "")) for slug in slugs)]:
        if item is not None and item not in found:
            found.append(item)
    return found


def _called(text: str) -> list[str]:
    """By what doctors are called; "physician" says nothing where another word says of what."""
    slugs, bare = _slugs(text, ROLE_PATTERNS), _slugs(_PHYSICIAN.sub(" ", text), ROLE_PATTERNS)
    return [slug for slug in slugs if slug != "general-medicine" or slug in bare or len(slugs) == 1]


def _slugs(text: str, patterns: dict[str, re.Pattern[str]]) -> list[str]:
    return [slug for slug, pattern in patterns.items() if pattern.search(text)]


def _named(text: str, known: Sequence[Known]) -> list[Known]:
    """The specialties whose own name or other name stands in the text."""
    found = []
    for item in known:
        for name in (item.name, *item.aliases):
            lowered = plain(name).text
            if len(lowered) > 3 and (
                re.search(rf"(?<!\w){re.escape(lowered)}(?!\w)", text) or fuzz.ratio(lowered, text) >= 88
            ):
                found.append(item)
                break
    return found


_PHYSICIAN = re.compile(r"(?<!\w)(?<!general )(?<!family )physicians?(?!\w)")
FOR_SELF = re.compile(r"(?<!\w)(?:for (?:me|myself)|mere liye|apne liye)(?!\w)")  # read on plain text

ME = _WORDS.pattern("me")

# After a relative who is no patient: "my son wants me to see someone", "my wife's car broke down".
SENDS_ME = re.compile(
    r" (?:\w+ )?(?:wants?|wanted|told|tells|asked|asks|advised|forced|made|urged|sent|brought|will bring|begged)"
    r" (?:me|us)(?!\w)"
    r"| (?:\w+ )?(?:keeps? (?:telling|asking|saying|nagging|calling)|works|drives|drove|lives|recommended|recommends"
    r"|suggested|says|said|thinks|knows|got me|will (?:drive|drop|bring|take|pick)"
    r"|(?:is|are|was) (?:getting married|visiting|waiting|working|busy|away|out of|driving|worried|coming|travell?ing"
    r"|abroad|calling|asking|telling|saying|at (?:work|school|office|home)))(?!\w)"
    r"|(?:'s| ki| ka| ke) (?:car|scooter|bike|school|college|wedding|marriage|shaadi|exams?|office|birthday|place|house"
    r"|home|job|flight|boss|phone|number|class|function|engagement)(?!\w)"
)

# Cities by the name that they had before.
CITIES = {
    "bangalore": "bengaluru", "bombay": "mumbai", "calcutta": "kolkata", "madras": "chennai", "mysore": "mysuru",
    "mangalore": "mangaluru", "gurgaon": "gurugram", "poona": "pune", "baroda": "vadodara", "cochin": "kochi",
    "trivandrum": "thiruvananthapuram", "calicut": "kozhikode", "pondicherry": "puducherry", "allahabad": "prayagraj",
}  # fmt: skip


def match_location(words: str, known: Sequence[Known]) -> list[Known]:
    """The places that the words may mean, best first."""
    whole = f" {' '.join(CITIES.get(word, word) for word in name_words(words))} "
    called = [
        known_place
        for known_place in known
        if any(f" {' '.join(_parts(name))} " in whole for name in (known_place.name, *known_place.aliases))
    ]
    if called:
        return called
    said = [word for word in name_words(words) if word not in _NOT_PLACES]
    scored = []
    for place in known:
        score = max((_place_score(said, name) for name in (place.name, *place.aliases)), default=0.0)
        if score >= ALIKE:
            scored.append((score, place))
    best = max((score for score, _ in scored), default=0.0)
    return [place for score, place in sorted(scored, key=lambda pair: -pair[0]) if score >= best - NEAR]


_NOT_PLACES = (
    NOT_NAMES
    | TITLES
    | frozenset(
        [
            "clinic",
            "hospital",
            "branch",
            "centre",
            "center",
            "campus",
            "building",
            "near",
            "city",
            "road",
            "street",
            "main",
        ]
    )
)


def _place_score(said: list[str], name: str) -> float:
    whole = _parts(name)
    if whole and " ".join(whole) in " ".join(said):
        return 200.0
    parts = [part for part in whole if part not in _NOT_PLACES]
    return sum(best for part in parts if (best := max((likeness(word, part) for word in said), default=0.0)) >= ALIKE)
