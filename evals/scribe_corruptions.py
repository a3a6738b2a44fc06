"""Corrupted sentences for `evals.scribe_faithfulness`, which says how they are made, and what the check finds of
them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from evals.scribe_visits import HEADING, note_of, rows, sentences_of, visit_of
from scribe.builtin import write_note
from scribe.checking.check import check_note, check_sentence
from scribe.language.drugs import drugs
from scribe.language.sentences import split
from scribe.language.terms import concepts
from scribe.visit import Visit

SEED = 20261121
LEAST_OVERLAP = 0.9

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_DIGITS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9",
           "ten": "10"}  # fmt: skip
_FRAMES = frozenset(
    [
        "patient",
        "reports",
        "states",
        "denies",
        "notes",
        "history",
        "today",
        "presents",
        "evaluation",
        "with",
        "that",
        "this",
        "have",
        "been",
    ]
)
_TURNS = 4


def _plain(text: str) -> list[str]:
    words = (_DIGITS.get(word, word) for word in _WORD.findall(text.lower()))
    return [word[:5] for word in words if word[0].isdigit() or (len(word) > 3 and word not in _FRAMES)]


def _must_stand(word: str) -> bool:
    return word[0].isdigit() or word in ("left", "right")


def overlap(sentence: str, visit: Visit) -> float:
    """The largest share of the sentence's words that four turns in a row have; 0 where a figure or a side is not
    among them."""
    words = _plain(sentence)
    if not words:
        return 0.0
    turns = [set(_plain(segment.text)) for segment in visit.segments]
    best = 0.0
    for first in range(len(turns)):
        said = set().union(*turns[first : first + _TURNS])
        if all(word in said for word in words if _must_stand(word)):
            best = max(best, sum(word in said for word in words) / len(words))
    return best


def _holds(sentence: str, visit: Visit) -> bool:
    letters = [word for word in _plain(sentence) if not word[0].isdigit()]
    return len(letters) >= 3 and not HEADING.match(sentence) and overlap(sentence, visit) >= LEAST_OVERLAP


_FLIPS: tuple[tuple[str, str], ...] = (
    (r"\b[Dd]enie[sd]\b(?: having| any)?", "reports"), (r"\bdoes not have\b", "has"),
    (r"\bdo not\b|\bdoes not\b|\bdid not\b", ""),
    (r"\b(is|was|are|were|has|have|had|will|can|could|would) not\b", r"\1"), (r"\b[Nn]o\s+(?!longer|change|other)", ""),
    (r"\b[Nn]egative for\b", "Positive for"), (r"\breport(?:s|ed) (?!that|no\b)", "denies "),
    (r"\bendorse[sd]\b", "denies"), (r"\b(has|have) been\b", r"\1 not been"), (r"\b(is|was|are|were|will)\b",
    r"\1 not"),
    (r"\bhas (?=a\b|an\b|some\b|pain)", "does not have "),
)  # fmt: skip
_UNITS = {"mg": "mcg", "milligrams": "micrograms", "mcg": "mg", "weeks": "months", "days": "weeks",
    "months": "weeks", "years": "months",
          "pounds": "kilograms", "hours": "days", "minutes": "hours", "week": "month", "month": "week"}  # fmt: skip
_DRUGS = (
    "lisinopril", "metformin", "atorvastatin", "amlodipine", "metoprolol", "omeprazole", "losartan", "gabapentin",
    "sertraline", "levothyroxine", "albuterol", "prednisone", "tramadol", "meloxicam", "warfarin", "clopidogrel",
    "furosemide", "citalopram", "trazodone", "cyclobenzaprine", "naproxen", "ibuprofen", "acetaminophen", "aspirin",
    "insulin", "amoxicillin", "azithromycin", "doxycycline", "ciprofloxacin", "cephalexin", "duloxetine",
    "fluoxetine", "bupropion", "escitalopram", "pantoprazole", "famotidine", "montelukast", "cetirizine",
    "loratadine", "hydrochlorothiazide", "carvedilol", "spironolactone", "rosuvastatin", "simvastatin",
    "allopurinol", "colchicine", "methotrexate", "topiramate", "lamotrigine", "oxycodone", "lasix", "tylenol",
    "motrin", "advil", "lipitor", "norvasc", "zoloft", "prozac", "lexapro", "coumadin", "synthroid", "protonix",
    "prilosec", "ultram",
)  # fmt: skip


def _flip(sentence: str, chance: random.Random) -> str | None:
    for pattern, other in _FLIPS:
        changed = re.sub(pattern, other, sentence, count=1)
        if changed != sentence:
            return changed
    return None


_A_SIDE = re.compile(
    r"(?<!that is )(?<!that's )(?<!thing )(?<!patient is )(?<!is their )(?<!all )(?<!after he )(?<!he had )"
    r"\b(left|right)\b(?! (?:now|away|there|here|at|into|where|off|before|after|when|on|about|in the|it)\b)",
    re.I,
)
"""A left or right that names a side of the body: not "right there", "right where", "that is right", "he left"."""


def _swap_side(sentence: str, chance: random.Random) -> str | None:
    other = {"left": "right", "right": "left"}
    changed = _A_SIDE.sub(lambda found: other[found[1].lower()], sentence)
    return changed if changed != sentence else None


def _change_number(sentence: str, chance: random.Random) -> str | None:
    matches = list(re.finditer(r"(?<![\w./-])\d+(?:\.\d+)?(?![\d/]|-[a-z]+-deg|th|st|nd|rd)", sentence))
    matches = [
        match
        for match in matches
        if not re.search(r"(?:type|grade|stage|covid-?)\s*$", sentence[: match.start()], re.I)
    ]
    if not matches:
        return None
    match = chance.choice(matches)
    value = float(match.group())
    wrong = chance.choice([value * 2, value * 3, value + 3, value * 10, value + 7])
    return sentence[: match.start()] + f"{wrong:g}" + sentence[match.end() :]


def _change_unit(sentence: str, chance: random.Random) -> str | None:
    match = re.search(r"(?<=\d\s)(" + "|".join(_UNITS) + r")\b", sentence)
    return sentence[: match.start()] + _UNITS[match[1]] + sentence[match.end() :] if match else None


def _swap_drug(sentence: str, chance: random.Random) -> str | None:
    match = re.search(r"\b(" + "|".join(_DRUGS) + r")\b", sentence, re.I)
    if not match:
        return None
    return sentence[: match.start()] + chance.choice(_DRUGS) + sentence[match.end() :]


CORRUPTIONS: dict[str, Callable[[str, random.Random], str | None]] = {
    "negation": _flip, "side": _swap_side, "number": _change_number, "unit": _change_unit, "drug": _swap_drug,
}  # fmt: skip
_SYMPTOMS = (
    "cough", "fever", "nausea", "vomiting", "diarrhea", "constipation", "headache", "dizziness", "rash", "swelling",
    "fatigue", "numbness", "tingling", "bloating", "insomnia", "wheezing", "chills", "heartburn", "itching",
    "palpitations",
)  # fmt: skip
_TESTS = (
    "x-ray",
    "mri",
    "ekg",
    "echocardiogram",
    "colonoscopy",
    "ultrasound",
    "mammogram",
    "physical therapy",
    "lipid panel",
    "cbc",
)


@dataclass(slots=True)
class Counted:
    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str]] = field(default_factory=list)

    def add(self, kind: str, *, found: bool, text: str) -> None:
        self.made[kind] += 1
        self.found[kind] += found
        if not found:
            self.misses.append((kind, text))


def corruptions(split_name: str) -> tuple[Counted, Counted]:
    """(corruptions made and found, uncorrupted sentences and lists and those that stayed without a finding)."""
    chance, bad, good = random.Random(SEED), Counted(), Counted()
    visits = [(visit_of(row["dialogue"]), sentences_of(row["note"])) for row in rows(f"aci-bench/{split_name}.csv")]
    for number, (visit, sentences) in enumerate(visits):
        _corrupt_all([one for one in dict.fromkeys(sentences) if _holds(one, visit)], visit, chance, bad, good)
        for wrong in _strangers(visits, number, visit, chance):
            bad.add("stranger", found=not check_sentence(wrong, visit).supported, text=wrong)
        for kind, wrong, heard in _only_asked(visit):
            bad.add(kind, found=not check_sentence(wrong, heard).supported, text=wrong)
        for item, rest in _dropped(visit, sentences):
            good.add("missing list", found=not _names(sentences, visit, item), text=item)
            bad.add("dropped", found=_names(rest, visit, item), text=item)
    return bad, good


def draft_corruptions(split_name: str) -> tuple[Counted, Counted]:
    """As `corruptions`, with every sentence of the built-in maker's drafts in place of the reference notes' that
    hold."""
    chance, bad, good = random.Random(SEED), Counted(), Counted()
    for row in rows(f"aci-bench/{split_name}.csv"):
        visit = visit_of(row["dialogue"])
        drafted = [sentence.text for section in write_note(visit).sections for sentence in section.sentences]
        _corrupt_all(list(dict.fromkeys(drafted)), visit, chance, bad, good)
    return bad, good


def _corrupt_all(sentences: list[str], visit: Visit, chance: random.Random, bad: Counted, good: Counted) -> None:
    spoken = " ".join(segment.text for segment in visit.segments).lower()
    for sentence in sentences:
        good.add("sentence", found=check_sentence(sentence, visit).supported, text=sentence)
        for kind, corrupt in CORRUPTIONS.items():
            wrong = corrupt(sentence, chance)
            if wrong is None or (kind == "drug" and _same_drug(wrong, spoken)):
                continue
            bad.add(kind, found=not check_sentence(wrong, visit).supported, text=f"{sentence} -> {wrong}")
        for wrong in _swap_in_visit(sentence, visit, spoken):
            bad.add("drug of visit", found=not check_sentence(wrong, visit).supported, text=f"{sentence} -> {wrong}")


def _swap_in_visit(sentence: str, visit: Visit, spoken: str) -> Iterator[str]:
    """The sentence with its only drug swapped for another one that the visit speaks of, where no four turns in a row
    have that drug and nine tenths of the sentence's words."""
    named = drugs(sentence)
    if len(named) != 1 or named[0].kind != "drug":
        return
    for name in sorted({one.name for one in drugs(spoken) if one.kind == "drug" and one.generic != named[0].generic}):
        wrong = sentence[: named[0].start] + name + sentence[named[0].end :]
        if overlap(wrong, visit) < LEAST_OVERLAP:
            yield wrong
            return


_DENIES = re.compile(
    r"^\W*(?:no|nope|not really|none|never|nah|not at all)\b(?!.{0,60}\b(?:but|yeah|yes|i do|i did)\b)", re.I
)


def _only_asked(visit: Visit) -> Iterator[tuple[str, str, Visit]]:
    """Symptoms that a doctor asks for in a turn that ends with its question mark and that no other turn names. Where
    the next turn begins with a plain no, none can be reported; with that answer cut out, none can be reported and
    none denied."""
    segments = visit.segments
    for name in _SYMPTOMS:
        places = [place for place, one in enumerate(segments) if re.search(rf"\b{name}", one.text, re.I)]
        if len(places) != 1 or places[0] + 1 >= len(segments) or segments[places[0]].role != "doctor":
            continue
        asked, answer = segments[places[0]], segments[places[0] + 1]
        last = split(asked.text)[-1]
        if not last.rstrip().endswith("?") or not re.search(rf"\b{name}", last, re.I) or answer.role != "patient":
            continue
        if not _DENIES.match(answer.text):
            continue
        yield "asked, denied", f"The patient reports {name}.", visit
        cut = Visit(segments[: places[0] + 1] + segments[places[0] + 2 :])
        yield "asked, no answer", f"The patient reports {name}.", cut
        yield "asked, no answer", f"The patient denies {name}.", cut


def _same_drug(wrong: str, spoken: str) -> bool:
    """The drug put in is spoken of in the visit, perhaps by its other name: no corruption."""
    said = {drug.generic for drug in drugs(spoken)}
    return all(drug.generic in said for drug in drugs(wrong))


def _strangers(
    visits: list[tuple[Visit, list[str]]], number: int, visit: Visit, chance: random.Random, count: int = 4
) -> Iterator[str]:
    notes = Counter(sentence for _, sentences in visits for sentence in set(sentences))
    others = [
        one for place, (_, sentences) in enumerate(visits) if place != number for one in sentences if notes[one] == 1
    ]
    picked = 0
    for sentence in chance.sample(others, min(len(others), 200)):
        if len(_plain(sentence)) >= 4 and _loose_overlap(sentence, visit) < 0.4:
            yield sentence
            picked += 1
        if picked == count:
            return


def _loose_overlap(sentence: str, visit: Visit) -> float:
    words, said = _plain(sentence), {word for segment in visit.segments for word in _plain(segment.text)}
    return sum(word in said for word in words) / len(words)


def _dropped(visit: Visit, sentences: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(what is dropped, the note without it)."""
    for names, roles, needs in (
        (_DRUGS, ("patient", "doctor"), None), (_SYMPTOMS, ("patient",), None), (_TESTS, ("doctor",), _WANTED),
    ):  # fmt: skip
        for name in names:
            word = re.compile(rf"\b{name}\b", re.I)
            if not any(word.search(segment.text) and segment.role in roles and _plainly(segment.text, word, needs)
                       for segment in visit.segments):  # fmt: skip
                continue
            named = {drug.generic for drug in drugs(name)}
            rest = [
                one for one in sentences if not word.search(one) and not named & {drug.generic for drug in drugs(one)}
            ]
            if len(rest) < len(sentences):
                yield name, rest


_WANTED = re.compile(
    r"going to (?:order|get|send|schedule)|gon na (?:order|get|send|schedule)|want to (?:order|get)"
    r"|let's (?:get|order)|i'll order"
)


def _plainly(text: str, word: re.Pattern[str], needs: re.Pattern[str] | None) -> bool:
    """Some sentence of the turn names it, without a denial, a question or an "if", and with `needs` where given."""
    return any(
        word.search(part)
        and not re.search(r"\bno\b|\bnot\b|n't|\?|\bif\b|\bnever\b|\bany\b|\bor\b", part)
        and (needs is None or needs.search(part))
        for part in split(text)
    )


def _names(sentences: list[str], visit: Visit, item: str) -> bool:
    """Whether the list of what is missing names the item, a drug by any of its names."""
    wanted = {drug.generic for drug in drugs(item)} | {mention.concept for mention in concepts(item)} | {item}
    missing = check_note(note_of(sentences), visit).missing
    return any(one.text in wanted or item in one.text for one in missing)
