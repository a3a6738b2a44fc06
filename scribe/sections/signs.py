"""Clear words by which a sentence shows which part of the patient's background it belongs to."""

from __future__ import annotations

import re

from scribe.note import Division

_KIN = (
    r"(?:mother|father|mom|mum|dad|parents?|brothers?|sisters?|siblings?|grand(?:mother|father|ma|pa|parents?)"
    r"|aunts?|uncles?|cousins?)"
)
SIGNS = (
    (Division.ALLERGIES, re.compile(
        r"\b(?:allergic to|allerg(?:y|ies) to|(?:drug|medication|medicine|food|latex|penicillin|known|any|no"
        r"|other) allerg(?:y|ies)|allergies:)", re.I)),
    (Division.IMMUNIZATIONS, re.compile(
        r"\b(?:vaccin\w+|immuni[sz]\w+|flu shot|tetanus shot|booster|(?:covid|flu|pneumonia|shingles) (?:shot"
        r"|jab))\b", re.I)),
    (Division.FAMILY, re.compile(
        rf"\bfamily history\b|\bruns? in (?:the|my|your|her|his|their) family\b|\b{_KIN} (?:had|has|have|died"
        rf"|passed|was diagnosed|also (?:had|has)|were)\b"
        rf"|\bon (?:my|her|his|their) (?:mother|father|mom|dad)'?s side\b|\b(?:everyone|nobody|anyone"
        rf"|no one) (?:else )?in (?:my|her|his|the|their) family\b", re.I)),
    (Division.PAST_SURGICAL, re.compile(
        r"\b(?:had|has had|underwent|status post|previous|prior|past) (?:\w+ ){0,4}(?:surger(?:y|ies)"
        r"|operations?|\w+ectomy|\w+plasty|c-section|bypass|stents?|replacements?|removed|transplant)\b"
        r"|\bsurgical history\b|\btook out (?:my|her|his|their)\b|\btubes tied\b", re.I)),
    (Division.SOCIAL, re.compile(
        r"\b(?:smok(?:e|es|ed|er|ing)\b|cigarettes?|tobacco|packs? (?:a|per) day|vap(?:e|es|ing)\b|alcohol"
        r"|beers?\b|wine\b|drinks? (?:socially|alcohol|occasionally)"
        r"|marijuana|cannabis|cocaine|recreational drugs?|illicit|lives? (?:with|alone)|married|divorced"
        r"|widowed?|retired|works? (?:as|at|in|for)|occupation|employed)", re.I)),
    (Division.PAST_MEDICAL, re.compile(
        r"\b(?:(?:past )?medical history (?:of|includes|significant)|(?:has|have|had) (?:a |any )?(?:past "
        r"|prior |long |known )?history of|was diagnosed with|were diagnosed with|been diagnosed with"
        r"|previously diagnosed)\b", re.I)),
)  # fmt: skip


def find_history(sentence: str, question: str = "") -> Division | None:
    """The division of the patient's background that a sentence shows by clear words (or, for a short answer, the
    question before it), None where it shows none."""
    found = next((division for division, sign in SIGNS if sign.search(sentence)), None)
    if found is None and question and len(sentence.split()) <= 8:
        found = next((division for division, sign in SIGNS if sign.search(question)), None)
    return found
