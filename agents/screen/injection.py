"""Signs that a message speaks to a model rather than to a hospital. They are noted on the record; they block nothing:
what keeps an injection harmless is that a model can only return commands, and that changes need the patient's yes."""

from __future__ import annotations

import re

_SIGNS = re.compile(
    r"""
    \b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(previous|prior|above|all|your|the|these)\b.{0,30}
      \b(instruction|prompt|rule|guideline|polic)\w*
    | \b(system|developer)\s+(prompt|message|mode|override)\b
    | \byou\s+are\s+now\b.{0,40}\b(admin|root|developer|dan|unrestricted|jailbroken|a\s+different)\b
    | \b(reveal|print|show|repeat|output)\b.{0,30}\b(system|your|hidden|initial)\b.{0,20}\b(prompt|instructions?)\b
    | \bas\s+(an?\s+)?(admin|administrator|root|developer)\b.{0,60}\b(cancel|delete|show|list|export|give)\b
    | </?\s*(system|assistant|instructions?)\s*> | \[/?(INST|SYSTEM)\] | <\|im_(start|end)\|>
    | \bnew\s+instructions?\s*:
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def looks_like_injection(text: str) -> bool:
    """Does the text try to instruct a model?"""
    return _SIGNS.search(text) is not None
