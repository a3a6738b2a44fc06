"""Names as people write them: found however they are typed, and never blank."""

from __future__ import annotations

import unicodedata
from typing import Any

import httpx
import pytest

from tests.api.http.asking import problem
from tests.conftest import as_role
from tools import rooms
from tools.runtime.tool import all_tools

rooms.load()
PATIENTS = "/api/v1/prm/patients"
DESK = as_role("front_desk")
NAMED = {"given", "family", "name", "title", "subject", "category", "relation", "reason", "agent"}


async def registered(client: httpx.AsyncClient, given: str, family: str) -> dict[str, Any]:
    made = await client.post(
        PATIENTS, json={"given": given, "family": family, "birth_date": "1980-02-03"}, headers=DESK
    )
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def found(client: httpx.AsyncClient, name: str) -> list[str]:
    page = await client.get(PATIENTS, params={"name": name, "limit": 200}, headers=DESK)
    assert page.status_code == 200, page.text
    return [item["id"] for item in page.json()["items"]]


@pytest.mark.parametrize(
    ("given", "family", "asked"),
    [
        ("Zoë", "Quillfeather", ["Zoe Quill", "zoë quill", unicodedata.normalize("NFD", "Zoë") + " quill",
        "ZOE  QUILL"]),
        (unicodedata.normalize("NFD", "José"), "Núñezabal", ["nunezabal", "Núñezabal", "jose nun", "JOSÉ NÚÑ"]),
        ("Anita", "D'Souzana", ["D’Souzana", "D'Souzana", "D`Souzana", "d´souzana", "Dʼsouzana", "dsouzana"]),
        ("Seán", "O’Brienna", ["O'Brienna", "o`brienna", "sean obri"]),
        ("Søren", "Łukaszek", ["soren luk", "Søren", "Łukaszek", "lukaszek"]),
        ("ज़ैनब", "क़ुरैशीया", [unicodedata.normalize("NFD", "क़ुरैशीया"), unicodedata.normalize("NFC", "ज़ैनब")]),
    ],
)  # fmt: skip
async def test_a_patient_is_found(client: httpx.AsyncClient, given: str, family: str, asked: list[str]) -> None:
    made = await registered(client, given, family)
    assert made["given"] == unicodedata.normalize("NFC", given)
    for name in asked:
        assert made["id"] in await found(client, name), name
    assert made["id"] not in await found(client, "Nobody%")


async def test_a_practitioner_is_found(client: httpx.AsyncClient) -> None:
    async def names(asked: str) -> list[str]:
        page = await client.get("/api/v1/facility/practitioners", params={"name": asked}, headers=DESK)
        return [item["name"] for item in page.json()["items"]]

    assert await names("méera  NAIR") == ["Dr. Meera Nair"] and await names("no such") == []


BLANKS = ["", " ", "\t\n", "\u00a0", "\u2003", "\u200b\u200d", "\ufeff", "\u3000"]


@pytest.mark.parametrize("blank", BLANKS, ids=repr)
async def test_a_name_of_blanks_is_refused(client: httpx.AsyncClient, blank: str) -> None:
    whole = {"given": "A", "family": "B", "birth_date": "1990-01-01"}
    for field in ("given", "family"):
        refused = await client.post(PATIENTS, json={**whole, field: blank}, headers=DESK)
        assert [error["field"] for error in problem(refused, 422, "invalid_arguments")["errors"]] == [field]
    key = await client.post("/api/v1/access/api-keys", json={"name": blank, "role": "nurse"}, headers=as_role("admin"))
    problem(key, 422, "invalid_arguments")


async def test_blanks_around_a_name_are_not_kept(client: httpx.AsyncClient) -> None:
    assert (await registered(client, "  Ravi ", "Blankless\t"))["family"] == "Blankless"


def test_every_required_name_is_one() -> None:
    """No tool takes a plain text where something is named."""
    plain = [
        f"{tool.name}.{name}"
        for tool in all_tools()
        for name, field in tool.args.model_fields.items()
        if name in NAMED and field.is_required() and field.annotation is str
        and not any(type(part).__name__ == "AfterValidator" for part in field.metadata)
    ]  # fmt: skip
    assert plain == []
