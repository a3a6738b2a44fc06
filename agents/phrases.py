"""What patients are told: the sentences of `agents/texts/` and of every agent's own `texts/`, one file a language.

Each agent says what it can do (`can`, `can_briefly`, `can_in_full`), and sentences that name one of these in braces
hold what all agents can. Other names in braces are facts, filled in when the sentence is told. On the phone, the
sentence of the same name with `phone_` before it stands for one that speaks of writing."""

from __future__ import annotations

import json
from functools import lru_cache

import yaml

from agents.vocabulary import AGENTS

PHONE = "phone_"
_CAN = ("can", "can_briefly", "can_in_full")
_SPOKEN = (PHONE, "call_")


@lru_cache
def all_phrases(language: str) -> dict[str, str]:
    """Every sentence of a language by name. Raises ValueError where two folders have one of the same name."""
    phrases: dict[str, str] = {}
    can: dict[str, list[str]] = {}
    for path in (AGENTS / "texts" / f"{language}.yaml", *sorted(AGENTS.glob(f"*/texts/{language}.yaml"))):
        for name, text in yaml.safe_load(path.read_text("utf-8")).items():
            if name.removeprefix(PHONE) in _CAN:
                can.setdefault(name, []).append(text)
            elif name in phrases:
                raise ValueError(f"{path}: {name} stands in another file too")
            else:
                phrases[name] = text
    joined = {name: ", ".join(texts) for name, texts in can.items()}
    return {name: _with_can(name, text, joined) for name, text in phrases.items()}


def _with_can(name: str, text: str, can: dict[str, str]) -> str:
    for one in _CAN:
        said = can.get(PHONE + one) if name.startswith(_SPOKEN) else None
        text = text.replace(f"{{{one}}}", said or can.get(one, ""))
    return text


def phrase(language: str, name: str, /, **facts: object) -> str:
    """The sentence of that name, with the facts filled in; a missing fact is an error, never a blank."""
    return all_phrases(language)[name].format(**facts)


def spoken_phrase(language: str, name: str, /, **facts: object) -> str:
    """The sentence of that name as it is said on the phone, where that differs."""
    on_phone = PHONE + name
    return phrase(language, on_phone if on_phone in all_phrases(language) else name, **facts)


@lru_cache
def own_words(language: str) -> str:
    """Every sentence of a language in one text: what an answer may say without another ground."""
    return json.dumps(all_phrases(language), ensure_ascii=False)
