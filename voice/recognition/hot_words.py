"""Names and terms that a recogniser is told to expect. Whisper takes 223 tokens of them, and listens worse the more it
is told, so only the likeliest go with a piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable

MOST_WORDS = 60
MOST_TOKENS = 223  # half of Whisper's context, less one (faster-whisper, get_prompt)
_LONGEST = 60  # characters of one name


def choose_hot_words(
    names: Iterable[str], *, count: Callable[[str], int] | None = None, most_tokens: int = MOST_TOKENS
) -> list[str]:
    """The first names of a list in the order of their likelihood, each once, as many as fit. `count` gives the tokens
    of a text; without it a token is taken for two characters, which is less than it usually has."""
    measure = count or (lambda text: -(-len(text.encode()) // 2))
    chosen: list[str] = []
    seen: set[str] = set()
    used = 0
    for name in names:
        clean = " ".join(name.replace(",", " ").split())[:_LONGEST].strip()
        if not clean or clean.lower() in seen:
            continue
        tokens = measure(f" {clean},")
        if used + tokens > most_tokens:
            continue
        chosen.append(clean)
        seen.add(clean.lower())
        used += tokens
        if len(chosen) == MOST_WORDS:
            break
    return chosen
