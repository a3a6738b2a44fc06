"""Names, titles and other words that something is known by: stored composed, without blanks around, never blank; and
names that rooms register, of which an argument is to be one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


def _named(given: str) -> str:
    """The name as it is kept (Unicode NFC). Raises ValueError for one that shows nothing: blanks, controls, joiners."""
    kept = unicodedata.normalize("NFC", given).strip()
    if not any(unicodedata.category(char)[0] in "LNPS" for char in kept):
        raise ValueError("must not be blank")
    return kept


NOT_BLANK = r"\S"  # what a client's validator can know of it
Words = Annotated[str, Field(pattern=NOT_BLANK), AfterValidator(_named)]  # its length is the field's to say


@dataclass(frozen=True, slots=True)
class OneOf:
    """`Annotated[str, OneOf(names)]`: one of the names that are registered when a call is made."""

    names: Callable[[], Iterable[str]]
    closed = True  # a set of words of our own, which name nobody (governance/readable.py)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": list(self.names())}

    def _check(self, given: str) -> str:
        known = list(self.names())
        if given not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return given
