"""Talking to the assistant from a terminal: the same inbox, turns and record as WhatsApp, on the console channel."""

from __future__ import annotations

import asyncio
import json
import sys
from uuid import UUID

from rich.console import Console
from sqlalchemy import select

from agents.turn.running import Turns
from db.base import new_id
from db.json import JsonObject
from governance.vault import Keyring
from settings import Settings
from tools.conversations.contents import open_contents
from tools.conversations.inbox import Incoming, find_conversation, receive
from tools.conversations.tables import Message
from tools.patients.tables import Patient
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.tables import TenantRecord

_NO_ANSWER = "(no answer: a person has the conversation; --new begins another)"


async def run(runtime: Runtime, settings: Settings, *, phone: str, as_json: bool, new: bool = False) -> None:
    """Read messages until the end of input; answer each."""
    tenant_id, number = await _who(runtime, settings, phone)
    if new:
        await _close(runtime, tenant_id, number)
    console = Console()
    if not as_json:
        console.print(f"You are writing from {number}. Ctrl-D ends.", style="dim")
    while True:
        line = await asyncio.to_thread(_read, as_json)
        if line is None:
            return
        reply = await say(runtime, tenant_id, number, line)
        if as_json:
            print(json.dumps(reply, ensure_ascii=False, default=str), flush=True)
        else:
            console.print(reply["reply"] or _NO_ANSWER, style="green", markup=False)


async def say(runtime: Runtime, tenant_id: UUID, number: str, text: str, *, channel: str = "console") -> JsonObject:
    """Send one message and run its turn here: {reply, conversation_id, session_id, state, ...}."""
    incoming = Incoming(channel=channel, address=number, body=text, provider_id=f"console-{new_id()}")
    message_id = await receive(runtime, tenant_id, incoming)
    key = runtime.vault.fingerprint(tenant_id, number)
    async with runtime.database.begin(tenant_id) as session:
        conversation_id = await find_conversation(session, channel, key)
    assert conversation_id is not None, "the message has just been stored"
    await runtime.services.get(Turns).drain(tenant_id, conversation_id)
    async with runtime.database.begin(tenant_id) as session:
        reply = (await session.scalars(select(Message).where(Message.in_reply_to == message_id))).first()
        opened = await open_contents(Keyring(runtime.vault, session, tenant_id), [reply]) if reply else [None]
    return {
        "message": text,
        "reply": opened[0].text if opened[0] else None,
        "agent": reply.author if reply else None,
        "conversation_id": conversation_id,
        "session_id": conversation_id,
    }


async def _close(runtime: Runtime, tenant_id: UUID, number: str) -> None:
    async with runtime.database.begin(tenant_id) as session:
        conversation_id = await find_conversation(session, "console", runtime.vault.fingerprint(tenant_id, number))
    if conversation_id is not None:
        closed = {"conversation_id": str(conversation_id)}
        await runtime.call("conversations.close_conversation", closed, system(tenant_id, "cli"), channel="cli")


async def _who(runtime: Runtime, settings: Settings, phone: str) -> tuple[UUID, str]:
    async with runtime.database.begin(None) as session:
        tenant_id = (await session.scalars(select(TenantRecord.id).where(TenantRecord.slug == settings.tenant))).first()
    if tenant_id is None:
        raise SystemExit(f"There is no tenant {settings.tenant}; run: wardline migrate --demo")
    if phone:
        return tenant_id, phone
    async with runtime.database.begin(tenant_id) as session:
        first = (await session.scalars(select(Patient.phone).order_by(Patient.mrn).limit(1))).first()
    return tenant_id, first or "+910000000000"


def _read(as_json: bool) -> str | None:
    if not as_json:
        try:
            return input("> ")
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
