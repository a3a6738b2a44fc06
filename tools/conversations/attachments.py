"""What comes beside a message's words: kept as the channel describes it, with its kind where that is no file."""

from __future__ import annotations

from collections.abc import Iterable

from db.json import JsonObject

REACTION = "reaction"
_CARDS = ("text/vcard", "text/x-vcard", "text/directory")


def kind_of(media: JsonObject) -> str:
    """location, contact, sticker, audio, image, video, button, referral, reaction, or file."""
    if "kind" in media:
        return str(media["kind"])
    content_type = str(media.get("content_type", "")).split(";")[0].strip().lower()
    if content_type in _CARDS:
        return "contact"
    if content_type == "image/webp":  # WhatsApp sends stickers, and nothing else, as WebP
        return "sticker"
    family = content_type.split("/")[0]
    return family if family in ("audio", "image", "video") else "file"


def is_reaction(media: Iterable[JsonObject]) -> bool:
    """Whether a message only reacts to another: it is kept, and nobody is answered."""
    return any(kind_of(one) == REACTION for one in media)
