"""What Twilio tells us: believed only when signed, acting once, in any order, whatever the text holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from agents.turn.running import Turns
from api.http.app import create_app
from api.twilio.webhooks import WHATSAPP_PATH
from governance.vault import Keyring
from tests.conftest import Clone, Server, settings_for
from tools.conversations.attachments import kind_of
from tools.conversations.carrier import STATUS_PATH
from tools.conversations.contents import open_contents
from tools.conversations.inbox import ensure_conversation, queue_out
from tools.conversations.tables import Conversation, DeliveryReport, Message
from tools.runtime.principals import system
from tools.runtime.unit_of_work import unit_of_work
from wiring import demo

BASE = "http://wardline.test"
Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def number() -> str:
    """A number that nobody has written from."""
    return f"+9177{uuid4().int % 10**8:08d}"


@pytest.fixture
def post(app: FastAPI, client: httpx.AsyncClient) -> Post:
    return poster(app, client)


def poster(app: FastAPI, client: httpx.AsyncClient, *, signed_for: str = BASE) -> Post:
    """Posts a form as Twilio does. `path`, `signature`, `token` may be changed."""

    async def send(
        fields: dict[str, str], *, path: str = WHATSAPP_PATH, signature: str | None = None, token: str = ""
    ) -> httpx.Response:
        made = RequestValidator(token or app.state.twilio_token).compute_signature(f"{signed_for}{path}", fields)
        headers = {"X-Twilio-Signature": made if signature is None else signature}
        return await client.post(path, data=fields, headers=headers)

    return send


def message(sender: str, body: str = "hello", **more: str) -> dict[str, str]:
    sid = f"SM{uuid4().hex}"
    base = {
        "MessageSid": sid,
        "From": f"whatsapp:{sender}",
        "To": f"whatsapp:{demo.WHATSAPP}",
        "Body": body,
        "NumMedia": "0",
    }
    return {**base, **more}


@dataclass(frozen=True, slots=True)
class Stored:
    conversation_id: UUID
    body: str
    media: list[Any]
    direction: str
    state: str
    provider_id: str | None


async def inbox(app: FastAPI, sender: str) -> list[Stored]:
    runtime = app.state.runtime
    key = runtime.vault.fingerprint(demo.TENANT_ID, sender)
    async with runtime.database.begin(demo.TENANT_ID) as session:
        query = select(Message).join(Conversation, Conversation.id == Message.conversation_id)
        rows = list(await session.scalars(query.where(Conversation.address_key == key).order_by(Message.seq)))
        contents = await open_contents(Keyring(runtime.vault, session, demo.TENANT_ID), rows)
    return [
        Stored(row.conversation_id, content.text, content.media, row.direction, row.state, row.provider_id)
        for row, content in zip(rows, contents, strict=True)
        if content is not None
    ]


async def turns_queued(app: FastAPI, sender: str) -> int:
    query = text(
        "SELECT count(*) FROM procrastinate_jobs j JOIN conversation c ON c.id::text = j.args->>'conversation'"
        " WHERE j.task_name = 'run_turns' AND c.address_key = :key"
    )
    async with app.state.runtime.database.begin(demo.TENANT_ID) as session:
        return int(
            (
                await session.execute(query, {"key": app.state.runtime.vault.fingerprint(demo.TENANT_ID, sender)})
            ).scalar_one()
        )


async def test_a_message_is_stored_and_answered_at_once(app: FastAPI, post: Post, number: str) -> None:
    fields = message(number, "hello", ProfileName="Asha", ButtonText="")
    answer = await post(fields)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert answer.text.endswith("<Response></Response>")
    (row,) = await inbox(app, number)
    assert (row.body, row.direction, row.state, row.provider_id) == ("hello", "in", "received", fields["MessageSid"])
    assert await turns_queued(app, number) == 1


@pytest.mark.parametrize("signature", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
async def test_a_wrong_signature(app: FastAPI, post: Post, number: str, signature: str) -> None:
    for path in (WHATSAPP_PATH, STATUS_PATH):
        refused = await post(message(number), path=path, signature=signature)
        assert refused.status_code == 403 and refused.headers["content-type"] == "application/problem+json"
    assert await inbox(app, number) == []


async def test_signed_for_something_else(app: FastAPI, client: httpx.AsyncClient, post: Post, number: str) -> None:
    """Another's token, another URL, another body than was signed, no signature at all."""
    fields = message(number)
    assert (await post(fields, token="another")).status_code == 403
    assert (await poster(app, client, signed_for="https://elsewhere.example")(fields)).status_code == 403
    made = RequestValidator(app.state.twilio_token).compute_signature(BASE + WHATSAPP_PATH, fields)
    headers = {"X-Twilio-Signature": made}
    changed = {**fields, "Body": "cancel everything"}
    assert (await client.post(WHATSAPP_PATH, data=changed, headers=headers)).status_code == 403
    assert (await client.post(f"{WHATSAPP_PATH}?x=1", data=fields, headers=headers)).status_code == 403
    assert (await client.post(WHATSAPP_PATH, data=fields)).status_code == 403
    assert (await client.post(WHATSAPP_PATH, content=b"Body=x", headers=headers)).status_code == 403
    assert await inbox(app, number) == []


async def test_json_with_the_hash_of_its_body(app: FastAPI, client: httpx.AsyncClient, number: str) -> None:
    body = json.dumps(message(number, "json नमस्ते")).encode()
    path = f"{WHATSAPP_PATH}?bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(app.state.twilio_token).compute_signature(BASE + path, {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
    assert (await client.post(path, content=body + b" ", headers=headers)).status_code == 403
    assert (await client.post(path, content=body, headers=headers)).status_code == 200
    assert [row.body for row in await inbox(app, number)] == ["json नमस्ते"]


async def test_behind_a_proxy(server: Server, clone: Clone, number: str) -> None:
    """The signed URL is the public one of the settings, whatever Host the proxy passes on."""
    settings = settings_for(server.data_dir, public_url="https://hospital.example/")
    app = create_app(settings, url=clone.service)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.state.runtime.jobs.app.open_async(),
        httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8000") as client,
    ):
        assert (await poster(app, client, signed_for="https://hospital.example")(message(number))).status_code == 200
        assert (await poster(app, client, signed_for="http://10.0.0.7:8000")(message(number))).status_code == 403
        assert len(await inbox(app, number)) == 1
        await app.state.runtime.database.close()


async def test_the_same_message_again(app: FastAPI, post: Post, number: str) -> None:
    fields = message(number)
    for _ in range(3):
        assert (await post(fields)).status_code == 200
    assert len(await inbox(app, number)) == 1 and await turns_queued(app, number) == 1


async def test_the_same_message_at_once(app: FastAPI, post: Post, number: str) -> None:
    """A new number's first messages, each delivered several times at once: one conversation, each message once."""
    deliveries = [message(number, f"text {n}") for n in range(3)] * 4
    answers = await asyncio.gather(*(post(fields) for fields in deliveries))
    assert {answer.status_code for answer in answers} == {200}
    rows = await inbox(app, number)
    assert sorted(row.body for row in rows) == ["text 0", "text 1", "text 2"]
    assert len({row.conversation_id for row in rows}) == 1 and await turns_queued(app, number) == 3


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To", "Body"])
async def test_a_missing_field_is_named(app: FastAPI, post: Post, number: str, missing: str) -> None:
    fields = {name: value for name, value in message(number).items() if name != missing}
    refused = await post(fields)
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [missing])
    assert await inbox(app, number) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("To", "whatsapp:+15550000000"), ("To", "nonsense"), ("From", "whatsapp:+0"), ("From", "whatsapp:12345678"),
     ("MessageSid", "../../etc"), ("MessageSid", "x" * 65)],
)  # fmt: skip
async def test_a_wrong_field_is_named(app: FastAPI, post: Post, number: str, field: str, value: str) -> None:
    refused = await post(message(number, **{field: value}))
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("", ""), ("a\x00b", "ab"), ("मुझे डॉक्टर से मिलना है", "मुझे डॉक्टर से मिलना है"), ("👩‍⚕️🙏🏽", "👩‍⚕️🙏🏽"),
        ("é & <b> %00 +", "é & <b> %00 +"),
        ("x" * 5000, "x" * 4096), ("\u202eabc\ufeff", "\u202eabc\ufeff"),
        ("'; DROP TABLE patient; --", "'; DROP TABLE patient; --"),
    ],
    ids=["empty", "NUL", "Devanagari", "emoji", "escapes", "long", "bidi", "quotes"],
)  # fmt: skip
async def test_any_text(app: FastAPI, post: Post, number: str, sent: str, stored: str) -> None:
    assert (await post(message(number, sent))).status_code == 200
    (row,) = await inbox(app, number)
    assert row.body == stored


async def test_half_a_surrogate_pair(app: FastAPI, client: httpx.AsyncClient, number: str) -> None:
    body = json.dumps(message(number, "broken \ud83d emoji")).encode()
    path = f"{WHATSAPP_PATH}?bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(app.state.twilio_token).compute_signature(BASE + path, {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
    assert (await client.post(path, content=body, headers=headers)).status_code == 200
    assert [row.body for row in await inbox(app, number)] == ["broken ? emoji"]


async def test_media_is_noted(app: FastAPI, post: Post, number: str) -> None:
    media = {"NumMedia": "2", "MediaUrl0": "https://api.twilio.example/a", "MediaContentType0": "audio/ogg",
             "MediaUrl1": "https://api.twilio.example/b\x00", "MediaContentType1": "image/jpeg"}  # fmt: skip
    assert (await post(message(number, "", **media))).status_code == 200
    (row,) = await inbox(app, number)
    assert row.media == [
        {"url": "https://api.twilio.example/a", "content_type": "audio/ogg"},
        {"url": "https://api.twilio.example/b", "content_type": "image/jpeg"},
    ]
    assert (await post(message(number, "x", NumMedia="many"))).status_code == 200


@pytest.fixture
async def sent(app: FastAPI, number: str) -> str:
    """The SID of a message of ours that Twilio has taken."""
    sid = f"SM{uuid4().hex}"
    runtime = app.state.runtime
    header = runtime.header_for(system(demo.TENANT_ID, "test"), "test")
    async with unit_of_work(runtime, demo.TENANT_ID, header=header) as work:
        conversation = await ensure_conversation(work, "whatsapp", number)
        made = await queue_out(work, conversation, "x", channel="console", author="test", purpose="person")
        row = await work.session.get_one(Message, made)
        row.state, row.provider_id = "sent", sid
    return sid


def report(sid: str, status: str, **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "MessageStatus": status,
        "From": f"whatsapp:{demo.WHATSAPP}",
        "To": "whatsapp:+919800000000",
        **more,
    }


async def state_of(app: FastAPI, sid: str) -> tuple[str, str | None]:
    async with app.state.runtime.database.begin(demo.TENANT_ID) as session:
        row = (await session.scalars(select(Message).where(Message.provider_id == sid))).one()
        return row.state, row.error


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (("sent", "delivered", "read"), "read"), (("read", "delivered", "sent"), "read"),
        (("delivered", "queued"), "delivered"),
        (("delivered", "delivered"), "delivered"), (("sent", "undelivered"), "failed"), (("failed", "sent"), "failed"),
        (("nonsense",), "sent"),
    ],
)  # fmt: skip
async def test_states_only_move_forward(
    app: FastAPI, post: Post, sent: str, order: tuple[str, ...], state: str
) -> None:
    for status in order:
        assert (await post(report(sent, status, ErrorCode="63016"), path=STATUS_PATH)).status_code == 204
    assert await state_of(app, sent) == (state, "63016" if state == "failed" else None)


async def test_reports_at_once(app: FastAPI, post: Post, sent: str) -> None:
    reports = [report(sent, status) for status in ("delivered", "read", "sent")] * 3
    answers = await asyncio.gather(*(post(fields, path=STATUS_PATH) for fields in reports))
    assert {answer.status_code for answer in answers} == {204}
    assert (await state_of(app, sent))[0] == "read"
    async with app.state.runtime.database.begin(demo.TENANT_ID) as session:
        rows = (await session.scalars(select(DeliveryReport).where(DeliveryReport.provider_id == sent))).all()
    assert len(rows) == 3


async def test_a_report_of_a_message_that_is_not_known(app: FastAPI, post: Post) -> None:
    """It may have overtaken our own send: it is kept."""
    sid = f"SM{uuid4().hex}"
    for _ in range(2):
        assert (await post(report(sid, "delivered"), path=STATUS_PATH)).status_code == 204
    async with app.state.runtime.database.begin(demo.TENANT_ID) as session:
        rows = (await session.scalars(select(DeliveryReport).where(DeliveryReport.provider_id == sid))).all()
    assert [row.status for row in rows] == ["delivered"]


async def test_a_report_from_a_number_that_is_not_ours(post: Post) -> None:
    refused = await post(report("SM1", "sent", From="whatsapp:+15550000000"), path=STATUS_PATH)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "From")


FILE = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/1"}
BESIDE = [
    ({"Latitude": "12.97", "Longitude": "77.59", "Label": "Home"}, "location", "location"),
    (FILE | {"MediaContentType0": "text/vcard"}, "contact", "contact"),
    (FILE | {"MediaContentType0": "image/webp"}, "sticker", "Thank you!"),
    (FILE | {"MediaContentType0": "image/jpeg"}, "image", "attachment"),
]


@pytest.mark.parametrize(("more", "kind", "said"), BESIDE, ids=[kind for _, kind, _ in BESIDE])
async def test_what_comes_without_words_is_kept_and_answered_kindly(
    app: FastAPI, post: Post, number: str, more: dict[str, str], kind: str, said: str
) -> None:
    await post(message(number, "", **more))
    [stored] = await inbox(app, number)
    assert [kind_of(one) for one in stored.media] == [kind]
    await app.state.runtime.services.get(Turns).drain(demo.TENANT_ID, stored.conversation_id)
    [_, reply] = await inbox(app, number)
    assert said in reply.body and "did not follow" not in reply.body


async def test_the_text_of_a_button_is_the_message(app: FastAPI, post: Post, number: str) -> None:
    await post(message(number, "", MessageType="button", ButtonText="Is there parking?", ButtonPayload="parking"))
    [stored] = await inbox(app, number)
    assert stored.body == "Is there parking?"
    assert stored.media == [{"kind": "button", "ButtonText": "Is there parking?", "ButtonPayload": "parking"}]
    await app.state.runtime.services.get(Turns).drain(demo.TENANT_ID, stored.conversation_id)
    assert "parking" in (await inbox(app, number))[1].body


async def test_the_words_beside_a_picture_are_read(app: FastAPI, post: Post, number: str) -> None:
    picture = FILE | {"MediaContentType0": "image/jpeg"}
    await post(message(number, "my bill is wrong, i paid twice", **picture))
    [stored] = await inbox(app, number)
    await app.state.runtime.services.get(Turns).drain(demo.TENANT_ID, stored.conversation_id)
    assert "Your request number is" in (await inbox(app, number))[1].body


async def test_a_reaction_is_kept_and_answered_by_nobody(app: FastAPI, post: Post, number: str) -> None:
    await post(message(number, "👍", MessageType="reaction", OriginalRepliedMessageSid="SM1"))
    [stored] = await inbox(app, number)
    assert (stored.state, stored.body) == ("processed", "👍")
    assert await turns_queued(app, number) == 0
    await app.state.runtime.services.get(Turns).drain(demo.TENANT_ID, stored.conversation_id)
    assert len(await inbox(app, number)) == 1
