"""Presidio's analyzer with our rules, and with a spaCy model where one is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.redaction.rules import RULES, Rule

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

LANGUAGE = "en"


class ModelMissing(RuntimeError):
    """The language model asked for is not installed."""


def build_analyzer(spacy_model: str | None = None, rules: Sequence[Rule] = RULES) -> AnalyzerEngine:
    """An analyzer of our rules and of those of Presidio's own that know kinds ours do not.

    Without a model nothing is tokenised: our rules read the words around a number themselves, so that Presidio's
    boosting by context, which needs lemmas, has nothing to add. With `spacy_model` (an installed package or a folder, a
    large English pipeline or one with a transformer) the model's people, places, dates and organisations are added.

    Raises `ModelMissing` where the model is not installed; nothing is ever downloaded.
    """
    if spacy_model is not None and not _is_installed(spacy_model):
        raise ModelMissing(
            f"The spaCy model {spacy_model!r} is not installed. Install its package, for example "
            f"`python -m spacy download {spacy_model}`, or leave the model out: the rules work without one."
        )
    with warnings.catch_warnings():  # third-party imports warn of their own use of old interfaces
        warnings.simplefilter("ignore")
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngine, NoOpNlpEngine, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer

        engine: NlpEngine
        if spacy_model is None:
            engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": ""}])
        else:
            engine = SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": spacy_model}])
        registry = RecognizerRegistry(supported_languages=[LANGUAGE])
        _register(registry, rules)
        if spacy_model is not None:
            registry.add_recognizer(SpacyRecognizer(supported_language=LANGUAGE))
        return AnalyzerEngine(
            registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE], context_aware_enhancer=_no_enhancer()
        )


def _is_installed(spacy_model: str) -> bool:
    import spacy.util

    return spacy.util.is_package(spacy_model) or Path(spacy_model).is_dir()


def _register(registry: RecognizerRegistry, rules: Sequence[Rule]) -> None:
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer, UsMbiRecognizer

    class RuleRecognizer(EntityRecognizer):
        """One of our rules as Presidio calls it."""

        def __init__(self, rule: Rule) -> None:
            self._rule = rule
            super().__init__(supported_entities=[rule.__name__.upper()], name=rule.__name__)
            self._details = {
                RecognizerResult.RECOGNIZER_NAME_KEY: rule.__name__,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            }

        def load(self) -> None:
            """Nothing to load."""

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any) -> list[RecognizerResult]:
            return [
                RecognizerResult(
                    finding.entity, finding.start, finding.end, finding.score, recognition_metadata=self._details
                )
                for finding in self._rule(text)
            ]

    for rule in rules:
        registry.add_recognizer(RuleRecognizer(rule))
    for recognizer in (CryptoRecognizer(), UsMbiRecognizer()):
        registry.add_recognizer(recognizer)


def _no_enhancer() -> Any:
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer

    class NoEnhancer(ContextAwareEnhancer):
        """Leaves the scores as they are."""

        def __init__(self) -> None:
            super().__init__(0, 0, 0, 0)

        def enhance_using_context(self, text: str, raw_results: Any, *_: Any, **__: Any) -> Any:
            return raw_results

    return NoEnhancer()
