"""Personal data of a text found and masked."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

from governance.redaction.analyzer import LANGUAGE, build_analyzer
from governance.redaction.found import Found, settle
from governance.redaction.known import Known
from governance.redaction.person import Person

NOT_IDENTIFIERS = frozenset(("TITLE", "NRP", "ORGANIZATION", "AGE", "YEAR", "WEEKDAY"))
"""Types that 45 CFR 164.514(b)(2) does not name: pass them as `keep` where a text must stay readable."""
DATES = frozenset(("DATE_TIME", "YEAR", "WEEKDAY"))
"""Pass as `keep` where dates are needed; birth dates of known people are masked all the same."""

_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]+>")


class Redactor:
    """Finds and masks personal data. Cheap to make: Presidio is loaded with the first text. Safe to share by threads.

    `spacy_model`: the name of an installed spaCy pipeline whose people, places and organisations are added to what the
    rules find; without it no model is used. `min_score`: findings less sure than that are left (0.35 drops nothing that
    a rule says; 0.45 leaves single unknown words with a capital).
    """

    def __init__(self, *, spacy_model: str | None = None, min_score: float = 0.35) -> None:
        self._spacy_model = spacy_model
        self._min_score = min_score

    @cached_property
    def _analyzer(self) -> Any:
        logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
        return build_analyzer(self._spacy_model)

    def find(
        self, text: str, *, known: Known | None = None, focus: Iterable[Person] = (), keep: frozenset[str] = frozenset()
    ) -> list[Found]:
        """Personal data in a text, in its order, none overlapping.

        `known`: the hospital's people. `focus`: the people of this conversation, whose given and family names are
        masked alone and in any letter case. `keep`: types left in clear. What stands in a placeholder ("<PERSON>") is
        left.
        """
        if not text.strip():
            return []
        results = self._analyzer.analyze(text=text, language=LANGUAGE, score_threshold=self._min_score)
        found = [Found(result.start, result.end, result.entity_type, result.score) for result in results]
        if known is not None:
            found += known.find(text)
        people = tuple(focus)
        if people:
            found += _focused(people).find(text, focus=True)
        placed = [match.span() for match in _PLACEHOLDER.finditer(text)]
        kept = (
            finding
            for finding in found
            if finding.entity not in keep
            and not any(finding.start < end and start < finding.end for start, end in placed)
        )
        return settle(kept, text)

    def redact(
        self, text: str, *, known: Known | None = None, focus: Iterable[Person] = (), keep: frozenset[str] = frozenset()
    ) -> str:
        """The text with a placeholder such as "<PERSON>" in the place of each finding."""
        return mask(text, self.find(text, known=known, focus=focus, keep=keep))


def mask(text: str, found: Iterable[Found]) -> str:
    """The text with placeholders, by Presidio's anonymizer."""
    from presidio_anonymizer.entities import RecognizerResult

    results = [RecognizerResult(finding.entity, finding.start, finding.end, finding.score) for finding in found]
    return str(_anonymizer().anonymize(text, results).text) if results else text


@lru_cache(maxsize=1)
def _anonymizer() -> Any:
    from presidio_anonymizer import AnonymizerEngine

    logging.getLogger("presidio-anonymizer").setLevel(logging.WARNING)
    engine: Any = AnonymizerEngine
    return engine()


@lru_cache(maxsize=256)
def _focused(people: tuple[Person, ...]) -> Known:
    return Known(people)
