"""Signs that a text tries to steer the software. A sign is noted, nothing is refused for it: what a message may
bring about is bounded by the closed set of commands and by who the patient is, not by this."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOT_TOLD = (
    r"(?<!\bi )(?<!\bwe )(?<!always )(?<!often )(?<!\bok to )(?<!okay to )(?<!fine to )(?<!safe to )(?<!allowed to )"
)
_WORDS = r"(?:\W+\w+)"
_BOT = r"(?:ai|chatbot|language model|llm|virtual assistant|ai assistant)"
_SECRET = r"(?:pass ?words?|passcodes?|pass ?phrases?|passcode phrase|secret keys?|api keys?|secrets?)"
_ANSWER = r"(?:answer|reply|response|output|message)"
_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        # take back what was laid down
        rf"{_NOT_TOLD}\b(?:ignore|disregard|forget|override|bypass|skip|do not follow|don't follow)\b{_WORDS}{{0,4}}\W+(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|restrictions?|safeguards?|guardrails?)\b(?!\s+(?:number|no\b|holder|document|papers?|card))",
        rf"\b(?:ignore|disregard|forget)\s+(?:everything|all|anything)\b{_WORDS}{{0,3}}\W+(?:above|before|said|told|previous(?:ly)?|prior)\b",
        r"\bignore (?:the |all )?(?:above|previous) and (?:say|print|tell|give|repeat|write|output|answer|instead)\b|(?:\bignore the above\W+){2}",
        r"\bignor(?:e|a|ez|iere|ieren sie|i)\s+(?:(?:as|las|los|les|todas|toutes|alle|le|die)\s+)*(?:(?:vorherigen|anteriores|previas|précédentes|precedenti)\s+)?(?:instruç|instruc|instruz|anweisung|istruz)",
        r"지시사항을 무시|(?:指示|命令)を無視|忽略(?:之前|以上|先前|上面)|(?:निर्देश|निर्देशों|नियम|नियमों)(?: को)? (?:भूल|अनदेखा|नज़रअंदाज़|छोड़)",
        rf"\b(?:pichhle|pichle|purane)\s+(?:nirdesh|instructions?|niyam)\w*\b{_WORDS}{{0,3}}\W+(?:bhool|ignore|chhod|bhul)\w*",
        # be someone else
        rf"\b(?:you are|you're|act as|pretend (?:to be|you are|that you)|behave as|from now on you(?: are|'re)?|roleplay as)\b{_WORDS}{{0,4}}\W+(?:admin(?:istrator)?|root|developer|system|jailbroken|dan|unrestricted|superuser|god mode|sysadmin)\b",
        rf"\b(?:role|persona|part) of (?:another|an?)\b{_WORDS}{{0,3}}\W+{_BOT}\b|\bdo anything now\b|\b(?:another|unrestricted|uncensored|evil) {_BOT}\b",
        rf"\b(?:you are|as) an?\b{_WORDS}{{0,4}}?\W+(?:{_BOT}|assistant)\W+(?:\w+ly )?(?:designed|developed|created|built|trained|focused|programmed|made)\b",
        # somebody who may command
        r"(?:^|[.!?\n,]\s*)as (?:an? |the |your )?(?:admin(?:istrator)?|root|superuser|sysadmin|system operator)\s*[,:]",
        r"\b(?:as|i am|i'm) your (?:admin(?:istrator)?|developer|creator|maker|maintainer|programmer|owner|operator)\b",
        r"\b(?:i am|i'm) (?:an?|the) (?:admin(?:istrator)?|root|developer|superuser|sysadmin|system operator|maintainer)\b[^.!?\n]{0,60}\b(?:of (?:your|the|this) system|override|access|password|system (?:check|upgrade|update|test)|database|unlock)\b",
        r"\b(?:developer|debug|maintenance|god|dan|jailbreak|sudo|override|system override) mode\b|\bjailbreak\b|[<\[]\s*\w+ mode\s*[>\]]",
        # what must not be told
        rf"\b(?:reveal|print|show|repeat|output|display|leak|tell me|give me)\b{_WORDS}{{0,4}}\W+(?:system prompt|your (?:prompt|instructions|rules|configuration)|hidden (?:prompt|instructions)|initial prompt|api keys?|secret keys?|database password)\b",
        rf"\b(?:your|our|the) (?:system(?:'s)? )?{_SECRET}\b[^.!?\n]{{0,25}}\?|\b(?:share|reveal|confirm|disclose|tell me|give me|what is|what's)\b{_WORDS}{{0,3}}?\W+(?:your|our|the system) (?:system )?{_SECRET}\b",
        r"\b(?:secret key|password|passcode|passphrase|secret)\b(?: \w+){0,3} is\b[^\n]{0,80}\b(?:do not|don't|dont|never)\b[^.\n]{0,20}\b(?:reveal|share|tell|disclose)\b",
        rf"\b(?:do not|don't|dont|never)\b[^.\n]{{0,20}}\b(?:reveal|disclose|divulge|share|give away|tell)\b[^.\n]{{0,60}}\b(?:{_SECRET}|this prompt|the user)\b",
        r"\b(?:where|what|who|when|whose)\b[^.!?\n]{0,40}\bthe user(?:'s)?\b(?! (?:manual|guide|interface|id))",
        # the form of prompts, code and queries
        r"(?:^|\n)\s*(?:system|assistant|developer)\s*:",
        r"<\|?(?:im_start|im_end|system|endoftext|assistant)\|?>|\[/?inst\]|<</?sys>>|</?(?:system|instructions?|prompt)>",
        r"\bq: [^\n]{1,300}?\ba: [^\n]{1,600}?\bq: ",
        r"\b(?:drop|truncate)\s+table\b|\bunion\s+select\b|\bdelete\s+from\s+\w+\s+where\b|'\s*or\s+'?1'?\s*=\s*'?1|;\s*--|\bselect\s+\*\s+from\b",
        r"\b(?:call|invoke|execute|run)\s+(?:the\s+)?(?:tool|function|command)\s+\w+|\btool_call\b|\bfunction_call\b",
        r"\b(?:decode|decrypt|decipher|encode|respond in|reply in|reply with)\b[^.!?\n]{0,40}\b(?:morse|caesar|base ?64|rot ?13|cipher|binary code|hex(?:adecimal)?)\b",
        r"(?<!\w)(\w{4,}(?:[^\S\n]\w+){0,2}?)(?:\W{1,3}\1){9,}",
        # the shape of the answer
        rf"\b(?:replace|substitute|swap|scramble|jumble(?: up)?|rearrange|misspell|anagram|convert|render|remove|group|combine|encode)\b{_WORDS}{{0,8}}?\W+(?:in |of |from |to )?(?:your|the) {_ANSWER}(?:'s)?\b",
        rf"\b(?:modify|augment|enhance|alter) your {_ANSWER}\b|\bintegrate\b[^.!?\n]{{0,90}}\b(?:in|into|to) your {_ANSWER}\b|\b(?:use|introduce|provide)\b[^.!?\n]{{0,60}}\b(?:anagram\w*|misspellings?|typos|substitution|vowels|without any spaces)\b",
        rf"\b(?:in|to) your {_ANSWER}\b[,\s]+(?:suggest|tease|mention|promote|recommend|encourage|hint|detailing|encouraging|urging|stressing|for users|for readers)\b|\b(?:add|include) [\"'“][^\n]{{3,200}}?\b(?:in|to) your {_ANSWER}\b|\binclude a (?:sentence|link|headline)\b[^.!?\n]{{0,30}}\byour {_ANSWER}\b",
        # everyone's data
        rf"\b(?:list|show|give|export|dump|send|reveal|delete|cancel)\b{_WORDS}{{0,3}}\W+(?:all|every|other|everyone's|everybody's)\s+(?:the\s+)?(?:patients?'?s?|users?|people's|patient)\b(?!\s+(?:parking|reviews?))",
    )
)
_INVISIBLE = re.compile(r"[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@lru_cache(maxsize=8192)
def injection_signs(text: str) -> tuple[tuple[int, int], ...]:
    """Where such signs are, as spans of the text, as far as they can be told; invisible characters count too, as they
    hide text from a reader."""
    if len(_INVISIBLE.findall(text)) >= 3:
        return ((0, len(text)),)
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower().replace("’", "'")
    same = len(plain) == len(text)
    found = (rule.search(plain) for rule in _RULES)
    return tuple(match.span() if same else (0, len(text)) for match in found if match is not None)


def looks_like_injection(text: str) -> bool:
    """Whether a text shows such a sign."""
    return bool(injection_signs(text))
