"""What a claim affirms or denies, against what was affirmed or denied in the visit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from scribe.checking.alignment import find_affirmed_there, find_denied_there, find_turned
from scribe.checking.claims import Claim, Item
from scribe.checking.support import Backing, places_of
from scribe.checking.visit_index import NO, OPEN, YES, Said, VisitIndex
from scribe.checking.vocabulary import keys, root
from scribe.language.reading import Read
from scribe.language.terms import kind_of
from scribe.language.words import stem
from scribe.note import Finding, FindingKind

NEAR = 2
"""Segments around the places a claim comes from that count as the same talk."""
_JUDGED = {"symptom", "condition", "procedure", "test"}
_MOST_WORDS = 0.34
"""Share of a claim's judged words that must be the other way round before the claim is called so."""


def near(places: Iterable[int], reach: int = NEAR) -> set[int]:
    """The places and those around them."""
    return {other for place in places for other in range(place - reach, place + reach + 1)}


def find_negation(claim: Claim, backing: Backing, visit_index: VisitIndex) -> list[Finding]:
    """What is denied here and affirmed there, or the reverse: terms and drugs one by one, then the words under a
    "not"."""
    found, around, settled = [], near(backing.places), set()
    answering = {visit_index.answers[place].segment for place in backing.places}
    unanswered: list[Item] = []
    asked: list[Item] = []
    for item in claim.items:
        said = _statements(item, visit_index)
        if not said or item.open:
            continue
        local = [one for one in said if one.segment in backing.places or one.segment in answering]
        local = local or [one for one in said if one.segment in around] or said
        verdict = _compare(item, local)
        if _is_unanswered(item, said, visit_index):
            unanswered.append(item)
        if not item.negated and all(one.polarity == OPEN for one in said):
            asked.append(item)
        if verdict is False and not item.negated and kind_of(item.name) == "test":
            continue
        if verdict is not None:
            settled.add(item)
        if verdict is False:
            places = {one.segment for one in local} | {one.answer for one in local if one.answer is not None}
            found.append(_negation(claim, item, last=item, segments=visit_index.ids(places)))
    if claim.attributed and len(asked) > 1:
        unanswered = unanswered or asked
    if unanswered and not found:
        words = claim.text[unanswered[0].start : unanswered[-1].end]
        found.append(Finding(kind=FindingKind.UNSUPPORTED, words=words, instead="asked, and not answered"))
    if found:
        return found
    return (
        _judge_denied(claim, backing, visit_index=visit_index, settled=settled)
        or _judge_affirmed(claim, backing, visit_index=visit_index, settled=settled)
        or _judge_words(claim, backing, visit_index)
    )


def _is_unanswered(item: Item, said: list[Said], visit_index: VisitIndex) -> bool:
    """Only asked, and nobody replied to it; a symptom affirmed though nobody said yes to it."""
    if any(one.polarity != OPEN for one in said) or kind_of(item.name) != "symptom":
        return False
    return all(visit_index.answers[one.segment].segment is None for one in said)


def _judge_words(claim: Claim, backing: Backing, visit_index: VisitIndex) -> list[Finding]:
    """The word right behind a "not", here or there."""
    if (at := find_affirmed_there(claim, backing.places, visit_index)) is not None:
        token = claim.read.tokens[at]
        return [_denied_finding(claim, token.start, last=token.end, backing=backing, visit_index=visit_index)]
    turned = find_turned(claim, backing.places, visit_index)
    if turned and turned[1]:
        token = claim.read.tokens[turned[0]]
        return [_denied_finding(claim, token.start, last=token.end, backing=backing, visit_index=visit_index)]
    at = turned[0] if turned else None
    if at is None and not _PLANS.search(claim.text):
        at = find_denied_there(claim, backing.places, visit_index)
    if at is None:
        return []
    words, segments = (
        claim.text[claim.read.tokens[at].start : claim.read.tokens[at].end],
        visit_index.ids(set(backing.places)),
    )
    return [Finding(kind=FindingKind.NEGATION, words=words, instead=f"{words}: denied", segments=segments)]


def _negation(claim: Claim, first: Item, *, last: Item, segments: tuple[str, ...]) -> Finding:
    words = claim.text[first.start : last.end]
    instead = "affirmed" if first.negated else "denied"
    return Finding(kind=FindingKind.NEGATION, words=words, instead=f"{words}: {instead}", segments=segments)


def _statements(item: Item, visit_index: VisitIndex) -> list[Said]:
    if item.kind in ("drug", "class"):
        said = visit_index.drugs.get(item.name, [])
    elif item.kind == "term" and not item.site and kind_of(item.name) in _JUDGED:
        said = visit_index.terms.get(item.name, [])
    else:
        return []
    return [one for one in said if not one.supposed and one.family == item.family]


def _compare(item: Item, said: list[Said]) -> bool | None:
    """True where somebody said it so, False where it was only said the other way, None where nobody settled it."""
    wanted, other = (NO, YES) if item.negated else (YES, NO)
    if any(one.polarity & wanted for one in said):
        return True
    return False if any(one.polarity & other for one in said) else None


def _heard_as(item: Item, places: Iterable[int], visit_index: VisitIndex) -> int:
    """The polarities, as bits, that an item's words have at some places; 0 where they are not there."""
    polarity = 0
    for one in item.stems:
        for key in keys(one):
            said = visit_index.words.get(key, {})
            here = [said[place] for place in places if place in said]
            for value in here:
                polarity |= value
            if here:
                break
    return polarity


def _judge_denied(claim: Claim, backing: Backing, *, visit_index: VisitIndex, settled: set[Item]) -> list[Finding]:
    """Each stretch under a "not" or "no": what of it is said there must be denied there, at least for the larger part;
    and where it has no words of weight, something must be denied there. `settled` items are known to be denied."""
    for first, last in _denied_runs(claim):
        held = against = 0.0
        for item in claim.items:
            if not first <= item.start < last or item.kind == "figure":
                continue
            polarity = NO if item in settled else _heard_as(item, backing.places, visit_index)
            held += item.weight if polarity & (NO | OPEN) else 0.0
            against += item.weight if polarity == YES else 0.0
        if _denies_a_figure(claim, first, visit_index=visit_index, places=near(backing.places, 1)):
            return [_denied_finding(claim, first, last=last, backing=backing, visit_index=visit_index)]
        normal = {token.stem for token in claim.read.tokens if first <= token.start < last} & _NORMAL
        if normal and _affirms(normal, claim, backing=backing, visit_index=visit_index):
            return [_denied_finding(claim, first, last=last, backing=backing, visit_index=visit_index)]
        if held > against or (held and not against) or _is_hollow(claim, first, last):
            continue
        if against > held or not _denies_anything(claim, first, last=last, backing=backing, visit_index=visit_index):
            return [_denied_finding(claim, first, last=last, backing=backing, visit_index=visit_index)]
    return []


def _denies_a_figure(claim: Claim, first: int, *, visit_index: VisitIndex, places: set[int]) -> bool:
    """ "Is not a 39-year-old", "not 2 days ago": the figure right behind the "not" is said, and nowhere denied."""
    figure = next((item.figure for item in claim.items if first <= item.start <= first + _FIGURE_BEHIND), None)
    if figure is None:
        return False
    said = [(place, other) for place, other in visit_index.figures.get(figure.value, ()) if place in places]
    return bool(said) and not any(
        visit_index.reads[place].cues.assess(other.start, other.end).negated for place, other in said
    )


_FIGURE_BEHIND = 6
"""Characters between a "not" and its figure."""


def _denied_finding(claim: Claim, first: int, *, last: int, backing: Backing, visit_index: VisitIndex) -> Finding:
    words, segments = claim.text[first:last], visit_index.ids(set(backing.places))
    return Finding(kind=FindingKind.NEGATION, words=words, instead=f"{words}: affirmed", segments=segments)


def _affirms(normal: set[str], claim: Claim, *, backing: Backing, visit_index: VisitIndex) -> bool:
    """Whether one of the words for what is well is said, and only without a "not", where the claim comes from."""
    said = _denials_of(normal, backing.places, visit_index)
    if not said:
        named = {place for item in claim.items if item.kind == "term" for place in places_of(item, visit_index)}
        said = _denials_of(normal, named, visit_index)
    return bool(said) and not any(said)


def _denials_of(stems: set[str], places: Iterable[int], visit_index: VisitIndex) -> list[bool]:
    """For each time that one of the stems is said at the places, whether it is denied."""
    return [
        bool(visit_index.reads[place].cues.negated[number])
        for place in places
        for number, token in enumerate(visit_index.reads[place].tokens)
        if token.stem in stems
    ]


def _is_hollow(claim: Claim, first: int, last: int) -> bool:
    """A stretch without content before its "negative" or "ruled out", as in a heading."""
    if any(first <= item.start < last for item in claim.items):
        return False
    before = [token.word for token in claim.read.tokens if token.end <= first]
    return not before or before[-1] not in ("not", "n't", "no", "never", "without")


def _denied_runs(claim: Claim) -> list[tuple[int, int]]:
    """(start, end) in the text of each stretch of words under one negation."""
    runs: list[tuple[int, int]] = []
    before = False
    for token, marked in zip(claim.read.tokens, claim.read.cues.negated, strict=True):
        if marked and before:
            runs[-1] = (runs[-1][0], token.end)
        elif marked:
            runs.append((token.start, token.end))
        before = bool(marked)
    return runs


def _denies_anything(claim: Claim, first: int, *, last: int, backing: Backing, visit_index: VisitIndex) -> bool:
    """Whether the places have any denial, or a word that means one ("normal", "stopped")."""
    inside = {token.stem for token in claim.read.tokens if first <= token.start < last}
    means_no = frozenset() if inside & _NORMAL else _MEANS_NO
    roots = {root(one) for item in claim.items for one in item.stems}
    for place in backing.places:
        one = visit_index.reads[place]
        if visit_index.answers[place].says is False:
            return True
        for number in _around(one, roots):
            if one.cues.negated[number] or one.tokens[number].stem in means_no:
                return True
    return not backing.places


def _around(one: Read, roots: set[str]) -> range:
    """Tokens from a little before to a little behind those that the claim shares with a unit."""
    matched = [number for number, token in enumerate(one.tokens) if root(token.stem) in roots]
    if not matched:
        return range(len(one.tokens))
    return range(max(0, matched[0] - _AROUND), min(len(one.tokens), matched[-1] + _AROUND + 1))


_AROUND = 6
_NORMAL = frozenset(
    stem(word)
    for word in [
        "normal",
        "clear",
        "negative",
        "intact",
        "full",
        "present",
        "good",
        "well",
        "midline",
        "equal",
        "stable",
        "symmetric",
        "soft",
        "better",
    ]
)
"""What is well: "not" before one of these says that something is wrong."""
_MEANS_NO = frozenset(
    stem(word)
    for word in [
        "no",
        "not",
        "n't",
        "none",
        "never",
        "nope",
        "nothing",
        "normal",
        "clear",
        "unremarkable",
        "intact",
        "stopped",
        "quit",
        "stop",
        "without",
        "unable",
        "fail",
        "resolved",
        "gone",
        "negative",
        "denies",
        "less",
        "only",
        "hardly",
        "rarely",
        "avoid",
        "away",
        "lack",
        "off",
        "neither",
        "nor",
        "cannot",
        "except",
        "until",
        "fine",
        "symmetric",
        "benign",
        "ran",
        "missed",
        "forget",
        "forgot",
        "skip",
        "skipped",
        "free",
        "full",
        "hard",
        "difficult",
        "yet",
        "instead",
        "minus",
        "declined",
        "refuse",
        "refused",
    ]
)


def _judge_affirmed(claim: Claim, backing: Backing, *, visit_index: VisitIndex, settled: set[Item]) -> list[Finding]:
    """The other words, clause by clause: not most of a clause may be denied, and nothing else, where the claim comes
    from."""
    if _PLANS.search(claim.text):
        return []
    for clause in _clauses(claim):
        against, weighed = [], 0.0
        for item in clause:
            if item.negated or item.open or item.kind == "figure" or item.site or item in settled or _is_test(item):
                continue
            polarity = _heard_as(item, backing.places, visit_index)
            if not polarity & (YES | NO):
                continue
            weighed += item.weight
            if not polarity & (YES | OPEN):
                against.append(item)
        if against and sum(item.weight for item in against) / weighed >= _MOST_WORDS:
            return [_negation(claim, against[0], last=against[-1], segments=visit_index.ids(set(backing.places)))]
    return []


def _is_test(item: Item) -> bool:
    """An examination that is spoken of is neither affirmed nor denied."""
    return item.kind == "term" and kind_of(item.name) == "test"


def _clauses(claim: Claim) -> list[list[Item]]:
    """The items between commas and words like "but"."""
    breaks = [token.start for token in claim.read.tokens if token.word in _CLAUSE_ENDS]
    clauses: dict[int, list[Item]] = {}
    for item in claim.items:
        clauses.setdefault(bisect_left(breaks, item.start), []).append(item)
    return list(clauses.values())


_PLANS = re.compile(r"\b(?:will|should|recommend\w*|advis\w*|continue)\b", re.I)
"""What is to be done is not denied by its not having been done."""
_CLAUSE_ENDS = {",", ";", "but", "although", "though", "which", "because"}
