"""The hospital's own people in a text: names, numbers, addresses, in every way people write them, one edit allowed.

A tenant's 20,000 people are indexed once (`Known(people)`); a text is then read word by word against the index, without
Presidio. Full names, numbers, addresses and e-mail addresses are found in any letter case and with one edit. A given or
family name alone needs a capital or a cue ("Dr", "my name is", "ji"), and, where it is an everyday word too ("More",
"Ray"), a cue or a capital that is not the sentence's; with an edit it must be none. Names shorter than four letters are
found alone only as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import date
from itertools import permutations
from typing import NamedTuple

from governance.redaction.alike import Alike
from governance.redaction.chance import OPENING, is_chance
from governance.redaction.dates import written_dates
from governance.redaction.found import Found
from governance.redaction.initials import initials
from governance.redaction.near import NearCodes, NearWords
from governance.redaction.ordinary import is_listed, is_ordinary, is_place, word_set
from governance.redaction.person import (
    Person,
    Words,
    address_parts,
    name_words,
    phone_forms,
    plain_words,
    spellings,
    words_of,
)
from governance.redaction.phrases import Hit, Phrases
from governance.redaction.tokens import is_shouted

ENTITIES = {
    "name": "PERSON", "phone": "PHONE", "mrn": "MRN", "identifier": "ID", "email": "EMAIL", "address": "STREET_ADDRESS",
    "birth_date": "BIRTH_DATE",
}  # fmt: skip
_KINDS = {kind: number for number, kind in enumerate(ENTITIES)}
_BY_NUMBER = tuple(ENTITIES)
_SHARED = 10
_ALIKE = 2  # names that sound alike come after those with one edit
_CODES = {_KINDS["phone"], _KINDS["mrn"], _KINDS["identifier"]}
_CUE = re.compile(
    r"(?:(?<!\w)(?:dr|mr|mrs|ms|miss|prof|shri|smt|sri|doctor|doc|nurse|sister|kumari|name is|name:|naam|na?me|called"
    r"|call me|"
    r"named|named him|named her|i am|i'm|this is|main|mai|father|mother|son|daughter|wife|husband|brother|sister"
    r"|uncle|aunt|aunty|"
    r"papa|mummy|mom|dad|beta|beti|pati|patni|bhai|regards|patient|dear|hi|hello|namaste)\.?,?:?\s{1,2})$",
    re.IGNORECASE,
)
_STRONG_CUE = re.compile(
    r"(?<!\w)(?:dr|mr|mrs|ms|prof|shri|smt|sri|name is|naam|regards|kumari|doctor)\.?,?\s{1,2}$", re.IGNORECASE
)
_AFTER = re.compile(
    r"[ -]{0,2}(?:ji|jee|bhai|bhaiya|ben|behen|sahab|saheb|sahib|saab|garu|didi|uncle|aunty|speaking|bol ra?h[ai]"
    r"|naam hai)(?!\w)",
    re.IGNORECASE,
)
_GRAMMAR = word_set("grammar")
_HONOURS = ("ji", "bhai", "ben", "saab")
_TAILS = frozenset(honour[-2:] for honour in _HONOURS)
_BETWEEN = " -./()+,#"
_RARE_ALONE = word_set("offices")


class Mention(NamedTuple):
    """`text[start:end]` is of the people `ids`; `kind` is name, phone, mrn, identifier, email or address."""

    start: int
    end: int
    ids: tuple[str, ...]
    kind: str


class _Claim(NamedTuple):
    """Words `first` to `last` are a value of the people `ids`, with so many edits."""

    first: int
    last: int
    edits: int
    ids: frozenset[str]
    kind: int


class Known:
    """The index of a set of people. Building takes about a second for 20,000; it is not changed afterwards, but those
    who changed may be laid over it (`with_newer`)."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._newer: Known | None = None
        self._ids: list[str] = []
        self._owners: dict[str, int | list[int]] = {}  # phrase or code -> people and kinds, as owner * 8 + kind
        self._names: set[str] = set()
        self._alike = Alike()
        self._in_order: set[str] = set()  # names as the record has them, not swapped
        self._places: set[str] = set()
        self._births: set[date] = set()
        self._phrases = Phrases(self._owners)
        emails: list[list[str]] = []
        self._codes = NearCodes(self._owners)
        for owner, person in enumerate(people):
            self._ids.append(person.id)
            self._add_names(owner, person)
            self._add_addresses(owner, person)
            self._add_codes(owner, person)
            if person.birth_date is not None:
                self._births.add(person.birth_date)
            if person.email:
                words = plain_words(person.email)
                self._own("".join(words), owner, "email")
                emails.append(words)
        self._phrases.seal(emails)
        self._codes.seal()
        self._alike.seal()
        self._near_names = NearWords(word for word in self._names if len(word) > 3)

    def with_newer(self, newer: Known) -> Known:
        """The same people and these, without building anew. A name that somebody had before stays known too."""
        both = copy(self)
        both._newer = newer
        return both

    def _own(self, key: str, owner: int, kind: str) -> None:
        code = owner * 8 + _KINDS[kind]
        others = self._owners.get(key)
        if others is None:
            self._owners[key] = code
        elif isinstance(others, int):
            self._owners[key] = [others, code]
        else:
            others.append(code)

    def _owned(self, key: str) -> list[int]:
        owners = self._owners[key]
        return [owners] if isinstance(owners, int) else owners

    def _add_names(self, owner: int, person: Person) -> None:
        for name in (spelling for one in person.names for spelling in spellings(one)):
            words = name_words(name)
            self._names.update(words)
            self._alike.add(owner, words)
            self._in_order.add("".join(words))
            for order in {tuple(words), *permutations(words, 2)}:
                if len(order) > 1:
                    self._own("".join(order), owner, "name")
                    self._phrases.add(order)
            for word, other in permutations(words, 2):
                if len(word) > 1:
                    self._own(f".{other[0]}{word}", owner, "name")  # an initial with a name

    def _add_addresses(self, owner: int, person: Person) -> None:
        for address in person.addresses:
            for part in address_parts(address):
                if len(part) == 1:
                    if not is_ordinary(part[0]) and not is_place(part[0]):
                        self._places.add(part[0])
                elif not all(word[0].isalpha() and (is_ordinary(word) or is_place(word)) for word in part):
                    self._own("".join(part), owner, "address")
                    self._phrases.add(part)

    def _add_codes(self, owner: int, person: Person) -> None:
        for phone in person.phones:
            for form in phone_forms(phone):
                self._own(form, owner, "phone")
                self._codes.add(form)
        for kind, values in (("mrn", (person.mrn,)), ("identifier", person.identifiers)):
            for value in values:
                code = "".join(plain_words(value or ""))
                code = code.lstrip("0") if code.isdigit() else code
                if len(code) > 3 and any(char.isdigit() for char in code):
                    self._own(code, owner, kind)
                    self._codes.add(code)

    def mentions(self, text: str) -> list[Mention]:
        """Whose full names, numbers, addresses and e-mail addresses the text holds, in its order, none overlapping.

        Names alone and birth dates are shared by too many people to say whose they are, and are left out. Where a value
        is somebody's as it stands, those whose value is one edit away are not meant.
        """
        return self._mentions(words_of(text))

    def _mentions(self, words: Words) -> list[Mention]:
        hits = self._claims(words) + (self._newer._claims(words) if self._newer is not None else [])
        hits.sort(key=lambda claim: (claim.edits, claim.first - claim.last, claim.first))
        merged: dict[tuple[int, int], tuple[int, set[str], int]] = {}
        claimed = [False] * len(words.plain)
        for claim in hits:
            span = (claim.first, claim.last)
            if span in merged and merged[span][0] == claim.edits:
                edits, ids, kind = merged[span]
                merged[span] = (edits, ids | claim.ids, min(kind, claim.kind))
            elif not any(claimed[claim.first : claim.last + 1]):
                merged[span] = (claim.edits, set(claim.ids), claim.kind)
                claimed[claim.first : claim.last + 1] = [True] * (claim.last + 1 - claim.first)
        return sorted(
            Mention(words.spans[first][0], words.spans[last][1], tuple(sorted(ids)), _BY_NUMBER[kind])
            for (first, last), (_, ids, kind) in merged.items()
        )

    def _claims(self, words: Words) -> list[_Claim]:
        """The hits of this layer, with whose they are."""
        claims = []
        for hit in self._hits(words):
            owners = self._owned(hit.phrase)
            kind = owners[0] % 8 and min(owner % 8 for owner in owners)  # a name's, which is 0, goes before all others
            if kind == _KINDS["name"]:
                meant = not is_chance(words, hit)
            else:
                meant = not self._is_shared_place(hit)
            if meant:
                claims.append(_Claim(hit.first, hit.last, hit.edits, self._people(owners), kind))
        for first, last in initials(words):
            key = f".{words.plain[first]}{words.plain[last]}"
            if key in self._owners:
                claims.append(_Claim(first, last, 0, self._people(self._owned(key)), _KINDS["name"]))
        exact = {claim.first for claim in claims if claim.edits == 0}
        for first, last, numbers in self._alike.find(words, exact):
            claims.append(_Claim(first, last, _ALIKE, frozenset(map(self._ids.__getitem__, numbers)), _KINDS["name"]))
        return claims

    def _people(self, owners: list[int]) -> frozenset[str]:
        return frozenset(map(self._ids.__getitem__, [owner >> 3 for owner in owners]))

    def _hits(self, words: Words) -> list[Hit]:
        hits = [hit for hit in self._phrases.find(words.plain) if not self._is_grammar(words, hit)]
        hits += self._find_codes(words)
        return hits

    def _is_shared_place(self, hit: Hit) -> bool:
        """Whether a hit is a part of so many people's addresses that it says nothing of whom."""
        owners = self._owned(hit.phrase)
        return len(owners) > _SHARED and owners[0] % 8 == _KINDS["address"]

    def _is_grammar(self, words: Words, hit: Hit) -> bool:
        """Whether a name with an edit is nothing but grammar: "rao not" is not "Rao Noti", "and more" not "Ana
        More"."""
        if hit.edits == 0 or hit.edited < 0:
            return False
        if not words.shown(hit.edited).islower() or words.plain[hit.edited] not in _GRAMMAR:
            return False
        others = [place for place in range(hit.first, hit.last + 1) if place != hit.edited]
        return hit.phrase not in self._in_order or all(
            words.shown(place).islower() and is_listed(words.plain[place]) for place in others
        )

    def _find_codes(self, words: Words) -> Iterator[Hit]:
        """Phone numbers, MRNs and identifiers, however they are parted."""
        if not self._codes.longest:
            return
        digits = [not word.isalpha() for word in words.plain]
        if not any(digits):
            return
        prefix, shortest, last = self._codes.longest_prefix + 1, self._codes.shortest, len(digits) - 1
        for place, word in enumerate(words.plain):
            goes_on = place < last and (digits[place + 1] or len(words.plain[place + 1]) < 3)
            if digits[place]:
                if goes_on or len(word) >= shortest:
                    yield from self._codes_at(words, digits, place)
            elif len(word) <= prefix and goes_on and words.spans[place + 1][0] - words.spans[place][1] < 2:
                yield from self._codes_at(words, digits, place)

    def _codes_at(self, words: Words, digits: list[bool], first: int) -> Iterator[Hit]:
        """The exact code that begins at a word; where there is none, those that are one edit away."""
        code, near, spans, codes = "", [], words.spans, self._codes
        for last in range(first, min(first + 8, len(digits))):
            word = words.plain[last]
            if last > first:
                start, end = spans[last - 1][1], spans[last][0]
                if len(code) > codes.longest or end - start > 3 or not (digits[last] or len(word) < 3):
                    break
                if words.text[start:end].strip(_BETWEEN):
                    break
            code += word
            if len(code) < 4:
                continue
            bare = code.lstrip("0") if code[0] == "0" and code.isdigit() else code
            if bare in self._owners and any(owner % 8 in _CODES for owner in self._owned(bare)):
                yield Hit(first, last, bare, 0)
                return
            if len(code) >= codes.shortest:
                near += [(last, bare)] if bare == code else [(last, bare), (last, code)]
        for last, bare in near:
            for other in codes.near(bare):
                yield Hit(first, last, other, 1)

    def find(self, text: str, *, focus: bool = False) -> Iterator[Found]:
        """Every trace of these people. `focus`: they take part in this talk, so their names alone need no capital."""
        words = words_of(text)
        if self._newer is not None:
            yield from self._newer.find(text, focus=focus)
        for hit in self._hits(words):
            kind = _BY_NUMBER[self._owned(hit.phrase)[0] % 8]
            first = hit.first - (kind == "address" and _is_house(words, hit.first - 1))
            start, end = words.spans[first][0], words.spans[hit.last][1]
            yield Found(start, end, ENTITIES[kind], 1.0 if hit.edits == 0 else 0.98)
        yield from self._find_singles(words, focus=focus)
        if self._births:
            for start, end, days in written_dates(text):
                if not self._births.isdisjoint(days):
                    yield Found(start, end, "BIRTH_DATE", 1.0)

    def _find_singles(self, words: Words, *, focus: bool) -> Iterator[Found]:
        """Given and family names alone, with initials, and places of addresses."""
        shouted = is_shouted(words.text)
        for place, word in enumerate(words.plain):
            if len(word) == 1:
                if words.shown(place).isupper():
                    yield from self._with_initial(words, place)
            elif word in self._places and not word.isdigit():
                yield Found(*words.spans[place], "STREET_ADDRESS", 0.9)
            elif self._is_single(words, place, focus=focus, shouted=shouted):
                yield Found(*words.spans[place], "PERSON", 0.9)

    def _with_initial(self, words: Words, place: int) -> Iterator[Found]:
        """ "A. Rao", "Rao A": the letter is a capital, and so is the name's first, unless it is no everyday word."""
        for beside in (place + 1, place + 2, place - 1):
            if not 0 <= beside < len(words.plain) or len(words.plain[beside]) < 2:
                continue
            start, end = (
                min(words.spans[place][0], words.spans[beside][0]),
                max(words.spans[place][1], words.spans[beside][1]),
            )
            other, capital = words.plain[beside], words.shown(beside)[0].isupper()
            between = words.text[
                min(words.spans[place][1], words.spans[beside][1]) : max(words.spans[place][0], words.spans[beside][0])
            ]
            if len(between) > 4 or between.strip(". ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
                continue
            names = [other] if capital or not is_ordinary(other) else []
            if capital and not is_ordinary(other):
                names += self._near_names.near(other)
            if any(f".{words.plain[place]}{name}" in self._owners for name in names):
                yield Found(start, end, "PERSON", 0.95)
                return

    def _is_single(self, words: Words, place: int, *, focus: bool, shouted: bool) -> bool:
        word = words.plain[place]
        bare = word if word in self._names else _without_honour(word)
        if bare not in self._names:
            if (
                len(word) < 4
                or is_ordinary(word)
                or not (focus or _capital(words, place, shouted=shouted) or _cued(words, place))
            ):
                return False
            return bool(self._near_names.near(word))
        if not is_listed(word):
            return focus or bare != word or _capital(words, place, shouted=shouted) or _cued(words, place)
        start, end = words.spans[place]
        if _STRONG_CUE.search(words.text[max(0, start - 12) : start]) or _AFTER.match(words.text, end):
            return True
        begins = start == 0 or OPENING.search(words.text[max(0, start - 4) : start]) is not None
        return (
            _capital(words, place, shouted=shouted)
            and not (begins or words.text[start - 1] == "-" or words.shown(place).isupper())
            and word not in _RARE_ALONE
        )


def _is_house(words: Words, place: int) -> bool:
    """Whether the word before a street may be its house number, whatever slip it has."""
    if place < 0 or len(words.plain[place]) > 5 or not any(char.isdigit() for char in words.plain[place]):
        return False
    return words.spans[place + 1][0] - words.spans[place][1] < 3


def _capital(words: Words, place: int, *, shouted: bool) -> bool:
    return not shouted and words.text[words.spans[place][0]].isupper()


def _cued(words: Words, place: int) -> bool:
    start, end = words.spans[place]
    return _CUE.search(words.text[max(0, start - 14) : start]) is not None or _AFTER.match(words.text, end) is not None


def _without_honour(word: str) -> str:
    if word[-2:] not in _TAILS:
        return word
    for honour in _HONOURS:
        if word.endswith(honour) and len(word) > len(honour) + 2:
            return word[: -len(honour)]
    return word
