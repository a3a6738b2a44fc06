"""Which language a message is in, where that is clear."""

from __future__ import annotations

import re
from typing import Literal

from agents.understanding.resolve.spelling import plain
from governance.redaction.devanagari import is_devanagari

_WORD = re.compile(r"[a-z']+")
_HINDI_WORDS = """
mujhe mera meri mere hai hain nahi haan chahiye kya kab kahan kaise kaun kitna kitne kal parso aaj subah shaam
dopahar raat baje karna karni karo kijiye karein karwana dikhana milna hoga hogi raha rahi rahe sakta sakti
sakte ke ki ka ko se mein aur liye bhi koi kuch bahut bohot thoda dard bukhar khansi pet sir aap aapka hum tum
main wala wali namaste dhanyavad shukriya theek accha acha bilkul ji jaldi abhi agle hafte mahine somvar
mangalvar budhvar guruvar shukravar shanivar ravivar baat dena lena batao bataiye batayein milega milegi
kripya zaroor phir dobara madad doosra dusra pehla paise lagenge rehne samajh hu hun tha thi ho raha gaya gayi
hua hui
"""
# Words of romanised Hindi that are no English words, and everyday English words that Hinglish does not borrow.
_HINDI = frozenset(_HINDI_WORDS.split())
_ENGLISH_WORDS = """
the is are was i you my me we our he she it this that what when where which who how why do does did can could
will would should have has had want need like please thanks thank and or but with for from on at in to of a an
be been am not yes no make see any some next i'd i'm i'll i've don't can't it's that's
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_SHARED = frozenset(
    ["ho", "sir", "main", "pet", "hum", "the", "to", "me", "do", "ka", "se", "ki", "ko"]
)  # words of both

_WHOLE = 3  # words that tell the language of a whole sentence


def detect_language(text: str) -> Literal["en", "hi"] | None:
    """The language of a message: Hindi for Devanagari or clear romanised Hindi, English, or None where unsure."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return None
    if sum(is_devanagari(char) for char in letters) * 2 >= len(letters):
        return "hi"
    if any(ord(char) > 0x24F for char in letters) and not is_devanagari(text):
        return None
    words = _words(text)
    hindi, english = count_words(text)
    if (hindi >= 2 and hindi > english) or (hindi >= 1 and not english and len(words) <= 2):
        return "hi"
    if (english >= 2 and english > hindi * 2) or (english >= 1 and not hindi and len(words) <= 3):
        return "en"
    return None


def count_words(text: str) -> tuple[int, int]:
    """(words of romanised Hindi, everyday English words) in a message."""
    words = _words(text)
    return sum(word in _HINDI for word in words), sum(word in _ENGLISH for word in words)


def switched_to(text: str) -> Literal["en", "hi"] | None:
    """The language that a conversation goes on in after this message: a whole sentence in it, and not a word or a name
    alone."""
    said = detect_language(text)
    hindi, english = count_words(text)
    if said == "hi" and (hindi >= _WHOLE and hindi > english * 2):
        return "hi"
    if said == "en" and english >= _WHOLE and not hindi and not is_devanagari(text):
        return "en"
    return None


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(plain(text).text) if word not in _SHARED]
