"""What Twilio tells us: a patient's message, and what became of ours. Believed only with a valid signature; stored and
answered at once, while a worker runs the turn."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from api.twilio.signature import verify
from db.json import JsonObject
from tools.conversations.carrier import STATUS_PATH
from tools.conversations.inbox import Incoming, receive
from tools.conversations.sending import report_delivery
from tools.runtime.errors import Forbidden, InvalidArguments
from tools.runtime.runtime import Runtime
from tools.runtime.tables import TenantRecord

WHATSAPP_PATH = "/api/v1/prm/webhooks/twilio/whatsapp"
MAX_TEXT = 4096
_NUMBER = re.compile(r"^(?:whatsapp:)?(\+[1-9]\d{6,14})$")
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
router = APIRouter(tags=["webhooks"], include_in_schema=False)


@router.post(WHATSAPP_PATH)
async def whatsapp(request: Request) -> Response:
    """A patient's message. The same MessageSid acts once."""
    fields = await believed(request)
    runtime: Runtime = request.app.state.runtime
    sender, ours = _number(fields, "From"), _number(fields, "To")
    incoming = Incoming(
        channel="whatsapp",
        address=sender,
        body=_words(fields)[:MAX_TEXT],
        provider_id=_sid(fields),
        media=_media(fields),
    )
    await receive(runtime, await _tenant(runtime, ours, field="To"), incoming)
    return Response(_EMPTY_TWIML, media_type="application/xml")


@router.post(STATUS_PATH)
async def status(request: Request) -> Response:
    """What became of a message of ours. In any order, any number of times; states only move forward."""
    fields = await believed(request)
    runtime: Runtime = request.app.state.runtime
    tenant_id = await _tenant(runtime, _number(fields, "From"), field="From")
    await report_delivery(
        runtime,
        tenant_id,
        provider_id=_sid(fields),
        status=required(fields, "MessageStatus"),
        error_code=fields.get("ErrorCode") or None,
    )
    return Response(status_code=204)


async def believed(request: Request) -> dict[str, str]:
    """The request's fields, if Twilio signed them."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    signature, token = request.headers.get("x-twilio-signature"), request.app.state.twilio_token
    body = await request.body()
    form = await request.form() if kind == "application/x-www-form-urlencoded" else None
    if not token or not verify(
        url=public_url(request), signature=signature, token=token, form=form, body=body, content_type=kind
    ):
        raise Forbidden("The request does not carry a valid X-Twilio-Signature.")
    return _fields(form, body)


def _fields(form: FormData | None, body: bytes) -> dict[str, str]:
    if form is not None:
        return {name: _storable(value) for name, value in form.items() if isinstance(value, str)}
    import json

    try:
        loaded = json.loads(body)
    except ValueError:
        loaded = None
    if not isinstance(loaded, dict):
        raise InvalidArguments(errors=[{"field": "body", "rule": "must be a form or a JSON object"}])
    return {name: _storable(str(value)) for name, value in loaded.items() if isinstance(value, str | int)}


def _storable(value: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL, and halves of surrogate pairs."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def public_url(request: Request) -> str:
    """The URL that Twilio signed: the configured public one behind a proxy, never the Host header's."""
    public = request.app.state.settings.public_url
    base = public.rstrip("/") if public else f"{request.url.scheme}://{request.url.netloc}"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{base}{request.url.path}{query}"


async def _tenant(runtime: Runtime, our_number: str, *, field: str) -> UUID:
    async with runtime.database.begin(None) as session:
        found = (
            await session.scalars(select(TenantRecord.id).where(TenantRecord.whatsapp_number == our_number))
        ).first()
    if found is None:
        raise InvalidArguments(errors=[{"field": field, "rule": "must be a WhatsApp number of this service"}])
    return found


def _number(fields: dict[str, str], name: str) -> str:
    match = _NUMBER.match(required(fields, name))
    if match is None:
        raise InvalidArguments(errors=[{"field": name, "rule": "must be whatsapp:+<number in E.164>"}])
    return match.group(1)


def _sid(fields: dict[str, str]) -> str:
    sid = fields.get("MessageSid") or fields.get("SmsMessageSid") or required(fields, "MessageSid")
    if not re.fullmatch(r"[A-Za-z0-9_-]{2,64}", sid):
        raise InvalidArguments(errors=[{"field": "MessageSid", "rule": "must be a Twilio SID"}])
    return sid


def required(fields: dict[str, str], name: str, *, empty: bool = False) -> str:
    value = fields.get(name)
    if value is None or (not value and not empty):
        raise InvalidArguments(errors=[{"field": name, "rule": "is required"}])
    return value


def _words(fields: dict[str, str]) -> str:
    """What was written; of a button or a list, what stands on it."""
    body = required(fields, "Body", empty=True)
    return body if body.strip() else fields.get("ButtonText") or fields.get("ListTitle") or body


def _media(fields: dict[str, str]) -> list[JsonObject]:
    """What came beside the words; noted, not fetched."""
    count = fields.get("NumMedia", "0")
    number = min(int(count), 10) if count.isdigit() and len(count) < 4 else 0
    kinds = [
        (fields.get(f"MediaUrl{place}", ""), fields.get(f"MediaContentType{place}", "")) for place in range(number)
    ]
    files: list[JsonObject] = [{"url": url[:2000], "content_type": kind[:100]} for url, kind in kinds if url]
    return files + _told_beside(fields)


# Besides text and files: Twilio's request to an incoming message's webhook URL, its parameters for WhatsApp.
_BESIDE: dict[str, tuple[str, ...]] = {
    "location": ("Latitude", "Longitude", "Address", "Label"),
    "button": ("ButtonText", "ButtonPayload", "ListTitle", "ListId"),
    "referral": ("ReferralHeadline", "ReferralBody", "ReferralSourceUrl"),
    "reaction": ("OriginalRepliedMessageSid",),
}


def _told_beside(fields: dict[str, str]) -> list[JsonObject]:
    told: list[JsonObject] = []
    reacts = fields.get("MessageType", "").lower() == "reaction"
    for kind, names in _BESIDE.items():
        said = {name: fields[name][:1000] for name in names if fields.get(name)}
        if said and (kind != "reaction" or reacts) and (kind != "location" or {"Latitude", "Longitude"} <= said.keys()):
            told.append({"kind": kind, **said})
        elif kind == "reaction" and reacts:
            told.append({"kind": kind})
    return told
