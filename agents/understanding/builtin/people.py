"""Doctors, places, relatives and the patient's own name, as they stand in a message."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from agents.understanding.builtin.found import Piece, overlaps
from agents.understanding.resolve.name_words import NOT_NAMES, TITLES
from agents.understanding.resolve.names import SENDS_ME, name_words
from agents.understanding.resolve.specialty_words import ANY_COMPLAINT, ANY_ROLE
from agents.understanding.resolve.spelling import Plain, plain
from agents.understanding.utterance import Known
from governance.redaction.devanagari import is_devanagari
from governance.redaction.sounds import likeness
from lexicon import beside

_WORDS = beside(__file__)

_WORD = re.compile(r"[a-z][a-z'-]*[a-z]|[a-z]")
_TITLED = re.compile(r"(?<!\w)(?:dr|doctor|prof|professor)\.? (?=[a-z])")
_SUFFIX = re.compile(
    r",? ?(?:m\.?d\.?|d\.?d\.?s\.?|ph\.? ?d\.?|mms|facs|dmd|jr|inc|iii|ii)(?:[.,](?! [a-z]))?(?![a-z])"
)
_WITH = _WORDS.pattern("with")
# Before an everyday word that is also a doctor's name ("book grace").
_SEEN_NAME = re.compile(r"(?<!\w)(?:with|see|meet|consult|book|choose|pick|prefer) $")
# What may stand before a doctor's name with a capital letter and is no given name ("Shift Hayes to friday").
_ASKS_FOR = re.compile(
    r"(?:shift|postpon|prepon|confirm|delet|drop|remov|swap|push|switch|transfer|fix|arrang|allot|requir|regard|under|cc)\w*"
)
_ORGANISATION = frozenset(
    [
        "dental",
        "clinic",
        "care",
        "center",
        "centre",
        "medical",
        "health",
        "associates",
        "dentistry",
        "practice",
        "group",
        "hospital",
    ]
)
_RELATION = _WORDS.part("relation")
_KIN = _WORDS.part("kin")
_AGE = _WORDS.part("age")
_FOR_WHOM = _WORDS.pattern("for_whom")
_KIN_FOR = re.compile(rf"(?<!\w)(?P<who>{_KIN}) (?:ke liye|ka appointment|ki appointment|ko dikhana)(?!\w)")
_KIN_HAS = _WORDS.pattern("kin_has")
_RELATION_HAS = _WORDS.pattern("relation_has")
_KIN_TOLD = _WORDS.pattern("kin_told")
# One's own trouble, or one's own words about another.
_MINE = re.compile(r"(?<!\w)(?:i|i'm|i've|me|my|myself|mera|meri|mere|mujhe|main|mai|booked|cancel\w*)(?!\w)")
_OF_FRIENDS = re.compile(r"(?:my |our |mere |meri )?(?:friend|colleague|roommate|cousin|uncle|aunt\w*|partner)s?")
_SEEN = re.compile(
    r"(?<!\w)(?:doctor|appointment|check\w*|examin\w*|dikha\w*|test(?:ed)?|vaccin\w*|hurt\w*|jammed)(?!\w)"
)
_SAYS_WHO = _WORDS.pattern("says_who")
# "Let me check with my wife": she is no patient.
_TOGETHER = re.compile(r"(?<!\w)(?:with|ask(?:ing)?|talk to|speak to|consult|tell|told|inform|says|said) $")
_FOR_ME = _WORDS.pattern("for_me")
_HAS = re.compile(r" (?:has|have|had|is|needs?|ko|ke liye|ka)(?!\w)")
_FOR_SOMEONE = _WORDS.pattern("for_someone")
_OWN_VISIT = _WORDS.pattern("own_visit")
_IS_NAMED = _WORDS.pattern("is_named")
_IS_ILL = _WORDS.pattern("is_ill")
_NAME_CUE = _WORDS.pattern("name_cue")
_I_AM = re.compile(
    r"^(?:hi,? |hello,? |ok(?:ay)?,? |yes,? )?"
    r"(?:(?:please |you can |you may |just )*(?:write|put|note(?: down)?|type|enter)(?: it)?(?: as| down)?"
    r"|i'm|i am|it's|it is|this is|main|mein|myself) "
)
_PRESENTS = _WORDS.pattern("presents")
_NAMED_AND_BORN = _WORDS.pattern("named_and_born")
# "My small boy, name is James": who the relative is.
_IS_CALLED = re.compile(r",? (?:(?:his|her|whose) )?(?:name(?:'s| is)?|named|called) (?P<given>[a-z]{3,})(?!\w)")
_RELATIVE_BEFORE = re.compile(rf"(?<!\w){_RELATION},? ?(?:(?:his|her|whose) )?$")
_OF_ANOTHER = re.compile(r"(?<!\w)(?:\w+'s|the|his|her|their|doctor|dentist|clinic|office|whose|file|plan) $")
_NOT_IN_NAME = NOT_NAMES - {
    "may",
    "mark",
    "hope",
    "joy",
    "rose",
    "grace",
    "summer",
    "june",
    "august",
    "april",
    "will",
    "baby",
    "mein",
}


@lru_cache(maxsize=64)
def _index(known: tuple[Known, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(whole names in plain spelling, the single words of all names)."""
    wholes = sorted(
        {plain(name).text.strip() for item in known for name in (item.name, *item.aliases)}, key=len, reverse=True
    )
    singles = {word for item in known for name in (item.name, *item.aliases) for word in name_words(name)}
    return tuple(wholes), tuple(word for word in singles if len(word) > 2 and word not in TITLES)


def find_doctors(message: Plain, known: tuple[Known, ...], claimed: list[tuple[int, int]]) -> list[Piece]:
    """Names of doctors: after a title, known to the hospital, or written like a name after "with"."""
    text = message.text
    wholes, singles = _index(known)
    spans = [
        (match.start(), match.end())
        for whole in wholes
        if len(whole) > 3
        for match in re.finditer(rf"(?<!\w){re.escape(whole)}(?!\w)", text)
    ]
    for match in _TITLED.finditer(text):
        end = _name_end(message, match.end(), singles=singles, claimed=claimed)
        if match.group().startswith("doctor") and not _looks_like_name(message, match.end(), singles):
            continue
        if end > match.end() and not overlaps(match.start(), end, spans):
            spans.append((match.start(), end))
    for match in _WORD.finditer(text):
        given = match.group() in singles and _SEEN_NAME.search(text[: match.start()])
        if not given and _ends_a_name(message, match.start(), singles):
            continue  # "padma thomas writing": her own name
        if not overlaps(*match.span(), [*spans, *claimed]) and (given or _is_known(match.group(), singles)):
            spans.append(match.span())
    if not spans:
        spans += _capitalised(message, claimed)
    return [
        Piece("for_whom" if _is_ill(text, start, end) else "practitioner", start, end)
        for start, end in _merged(text, sorted(spans))
    ]


def _ends_a_name(message: Plain, start: int, singles: tuple[str, ...]) -> bool:
    """Whether a name that is no doctor's stands right before, so that what follows is its family name."""
    before = re.search(r"([a-z]{2,}) $", message.text[:start])
    if before is None or message.original.isupper() or not message.words(*before.span(1))[:1].isupper():
        return False
    word = before[1]
    asks = word in NOT_NAMES or word in TITLES or _ASKS_FOR.fullmatch(word) or ANY_ROLE.fullmatch(word)
    return not asks and not _is_known(word, singles)


def _is_ill(text: str, start: int, end: int) -> bool:
    """Whether a name without a title is of somebody who is ill ("meera has a fever"), and no doctor's."""
    return not _TITLED.match(text[start:end]) and bool(_IS_ILL.match(text[end:]))


def _looks_like_name(message: Plain, start: int, singles: tuple[str, ...]) -> bool:
    """Whether the word after "doctor" is a name: by its capital letter, or since the hospital knows it."""
    match = _WORD.match(message.text, start)
    if match is None or ". " in message.text[start - 2 : start]:
        return False
    capital = message.words(*match.span())[:1].isupper() and not message.original.isupper()
    return (
        capital
        or any(likeness(match.group().removesuffix("'s"), single) >= 85 for single in singles)
        or is_devanagari(message.original)
    )


def _merged(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put together names side by side, with their title."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        title = re.search(r"(?:dr|doctor|prof)\.? $", text[:start])
        start = title.start() if title else start
        if merged and start <= merged[-1][1] + 1 and not re.search(r"[^ .]", text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif not merged or start >= merged[-1][1]:
            merged.append((start, end))
    return merged


def _is_known(word: str, singles: tuple[str, ...]) -> bool:
    bare = word.removesuffix("'s")
    if len(bare) < 3 or bare in NOT_NAMES or bare in TITLES:
        return False
    if bare in singles:
        return True
    return len(bare) >= 5 and any(likeness(bare, single) >= 90 and fuzz.ratio(bare, single) >= 75 for single in singles)


def _name_end(message: Plain, start: int, *, singles: tuple[str, ...], claimed: list[tuple[int, int]]) -> int:
    """Where the name that begins at `start` ends: three words at most, or as far as capital letters go."""
    end, count, last = start, 0, ""
    for match in _WORD.finditer(message.text, start):
        between = message.text[end : match.start()]
        if (end > start and between not in (" ", ". ", ", ", "-", "'", " & ")) or overlaps(*match.span(), claimed):
            break
        word = match.group().removesuffix("'s")
        capital = message.words(*match.span())[:1].isupper()
        if between == ". " and len(last) > 1:
            break
        last = word
        known = count == 0 and word in singles
        if (
            (word in NOT_NAMES and not known)
            or word in ("and", "or", "hai", "hain")
            or (between == ", " and not capital)
        ):
            break
        if count and not capital and not any(likeness(word, single) >= 85 for single in singles):
            break
        if between == ", " and not (count == 1 and len(word) > 2 and capital):
            break
        end, count = match.start() + len(word), count + 1
        if count >= 4:
            break
    suffix = _SUFFIX.match(message.text, end) if count else None
    return suffix.end() if suffix else end


def _capitalised(message: Plain, claimed: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Two or more words with capital letters after "with" or "see", in a message that is not all capitals."""
    if message.original.isupper():
        return []
    for cue in _WITH.finditer(message.text):
        end = cue.end()
        words: list[str] = []
        for match in _WORD.finditer(message.text, cue.end()):
            between = message.text[end : match.start()]
            capital = message.words(*match.span())[:1].isupper()
            initial = between == ". " and words and len(words[-1]) == 1
            if (
                (between not in ("", " ", " & ", "-", "'") and not initial)
                or not capital
                or overlaps(*match.span(), claimed)
            ):
                break
            end = match.end()
            words.append(match.group())
        plain_place = (
            cue.group().strip() in ("at", "for", "to", "from", "is", "about", "try") and not set(words) & _ORGANISATION
        )
        if len(words) >= 2 and not plain_place:
            suffix = _SUFFIX.match(message.text, end)
            return [(cue.end(), suffix.end() if suffix else end)]
    return []


_AT_THEIRS = re.compile(r"(?<!\w)(?:at|from|via|dropping|picking|collecting|visiting) $")  # "we are at my daughter's"


def find_relative(message: Plain, *, awaited: bool, under_way: bool = False) -> list[Piece]:
    """For whom the visit is, when it is said to be someone else. `under_way`: a time is being settled; then a relative
    is one only with a trouble ("not in the morning, wife has bank work")."""
    for match in _FOR_WHOM.finditer(message.text):
        tail, before = message.text[match.end() :], message.text[: match.start("who")]
        called = _IS_CALLED.match(tail)
        named = match.end() + called.end() if called else _with_given_name(message, match.end("who"), awaited=awaited)
        last = match.end() == len(message.text.rstrip(" .!"))
        if (_TOGETHER.search(before) and not _HAS.match(tail)) or SENDS_ME.match(tail) or _AT_THEIRS.search(before):
            continue
        if under_way and not before.endswith(("for ", "of ")) and not _is_patient(match):
            continue
        own = bool(_OWN_VISIT.search(message.text))
        owned = match["tail"].strip() or tail.startswith("'s")
        if _OF_FRIENDS.fullmatch(match["who"]) and not (before.endswith(("for ", "of ")) or owned):
            continue  # "my colleague sees a dr hayes"
        introduced = bool(match["tail"].strip()) or before.endswith(("for ", "of "))
        introduced = introduced or tail.startswith("'s") or (bool(_SAYS_WHO.match(tail)) and not own)
        last = last and not own
        if introduced or last or named > match.end("who"):
            return [Piece("for_whom", match.start("who"), named)]
    named_alone = _IS_NAMED.search(message.text)
    if named_alone and not set(named_alone["who"].split()) & _NOT_IN_NAME:
        return [Piece("for_whom", *named_alone.span("who"))]
    told = next((one for one in _KIN_TOLD.finditer(message.text) if _tells_trouble(one)), None)
    readings = (_FOR_ME, _KIN_FOR, _FOR_SOMEONE, _KIN_HAS, _RELATION_HAS)
    found = (match for one in readings for match in one.finditer(message.text) if not under_way or _is_patient(match))
    someone = next((one for one in found if not SENDS_ME.match(message.text[one.end("who") :])), None)
    someone = someone or told
    return [Piece("for_whom", *someone.span("who"))] if someone else []


def named_relatives(text: str) -> list[tuple[int, int]]:
    """The names in "my daughter, her name is Meera": no doctor's."""
    return [
        found.span("given") for found in _IS_CALLED.finditer(text) if _RELATIVE_BEFORE.search(text[: found.start()])
    ]


def _is_patient(kin: re.Match[str]) -> bool:
    """Whether what follows a relative is of a doctor's concern."""
    rest = kin.string[kin.end("who") :]
    return bool(ANY_COMPLAINT.search(rest) or ANY_ROLE.search(rest) or _SEEN.search(rest) or " ke liye" in rest[:12])


def _tells_trouble(kin: re.Match[str]) -> bool:
    """Whether what follows a relative is that one's trouble, or a wish for a visit, and not the writer's."""
    rest = kin["rest"]
    ill = ANY_COMPLAINT.search(rest) or ANY_ROLE.search(rest) or _SEEN.search(rest)
    return bool(ill) and not _MINE.search(rest) and not _OF_FRIENDS.fullmatch(kin["who"])


def _with_given_name(message: Plain, end: int, *, awaited: bool) -> int:
    match = _WORD.match(message.text, end + 1)
    if match and message.text[end : end + 1] == " " and match.group() not in NOT_NAMES:
        capital = message.words(*match.span())[:1].isupper() and not message.original.isupper()
        if capital or awaited or (len(match.group()) > 2 and _HAS.match(message.text[match.end() :])):
            return match.end()
    return end


def find_own_name(message: Plain, *, awaited: bool) -> list[Piece]:
    """The patient's own name: after "my name is", or the whole message where it was asked for."""
    text = message.text
    cue = _NAME_CUE.search(text)
    if (
        cue
        and not _OF_ANOTHER.search(text[: cue.start()])
        and not _RELATIVE_BEFORE.search(text[: cue.start()])
        and (awaited or "name" in cue.group() or "naam" in cue.group())
    ):
        return _name_from(message, cue.end())
    if not awaited:
        said = _PRESENTS.search(text) or _NAMED_AND_BORN.search(text)
        words = said["name"].split() if said else []
        return [Piece("name", *said.span("name"))] if said and not set(words) & _NOT_IN_NAME else []
    lead = _I_AM.match(text)
    return _name_from(message, lead.end() if lead else len(text) - len(text.lstrip()))


def _name_from(message: Plain, start: int) -> list[Piece]:
    end, count = start, 0
    for match in _WORD.finditer(message.text, start):
        between = message.text[end : match.start()]
        if between.strip(" .'-") or (match.group() in _NOT_IN_NAME and match.group() not in TITLES) or count >= 5:
            break
        end, count = match.end(), count + 1
    return [Piece("name", start, end)] if count else []
