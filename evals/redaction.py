"""Scores of the redaction of personal data: `python -m evals.redaction [--misses]`. No model is used or downloaded.

1. On half of presidio-research's 1,500 synthetic texts (`../shared/data/pii`, MIT, 17 types), as its SpanEvaluator
  counts
(version of 2025, threshold 0.9, by characters, every type taken for one, "PII"; written anew here). A text is cut into
tokens by spaCy's English tokenizer; a token that a span touches carries the span's tag. Neighbouring tokens with a tag
are a span; its skip words (English stop words, punctuation, blank lines, "street", "apt", "mr.", "inc" ...) are
dropped, its bounds go from the first kept token to the last, and spans with only skip words between them are merged. An
annotated span is right when the predicted spans that overlap it cover it with an intersection over union of characters
of 0.9 or more; it is missed and falsely said when they overlap it less, missed when none does. A predicted span that
overlaps none is falsely said. Precision is right / said, recall right / annotated, F2 = 5PR / (4P + R).

Strict: spans as they are, neither cut, trimmed nor merged; right only where type (by the table `TYPES`), first and last
character are the same.

By type: recall is the share of annotated spans of which every letter and digit is masked, under whatever type;
precision the share of findings of our types for it of which half the characters or more lie in annotated spans of any
type.

Beside it the same figure of Presidio's default recognisers without a model (spaCy's blank English).

2. On messages about 400 people out of a generated register of 20,000: the share of values, of each kind and written
  form,
of which every letter and digit is masked. With "one edit" a character is one too many, one too few, wrong, or swapped
with its neighbour, blanks and punctuation included.

3. On ordinary messages (evals/data/understanding, evals/scenarios and `ORDINARY`): the share with any false mask, the
  same
register known, with what `redact` keeps of `NOT_IDENTIFIERS` and dates in clear. Names that the message does hold ("Dr
Nair", "my name is ...") are no false masks.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evals.redaction_people import ORDINARY, register, written
from governance.redaction.found import Found
from governance.redaction.known import Known
from governance.redaction.person import Person
from governance.redaction.redactor import DATES, NOT_IDENTIFIERS, Redactor

DATA = Path(__file__).parents[2] / "shared/data/pii/presidio_synth_a.json"
_SKIP = set(string.punctuation) | {
    "", ">>", ">>>", ">>>>", "'s", "street", "st.", "st", "de", "rue", "via", "day", "address", "country", "state",
    "city",
    "zip", "po", "apt", "unit", "corner", "p.o.", "box", "suite", "mr.", "mrs.", "miss", "year", "years", "y/o",
    "month",
    "months", "old", "morning", "noon", "afternoon", "night", "evening", "week", "weeks", "weekend", "days", "age",
    "ago",
    "inc", "inc.", "ltd",
}  # fmt: skip
_BLANKS = {" ", "\n", "\n\n", "\n\n\n", "\n\n\n\n", "\t", "\t\t", "\t\t\t", "\t\t\t\t"}
Span = tuple[int, int, str]
TYPES = {
    "PERSON": ("PERSON",), "STREET_ADDRESS": ("STREET_ADDRESS",), "GPE": ("LOCATION",),
    "ORGANIZATION": ("ORGANIZATION",),
    "DATE_TIME": ("DATE_TIME", "YEAR", "WEEKDAY"), "CREDIT_CARD": ("CREDIT_CARD",), "TITLE": ("TITLE",),
    "PHONE_NUMBER": ("PHONE",),
    "AGE": ("AGE", "AGE_OVER_89"), "NRP": ("NRP",), "DOMAIN_NAME": ("URL",), "EMAIL_ADDRESS": ("EMAIL",),
    "ZIP_CODE": ("ZIP_CODE",),
    "IBAN_CODE": ("IBAN",), "US_SSN": ("US_SSN", "US_ITIN"), "IP_ADDRESS": ("IP_ADDRESS",),
    "US_DRIVER_LICENSE": ("DRIVER_LICENSE",),
}  # fmt: skip


@dataclass
class Counts:
    right: int = 0
    said: int = 0
    there: int = 0

    def __str__(self) -> str:
        precision, recall = self.precision, self.recall
        return (
            f"P {precision:.3f}  R {recall:.3f}  F2 {self.f2:.3f}  ({self.right} right, {self.said} said, "
            f"{self.there} there)"
        )

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 0.0

    @property
    def f2(self) -> float:
        p, r = self.precision, self.recall
        return 5 * p * r / (4 * p + r) if p + r else 0.0


class SpanScore:
    """Spans as presidio-research's SpanEvaluator makes and matches them (see the module's docstring)."""

    def __init__(self) -> None:
        import spacy
        from spacy.lang.en.stop_words import STOP_WORDS

        self._tokens = spacy.blank("en").tokenizer
        self._skip = _SKIP | STOP_WORDS

    def spans(self, text: str, marked: Iterable[Span]) -> list[tuple[str, int, int, int, int]]:
        """Tagged tokens as spans (type, first token, last token, start, end), trimmed of skip words and merged over
        them."""
        tokens = list(self._tokens(text))
        tags = [""] * len(tokens)
        for start, end, kind in marked:
            for i, token in enumerate(tokens):
                if token.idx < end and start < token.idx + len(token):
                    tags[i] = tags[i] or kind
        runs: list[list[int]] = []
        for i, tag in enumerate(tags):
            if tag and runs and runs[-1][-1] == i - 1 and tags[i - 1] == tag:
                runs[-1].append(i)
            elif tag:
                runs.append([i])
        found: list[tuple[str, int, int, int, int]] = []
        for run in runs:
            kept = [
                tokens[i] for i in run if tokens[i].text.lower() not in self._skip and tokens[i].text not in _BLANKS
            ]
            if not kept:
                continue
            kind, start, end = tags[run[0]], kept[0].idx, max(t.idx + len(t) for t in kept)
            if found and found[-1][0] == kind and self._adjacent(tokens, found[-1][2] + 1, run[0]):
                found[-1] = (kind, found[-1][1], run[-1], found[-1][3], end)
            else:
                found.append((kind, run[0], run[-1], start, end))
        return found

    def _adjacent(self, tokens: Sequence[Any], start: int, end: int) -> bool:
        return all(tokens[i].text.lower().strip() in self._skip for i in range(start, end))

    def count(self, text: str, gold: Iterable[Span], said: Iterable[Span], counts: Counts) -> None:
        """One text into the counts, every type taken for one (`PII`)."""
        there = self.spans(text, [(a, b, "PII") for a, b, _ in gold])
        marks = self.spans(text, [(a, b, "PII") for a, b, _ in said])
        touched: set[int] = set()
        for span in there:
            over = [i for i, mark in enumerate(marks) if mark[3] < span[4] and span[3] < mark[4]]
            touched.update(over)
            counts.there += 1
            if over:
                counts.said += 1
                counts.right += _iou(span, [marks[i] for i in over]) >= 0.9
        counts.said += len(marks) - len(touched)


def _iou(span: tuple[str, int, int, int, int], marks: Sequence[tuple[str, int, int, int, int]]) -> float:
    there = set(range(span[3], span[4]))
    said = set().union(*(range(m[3], m[4]) for m in marks))
    return len(there & said) / len(there | said)


def score_synthetic(redactor: Redactor) -> None:
    """Part 1."""
    samples = json.loads(DATA.read_text())
    texts = [sample["full_text"] for sample in samples]
    gold = [[(s["start_position"], s["end_position"], s["entity_type"]) for s in sample["spans"]] for sample in samples]
    ours = [redactor.find(text) for text in texts]
    print(f"presidio-research, {len(texts)} texts, PII or not:")
    print(
        f"  ours, SpanEvaluator's way   "
        f"{_score(texts, gold, [[(f.start, f.end, f.entity) for f in found] for found in ours])}"
    )
    print(f"  ours, strict                {_strict(gold, ours)}")
    analyze = vanilla()
    theirs = [[(r.start, r.end, r.entity_type) for r in analyze(text)] for text in texts]
    print(f"  Presidio without a model    {_score(texts, gold, theirs)}")
    for kind, counts in _by_type(texts, gold, ours).items():
        said, there = counts["said"], counts["there"]
        precision = f"{counts['true'] / said:.3f}" if said else "  -  "
        print(
            f"  {kind:18} P {precision} ({counts['true']} of {said})  R {counts['masked'] / there:.3f} "
            f"({counts['masked']} of {there})"
        )


def vanilla() -> Callable[[str], list[Any]]:
    """Presidio's default recognisers with a blank spaCy pipeline in the model's place."""
    import spacy
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())  # else it goes to the network
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": spacy.blank("en")}
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    return lambda text: analyzer.analyze(text=text, language="en")


def _score(texts: Sequence[str], gold: Sequence[Sequence[Span]], said: Sequence[Sequence[Span]]) -> Counts:
    score, counts = SpanScore(), Counts()
    for text, there, marks in zip(texts, gold, said, strict=True):
        score.count(text, there, marks, counts)
    return counts


def _strict(gold: Sequence[Sequence[Span]], ours: Sequence[Sequence[Found]]) -> Counts:
    counts = Counts()
    for there, found in zip(gold, ours, strict=True):
        said = {(f.start, f.end, kind) for f in found for kind, types in TYPES.items() if f.entity in types}
        counts.there += len(there)
        counts.said += len(found)
        counts.right += len(said & set(there))
    return counts


def _by_type(
    texts: Sequence[str], gold: Sequence[Sequence[Span]], ours: Sequence[Sequence[Found]]
) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in TYPES}
    for text, there, found in zip(texts, gold, ours, strict=True):
        masked = {i for f in found for i in range(f.start, f.end)}
        marked = {i for start, end, _ in there for i in range(start, end)}
        for start, end, kind in there:
            counts[kind]["there"] += 1
            counts[kind]["masked"] += all(i in masked or not text[i].isalnum() for i in range(start, end))
        for f in found:
            for kind, types in TYPES.items():
                if f.entity in types:
                    counts[kind]["said"] += 1
                    counts[kind]["true"] += 2 * sum(i in marked for i in range(f.start, f.end)) >= f.end - f.start
    return counts


def score_known(redactor: Redactor, known: Known, people: Sequence[Person], *, misses: bool) -> None:
    """Part 2."""
    rng = random.Random(11)
    there: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for person in rng.sample(people, 400):
        for kind, value, message in written(person, rng):
            clear = {i for f in redactor.find(message, known=known) for i in range(f.start, f.end)}
            start = message.index(value)
            whole = all(i in clear or not message[i].isalnum() for i in range(start, start + len(value)))
            there[kind] += 1
            masked[kind] += whole
            if misses and not whole:
                print(f"  missed: {value!r} in {redactor.redact(message, known=known)!r}")
    print(f"values of known people ({len(people)} known):")
    for kind in there:
        print(f"  {kind:24} R {masked[kind] / there[kind]:.4f} ({masked[kind]} of {there[kind]})")


def score_ordinary(redactor: Redactor, known: Known, *, misses: bool) -> None:
    """Part 3."""
    messages = sorted({*ORDINARY, *_own_messages()})
    wrong = 0
    for message in messages:
        found = redactor.find(message, known=known, keep=NOT_IDENTIFIERS | DATES)
        false = [f for f in found if f.entity != "BIRTH_DATE" and not _IS_SAID.search(message[: f.start])]
        wrong += bool(false)
        if misses and false:
            print(f"  false: {[message[f.start : f.end] for f in false]} in {message!r}")
    print(f"ordinary messages with a false mask: {wrong} of {len(messages)} ({wrong / len(messages):.2%})")


_IS_SAID = re.compile(
    r"(?:^|\b(?:dr|doctor|name is|naam|this is|i'm|im|for my \w+|main|mr|mrs|with|docter)\.? (?:\w+ )?)$", re.IGNORECASE
)


def _own_messages() -> Iterator[str]:
    here = Path(__file__).parent
    for path in sorted((here / "data/understanding").glob("*.yaml")):
        yield from (case["say"] for case in yaml.safe_load(path.read_text())["cases"])
    for path in sorted((here / "scenarios").glob("*.yaml")):
        for scenario in yaml.safe_load(path.read_text()):
            yield from (line for line in scenario.get("say", ()) if isinstance(line, str) and "$" not in line)


def main() -> None:
    parser = argparse.ArgumentParser(description="Scores of the redaction of personal data")
    parser.add_argument("--misses", action="store_true", help="show every value missed and every false mask")
    misses = parser.parse_args().misses
    redactor = Redactor()
    if DATA.exists():
        score_synthetic(redactor)
    else:
        print(f"presidio-research: skipped, {DATA.name} is not beside the repository")
    people = register(20_000)
    known = Known(people)
    score_known(redactor, known, people, misses=misses)
    score_ordinary(redactor, known, misses=misses)


if __name__ == "__main__":
    main()
