"""Sentences of speech or of a note, and speech without its stumbles."""

from __future__ import annotations

import re

_ABBREVIATIONS = {
    "dr", "mr", "mrs", "ms", "st", "vs", "mg", "mcg", "ml", "kg", "lb", "lbs", "oz", "cm", "mm", "in", "hr", "hrs",
    "min",
    "no", "approx", "e.g", "i.e", "p.o", "b.i.d", "t.i.d", "q.i.d", "q.d", "q.h.s", "p.r.n", "q", "a.m", "p.m", "u.s",
    "etc", "dept", "jr", "sr", "prof", "fig", "tab", "tabs", "cap", "caps", "temp", "wt", "ht", "pt", "hx", "dx", "rx",
    "tx", "fx", "sx", "h", "p", "c", "s", "d", "m.d", "p.a", "r.n", "i.v", "i.m", "s.c", "o.d", "b.p",
}  # fmt: skip
_UNITS_THAT_END = {"in", "no", "hr", "hrs", "min", "mg", "mcg", "ml", "kg", "lb", "lbs", "oz", "cm", "mm", "st", "etc",
                   "a.m", "p.m", "b.i.d", "t.i.d", "q.i.d", "q.d", "q.h.s", "p.r.n", "tab", "tabs", "cap", "caps",
                   "temp",
                   "h", "p", "c", "s", "d", "p.o", "m.d", "pt"}  # fmt: skip
_BREAK = re.compile(r"(?<=[.?!])(?=\s+\S)|(?<=[.?!][\"')])(?=\s+\S)|\n+|(?<=\s;)\s|(?<=;)\s")
_LAST_WORD = re.compile(r"([A-Za-z](?:[A-Za-z.]*[A-Za-z])?)\.$")
_FILLER = re.compile(
    r"(?:(?<=\s)|^)(?:uh+|u+m+|er+m*|hm+|mm|ah|eh|y'know|you know what i mean|i mean|you know)(?:\s*,)?(?=[\s,.?!]|$)",
    re.I,
)
_YOU_KNOW_MATTERS = re.compile(r"\b(?:do|did|if|as|what|let|that|how|will)\s+you know$", re.I)
_CUT_WORD = re.compile(r"\b[\w']{1,40}-\s+(?=\w)")
_REPEAT = re.compile(r"\b([\w']{1,40}(?: [\w']{1,40}){0,2})(?: ?,? \1\b)+", re.I)
_MAY_REPEAT = {"very", "really", "no", "yes", "had", "that", "much", "many", "two", "one", "three", "four", "five",
               "six", "seven", "eight", "nine", "zero", "oh", "ten", "ha"}  # fmt: skip
_SPACE_BEFORE = re.compile(r"\s+([,.;:?!%)])")
_NT = re.compile(r"\s+(n['’]t|['’](?:s|m|re|ve|ll|d))\b", re.I)
_SPLIT_WORDS = re.compile(r"\b(gon|wan|got|gim) (na|ta|me)\b", re.I)


def split(text: str) -> list[str]:
    """Sentences in order, trimmed, none empty. Decimals and abbreviations ("Dr. Lee", "5 mg. daily") do not end one."""
    parts: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        piece = text[start : match.start()]
        if "\n" not in match.group() and _goes_on(piece, text[match.end() :][:40].lstrip()):
            continue
        parts.append(piece)
        start = match.end()
    parts.append(text[start:])
    return [trimmed for part in parts if (trimmed := part.strip().strip(";").strip()) and re.search(r"\w", trimmed)]


def _goes_on(piece: str, after: str) -> bool:
    last = _LAST_WORD.search(piece[-24:])
    if not last or last.group(1).lower() not in _ABBREVIATIONS:
        return bool(re.search(r"(?:^|\n)\s*\d+\.$", piece[-6:])) and len(piece.strip()) <= 3
    word = last.group(1).lower()
    return not (word in _UNITS_THAT_END and after[:1].isupper())


def clean(text: str) -> str:
    """Speech as one would write it: fillers, cut-off and repeated words gone, tokens joined ("do n't" -> "don't")."""
    text = re.sub(r"\s+", " ", text)
    text = _NT.sub(r"\1", text)
    text = _SPLIT_WORDS.sub(r"\1\2", text)
    text = _FILLER.sub(lambda match: match.group() if _matters(text, match) else "", text)
    text = _CUT_WORD.sub("", text)
    text = _REPEAT.sub(lambda match: match.group() if match.group(1).lower() in _MAY_REPEAT else match.group(1), text)
    text = _SPACE_BEFORE.sub(r"\1", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"[,;:]\s*([.?!])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip().lstrip(",.;: ")


def _matters(text: str, match: re.Match[str]) -> bool:
    phrase = text[: match.end()].rstrip(" ,")
    return bool(_YOU_KNOW_MATTERS.search(phrase[-30:])) or text[match.end() :][:1] == "-"
