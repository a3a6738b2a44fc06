"""Names, titles and other words that something is known by: stored composed, without blanks around, never blank."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field


def _named(given: str) -> str:
    """The name as it is kept (Unicode NFC). Raises ValueError for one that shows nothing: blanks, controls, joiners."""
    kept = unicodedata.normalize("NFC", given).strip()
    if not any(unicodedata.category(c)[0] in "LNPS" for c in kept):
        raise ValueError("must not be blank")
    return kept


NOT_BLANK = r"\S"  # what a client's validator can know of it
Words = Annotated[str, Field(pattern=NOT_BLANK), AfterValidator(_named)]  # its length is the field's to say
