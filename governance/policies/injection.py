"""Signs that a text tries to steer the software. A sign is noted, nothing is refused for it: what a message may
bring about is bounded by the closed set of commands and by who the patient is, not by this."""

from __future__ import annotations

import re
import unicodedata

_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:ignore|disregard|forget|override|bypass|skip|do not follow|don't follow)\b(?:\W+\w+){0,4}\W+(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|restrictions?|safeguards?|guardrails?)\b",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all|anything)\b(?:\W+\w+){0,3}\W+(?:above|before|said|told|previous(?:ly)?|prior)\b",
        r"\b(?:you are|you're|act as|pretend (?:to be|you are|that you)|behave as|from now on you(?: are|'re)?|roleplay as)\b(?:\W+\w+){0,4}\W+(?:admin(?:istrator)?|root|developer|system|jailbroken|dan|unrestricted|superuser|god mode|sysadmin)\b",
        r"\b(?:as|i am|i'm)\s+(?:an?\s+|the\s+|your\s+)?(?:admin(?:istrator)?|root|developer|superuser|sysadmin|system operator)\b",
        r"\b(?:reveal|print|show|repeat|output|display|leak|tell me|give me)\b(?:\W+\w+){0,4}\W+(?:system prompt|your (?:prompt|instructions|rules|configuration)|hidden (?:prompt|instructions)|initial prompt|api keys?|secret keys?|database password)\b",
        r"(?:^|\n)\s*(?:system|assistant|developer)\s*:",
        r"<\|?(?:im_start|im_end|system|endoftext|assistant)\|?>|\[/?inst\]|<</?sys>>|</?(?:system|instructions?|prompt)>",
        r"\b(?:developer|debug|maintenance|god|dan|jailbreak|sudo)\s+mode\b|\bjailbreak\b",
        r"\b(?:drop|truncate)\s+table\b|\bunion\s+select\b|\bdelete\s+from\s+\w+\s+where\b|'\s*or\s+'?1'?\s*=\s*'?1|;\s*--|\bselect\s+\*\s+from\b",
        r"\b(?:call|invoke|execute|run)\s+(?:the\s+)?(?:tool|function|command)\s+\w+|\btool_call\b|\bfunction_call\b",
        r"\b(?:list|show|give|export|dump|send|reveal|delete|cancel)\b(?:\W+\w+){0,3}\W+(?:all|every|other|everyone's|everybody's)\s+(?:the\s+)?(?:patients?'?s?|users?|people's|patient)\b(?!\s+(?:parking|reviews?))",
        r"\b(?:pichhle|pichle|purane)\s+(?:nirdesh|instructions?|niyam)\w*\b(?:\W+\w+){0,3}\W+(?:bhool|ignore|chhod|bhul)\w*",
    )
)
_INVISIBLE = re.compile(r"[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def injection_signs(text: str) -> list[tuple[int, int]]:
    """Where such signs are, as spans of the text, as far as they can be told; invisible characters count too, as they
    hide text from a reader."""
    if len(_INVISIBLE.findall(text)) >= 3:
        return [(0, len(text))]
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower().replace("’", "'")
    same = len(plain) == len(text)
    return [match.span() if same else (0, len(text)) for rule in _RULES if (match := rule.search(plain)) is not None]


def looks_like_injection(text: str) -> bool:
    """Whether a text shows such a sign."""
    return bool(injection_signs(text))
