"""The lists behind plain spelling: short forms, spellings of Hindi, words worth putting right."""

from __future__ import annotations

import re

from lexicon import beside

_WORDS = beside(__file__)

EMOJI = {"👍": " ok ", "👌": " ok ", "✅": " ok ", "✔": " ok ", "👎": " no ", "❌": " no ", "🆗": " ok ", "।": ". "}

_ENGLISH = _WORDS.text("english")

_HINDI = _WORDS.text("hindi")


def _forms(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        meant, forms = line.split(":")
        found.update(dict.fromkeys(forms.split(), meant))
    return found


_KEEP = {"me", "he", "do", "sir", "are", "rat", "bat", "bad", "pet", "sine", "hain", "dat", "sans", "h", "have"}
SHORT_FORMS = {form: meant for form, meant in (_forms(_HINDI) | _forms(_ENGLISH)).items() if form not in _KEEP}

PHRASES = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bwith/ ?", "with "),
        (r" ?@ ?(?=\d)", " at "),
        (r" ?& ?", " and "),
        (r"\ba\.m\.?(?![a-z])", "am"),
        (r"\bp\.m\.?(?![a-z])", "pm"),
        (r"(?<=\d) ?a\.? m\b\.?", " am"),
        (r"\bo ?[\"'`]? ?clock\b", "oclock"),
        (r"\bdr\. ?(?=[a-z])", "dr "),
        (r"\bfollow-up\b", "follow up"),
        (r"\bcheck-up\b", "check up"),
        (r"\bre-schedule\b", "reschedule"),
        (r"\bgood mornig\b", "good morning"),
    )
)

# What the letters of a Devanagari word give, where chats write it otherwise.
ROMANISED = {
    "janavri": "january",
    "pharavri": "february",
    "faravri": "february",
    "mai": "may",
    "jun": "june",
    "julai": "july",
    "agast": "august",
    "sitanbar": "september",
    "sitambar": "september",
    "aktubar": "october",
    "navanbar": "november",
    "navambar": "november",
    "disanbar": "december",
    "disambar": "december",
    "phis": "fees",
    "men": "mein",
    "ma": "maa",
    "an": "aan",
    "chhati": "seene",
    "sine": "seene",
    "sina": "seene",
    "daktar": "doctor",
    "hath": "haath",
}

# Words of this domain: a slip in them is put right, and they are never taken for a slip in another.
MEANT = _WORDS.words("meant")

# Words that are recognised though letters of them were left out; of no other slip.
SHORTENED = MEANT | _WORDS.words("shortened")

# Words that look like a slip in one of the above and are not.
NOT_SLIPS = _WORDS.words("not_slips")
