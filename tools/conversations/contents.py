"""What messages say, sealed under their conversation's key, and the addresses they go to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID

from db.json import JsonObject
from governance.record import canonical
from governance.vault import Keyring, Owner
from tools.conversations.tables import Conversation, Message

ERASED = "[erased]"


@dataclass(frozen=True, slots=True)
class Content:
    """A message's text, its media as the channel describes them, and the facts of its template."""

    text: str
    media: list[JsonObject] = field(default_factory=list)
    facts: dict[str, str] | None = None


async def seal_content(keys: Keyring, conversation_id: UUID, *, message_id: UUID, content: Content) -> bytes:
    owner = Owner(conversation_id, "conversation")
    return await keys.seal(owner, canonical(asdict(content)), message_aad(message_id))


async def open_contents(keys: Keyring, rows: Sequence[Message]) -> list[Content | None]:
    """What the messages say, in order; None for what was erased."""
    opened = await keys.open({message_aad(row.id): row.content for row in rows})
    return [None if value is None else Content(**json.loads(value)) for value in opened.values()]


def message_aad(message_id: UUID) -> str:
    return f"message:{message_id}"


async def seal_address(keys: Keyring, conversation_id: UUID, address: str) -> bytes:
    return await keys.seal(Owner(conversation_id, "conversation"), address, address_aad(conversation_id))


async def open_addresses(keys: Keyring, rows: Sequence[Conversation]) -> list[str | None]:
    """The E.164 numbers of the other sides, in order; None for what was erased."""
    return list((await keys.open({address_aad(row.id): row.address for row in rows})).values())


def address_aad(conversation_id: UUID) -> str:
    return f"address:{conversation_id}"
