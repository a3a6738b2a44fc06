"""The hospital's people are read once, then those who changed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.tools.hospital import TENANT, call, new_patient
from tools.patients import people
from tools.runtime.guard import KnownPeople
from tools.runtime.runtime import Runtime


def people_of(runtime: Runtime) -> people.People:
    found = runtime.services.get(KnownPeople)
    assert isinstance(found, people.People)
    return found


async def known(runtime: Runtime) -> Any:
    async with runtime.database.begin(TENANT) as session:
        return await people_of(runtime).known(session, TENANT)


async def renewed(runtime: Runtime) -> Any:
    """The index after it has looked for changes, and not only for those that were there when an earlier look began."""
    await asyncio.gather(*people_of(runtime)._renewing.values(), return_exceptions=True)
    await known(runtime)
    await asyncio.gather(*people_of(runtime)._renewing.values())
    return await known(runtime)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "LOOK_AGAIN_S", -1.0)


async def test_many_who_ask_first_read_once(own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    read, everybody = [], people._everybody

    def counted(session: Any) -> Any:
        read.append(1)
        return everybody(session)

    monkeypatch.setattr(people, "_everybody", counted)
    await asyncio.gather(*(known(own_runtime) for _ in range(6)))
    assert read == [1]


async def test_a_change_is_seen_without_reading_everybody(
    own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await known(own_runtime)
    monkeypatch.setattr(people, "_everybody", None)  # a second reading would fail
    made = await new_patient(own_runtime, given="Wilhelmina", family="Quackenbush")
    [mention] = (await renewed(own_runtime)).mentions("a letter for Wilhelmina Quackenbush")
    assert mention.ids == (f"patient:{made}",)
    await call(own_runtime, "patients.update_patient", patient_id=made, family="Featherstone")
    found = (await renewed(own_runtime)).mentions("Wilhelmina Featherstone")
    assert [one.ids for one in found] == [(f"patient:{made}",)]


async def test_an_event_that_was_committed_late_is_seen(own_runtime: Runtime) -> None:
    """Its number is lower than the newest that was read."""
    await known(own_runtime)
    await new_patient(own_runtime)
    await renewed(own_runtime)
    made = await new_patient(own_runtime, given="Wilhelmina", family="Quackenbush")
    held = people_of(own_runtime)._held[TENANT]
    held.seen |= {10**12}  # something newer was read before
    assert (await renewed(own_runtime)).mentions("Wilhelmina Quackenbush")[0].ids == (f"patient:{made}",)


async def test_many_changes_are_read_anew(own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await known(own_runtime)
    monkeypatch.setattr(people, "MOST_CHANGES", 1)
    for _ in range(3):
        await new_patient(own_runtime)
    await renewed(own_runtime)
    assert people_of(own_runtime)._held[TENANT].base is not first


def test_an_exact_name_of_now_goes_before_a_near_one_of_then() -> None:
    from governance.redaction.known import Known
    from governance.redaction.person import Person

    then = Known(
        [Person(id="1", kind="patient", names=("Hema Dass",)), Person(id="2", kind="patient", names=("Old Name",))]
    )
    now = then.with_newer(Known([Person(id="2", kind="patient", names=("Hema Das",))]))
    assert [mention.ids for mention in now.mentions("Hema Das comes at ten")] == [("2",)]
    assert [mention.ids for mention in now.mentions("Hema Dass comes at ten")] == [("1",)]
    assert {found.entity for found in now.find("Hema Das comes at ten")} == {"PERSON"}
