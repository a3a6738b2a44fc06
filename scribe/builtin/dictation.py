"""A doctor's dictation: headings spoken in it ("assessment colon", "paragraph, plan") set the division of what"
" follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scribe.builtin.candidates import is_command
from scribe.builtin.clauses import Clause
from scribe.builtin.wording import finish, write_out
from scribe.note import Division

_NAMES: tuple[tuple[Division, str], ...] = (
    (Division.CHIEF_COMPLAINT, r"chief complaint|reason for (?:the )?visit|presenting complaint"),
    (
        Division.PRESENT_ILLNESS,
        r"history of (?:the )?present(?:ing)? (?:illness|complaint)|h\.?p\.?i|subjective|history|interval history",
    ),
    (Division.REVIEW_OF_SYSTEMS, r"review of systems|r\.?o\.?s"),
    (Division.PAST_SURGICAL, r"(?:past )?surgical history"),
    (Division.PAST_MEDICAL, r"(?:past )?medical history|past history|p\.?m\.?h"),
    (Division.FAMILY, r"family history"),
    (Division.SOCIAL, r"social history"),
    (Division.MEDICATIONS, r"(?:current |home )?medications?|meds|drug history"),
    (Division.ALLERGIES, r"(?:drug )?allergies"),
    (Division.IMMUNIZATIONS, r"immuni[sz]ations?|vaccinations?"),
    (Division.VITALS, r"vital signs|vitals|observations"),
    (Division.EXAM, r"(?:physical )?(?:exam(?:ination)?)(?: findings)?|objective|on examination"),
    (Division.RESULTS, r"results|diagnostics?|labs?|laboratory(?: results)?|imaging|investigations|data"),
    (Division.ASSESSMENT, r"assessment|impression|diagnos[ie]s"),
    (Division.PLAN, r"(?:assessment and )?plan|recommendations?|treatment plan"),
    (Division.INSTRUCTIONS, r"(?:patient |follow-?up )?instructions"),
)
_LEAD = r"^(?:(?:okay|so|and|next|new|now)[,.]? )*"
_HEADED = tuple(
    (
        division,
        re.compile(
            rf"{_LEAD}(?:(?:next |new )?(?:paragraph|section|heading)[,.:]? (?:{names})(?:[,.:]|\s+colon\b|$)"
            rf"|(?:{names})\s*(?::|,? ?\bcolon\b[,.:]?|[.]?$))\s*(?P<rest>.*)$",
            re.I,
        ),
    )
    for division, names in _NAMES
)
_MARKS = (
    (re.compile(r",? ?\b(?:full stop|period)\b(?: |$)", re.I), ". "),
    (re.compile(r" ?\bcomma\b", re.I), ","),
    (re.compile(r" ?\bcolon\b", re.I), ":"),
    (re.compile(r"\b(?:new (?:line|paragraph)|next line)\b[,.]?", re.I), ""),
)
_LEAST_HEADINGS = 2


def find_heading(text: str) -> tuple[Division, str] | None:
    """(division, what follows in the same clause) of a clause that opens with a spoken heading."""
    for division, sign in _HEADED:
        found = sign.match(text)
        if found:
            return division, found["rest"].strip(" .,:")
    return None


def read_dictation(clauses: Sequence[Clause]) -> Iterator[tuple[int, Division, str]]:
    """(place of the clause, division, sentence) of everything that stands under a spoken heading."""
    headed = [(at, find_heading(clause.text)) for at, clause in enumerate(clauses) if clause.role == "doctor"]
    if sum(found is not None for _, found in headed) < _LEAST_HEADINGS:
        return
    division: Division | None = None
    for at, found in headed:
        if found:
            division = found[0]
        text = _unmark(found[1] if found else clauses[at].text)
        if division and re.search(r"\w", text) and not is_command(clauses[at].text) and not clauses[at].asks:
            yield at, division, text


def _unmark(text: str) -> str:
    for sign, mark in _MARKS:
        text = sign.sub(mark, text)
    return finish(write_out(text))
