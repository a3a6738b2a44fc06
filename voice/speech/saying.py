"""Text made to be read, as text that can be said: digits one by one, dates and times in words, letters of a number
apart, and nothing that has no sound."""

from __future__ import annotations

import re
from datetime import date

_EMERGENCY = ("112", "911", "988", "108", "102", "14416")  # said digit by digit
_LETTERS_AND_DIGITS = re.compile(r"\b([A-Z]{2,5})[-\s]?(\d{3,12})\b")
_PHONE = re.compile(r"(?<![\w/])\+?\d[\d\s()-]{6,18}\d(?![\w/])")
_LONG_NUMBER = re.compile(r"(?<![\w.,:/])\d{5,}(?![\w/])")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\s*([ap])(?:\.m\.|m\b)", re.IGNORECASE)
_TIME_HI = re.compile(r"(\d{1,2}):(\d{2}) बजे")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_OPTION = re.compile(r"(?m)^\s*(\d{1,2})[.)]\s+")
_LINK = re.compile(r"(?i)\b(?:https?://|www\.)\S+")
_MAIL = re.compile(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b")
_SHORT = {
    "en": (
        ("Dr.", "Doctor"),
        ("Mr.", "Mister"),
        ("Mrs.", "Misses"),
        ("&", " and "),
        ("%", " percent"),
        ("₹", "rupees "),
    ),
    "hi": (("Dr.", "डॉक्टर"), ("डॉ.", "डॉक्टर"), ("&", " और "), ("%", " प्रतिशत"), ("₹", "रुपये ")),
}
_WORDS = {
    "en": {"option": "Option", "plus": "plus", "link": "the address on our website", "at": " at ", "dot": " dot "},
    "hi": {"option": "विकल्प", "plus": "प्लस", "link": "हमारी वेबसाइट का पता", "at": " ऐट ", "dot": " डॉट "},
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December"
)  # fmt: skip
# What has no sound: pictures, arrows, the marks of markdown, and signs that only the eye needs.
_SOUNDLESS = re.compile("[\U0001f000-\U0001faff\u2190-\u21ff\u2600-\u27bf\ufe0f\u200b-\u200f\u2022*_~`#<>|\\\\^{}=]+")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)")


def sayable(text: str, language: str) -> str:
    """The text as it is to be said, its lines kept apart. Only its form changes: every fact stays in it."""
    words = _WORDS.get(language, _WORDS["en"])
    text = _OPTION.sub(lambda found: f"{words['option']} {found[1]}: ", text)
    text = _LINK.sub(words["link"], text)
    text = _MAIL.sub(lambda found: found[1] + words["at"] + found[2].replace(".", words["dot"]), text)
    text = _ISO_DATE.sub(_date, text)
    text = _TIME_HI.sub(_time_hi, text)
    text = _TIME.sub(_time, text)
    text = _CLOCK.sub(_clock, text)
    text = _LETTERS_AND_DIGITS.sub(lambda found: f"{' '.join(found[1])}, {digits_apart(found[2])}", text)
    text = _PHONE.sub(lambda found: _phone(found[0], words["plus"]), text)
    text = _LONG_NUMBER.sub(lambda found: digits_apart(found[0]), text)
    for number in _EMERGENCY:
        text = re.sub(rf"(?<![\w,:/]){number}(?![\w/:]|\.\d)", " ".join(number), text)
    for short, long in _SHORT.get(language, _SHORT["en"]):
        text = text.replace(short, long)
    text = _BRACKETS.sub(lambda found: f", {found[1]}," if found[1].strip() else "", text)
    return _tidy(_SOUNDLESS.sub(" ", text))


def _tidy(text: str) -> str:
    lines = []
    for line in text.splitlines():
        line = re.sub(r"\s+", " ", line).strip()
        line = re.sub(r"\s*,(?:\s*,)+", ",", line)
        line = re.sub(r"\s+([,.;:?!।])", r"\1", line)
        line = re.sub(r"([.?!।]),", r"\1", line).rstrip(",")
        if any(char.isalnum() for char in line):
            lines.append(line)
    return "\n".join(lines)


def digits_apart(digits: str) -> str:
    """Digits one by one, in groups of three with the rest in front: 1 2, 3 4 5, 6 7 8."""
    first = len(digits) % 3 or 3
    if first == 1 and len(digits) > 3:
        first = 4  # no digit stands alone
    groups = [digits[:first], *(digits[place : place + 3] for place in range(first, len(digits), 3))]
    return ", ".join(" ".join(group) for group in groups)


def _phone(found: str, plus: str) -> str:
    digits = re.sub(r"\D", "", found)
    if len(digits) < 7:
        return found
    if not found.startswith("+"):
        return digits_apart(digits)
    country = digits[: len(digits) - 10] if len(digits) > 10 else ""
    rest = digits_apart(digits[len(country) :])
    return f"{plus} {' '.join(country)}, {rest}" if country else f"{plus} {rest}"


def _date(found: re.Match[str]) -> str:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return found[0]
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _time(found: re.Match[str]) -> str:
    return f"{_clock_words(int(found[1]), found[2])} {found[3].upper()} M"


def _clock(found: re.Match[str]) -> str:
    hour, minutes = int(found[1]), found[2]
    return f"{_clock_words(hour % 12 or 12, minutes)} {'A' if hour < 12 else 'P'} M"


def _clock_words(hour: int, minutes: str) -> str:
    if minutes == "00":
        return str(hour)
    return f"{hour} oh {minutes[1]}" if minutes[0] == "0" else f"{hour} {minutes}"


def _time_hi(found: re.Match[str]) -> str:
    return f"{found[1]} बजे" if found[2] == "00" else f"{found[1]} बजकर {int(found[2])} मिनट"
