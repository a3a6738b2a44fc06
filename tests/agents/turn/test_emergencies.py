"""Red flags in every state of a conversation, what is suspected and asked about, and the alert that goes on until
somebody takes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.screen.red_flags import RedFlag
from agents.screen.screening import NOTHING, Screened, Screens
from cli.chat import say
from tests.agents.turn.test_turn import PHONE
from tests.conftest import staff
from tests.tools.hospital import TENANT, rows
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import Clock
from tools.tickets.tools import find_breaches
from wiring import demo

BURN = "hot oil fell on my son, his skin is peeling"
PERHAPS = "grandmother looks odd today"
ALERTS = "SELECT count(*) FROM event_log WHERE type = 'Ticket.Escalated'"


class Doubtful(Screens):
    """Suspects one message; sees the others as ever."""

    def look(self, text: str) -> Screened:
        if PERHAPS in text:
            return Screened("suspected", (RedFlag("stroke", "signs of a stroke", text),), ("likeness",))
        return super().look(text) if text == BURN else NOTHING


@pytest.fixture
def doubtful(own_runtime: Runtime) -> Runtime:
    own_runtime.services.put(Screens, Doubtful())
    return own_runtime


async def told(runtime: Runtime, text: str, *, number: str = PHONE) -> str:
    return str((await say(runtime, TENANT, number, text))["reply"])


async def tickets(runtime: Runtime) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in await rows(runtime, "SELECT category, priority FROM ticket ORDER BY id")]


async def test_the_number_and_what_to_do_meanwhile(own_runtime: Runtime) -> None:
    reply = await told(own_runtime, BURN)
    assert "112" in reply and "20 minutes" in reply
    assert "112" in await told(own_runtime, "hello?")
    assert await rows(own_runtime, ALERTS) == [(1,)]


@pytest.mark.parametrize("before", ["i want a person", "i want to book a dentist", "xyzzy"])
async def test_in_any_state(own_runtime: Runtime, before: str) -> None:
    await told(own_runtime, before)
    assert "112" in await told(own_runtime, BURN)
    assert ("hand_over", "critical") in await tickets(own_runtime)
    assert await rows(own_runtime, ALERTS) == [(1,)]


async def test_of_a_number_that_nobody_knows(own_runtime: Runtime) -> None:
    assert "112" in await told(own_runtime, BURN, number="+919811199911")


async def test_what_is_suspected_is_asked_about_once_and_people_are_told(doubtful: Runtime) -> None:
    await told(doubtful, "hello")
    asked = await told(doubtful, PERHAPS)
    assert "happening now" in asked and "112" in asked
    assert await tickets(doubtful) == [("suspected_emergency", "high")]
    assert await rows(doubtful, "SELECT state FROM conversation") == [("open",)]
    assert await rows(doubtful, "SELECT count(*) FROM event_log WHERE type = 'Ticket.EmergencySuspected'") == [(1,)]


async def test_a_yes_to_it_is_an_emergency(doubtful: Runtime) -> None:
    await told(doubtful, PERHAPS)
    assert "112" in await told(doubtful, "yes")
    assert ("hand_over", "critical") in await tickets(doubtful)
    assert await rows(doubtful, "SELECT state FROM conversation") == [("handed_over",)]


async def test_the_like_of_it_twice_running_too(doubtful: Runtime) -> None:
    await told(doubtful, PERHAPS)
    await told(doubtful, PERHAPS)
    assert ("hand_over", "critical") in await tickets(doubtful)


async def test_a_no_goes_on_where_it_was(doubtful: Runtime) -> None:
    before = await told(doubtful, "i want to book a dentist")
    assert "birth" in before
    await told(doubtful, PERHAPS)
    reply = await told(doubtful, "no")
    assert "not happening now" in reply and "birth" in reply
    assert [ticket for ticket in await tickets(doubtful) if ticket[1] == "critical"] == []


async def test_what_was_set_aside_is_not_lost_where_the_question_is_passed_over(doubtful: Runtime) -> None:
    row = (await demo.facts(doubtful.database, TENANT)).patients[20]
    await told(doubtful, f"i need a dentist. {PERHAPS}", number=row["phone"])
    reply = await told(doubtful, f"{row['birth_date']:%d %B %Y}", number=row["phone"])
    assert "These times are free" in reply
    assert [ticket for ticket in await tickets(doubtful) if ticket[1] == "critical"] == []


async def test_a_yes_to_it_is_no_yes_to_a_booking(doubtful: Runtime) -> None:
    await told(doubtful, "i want to book a dentist")
    await told(doubtful, PERHAPS)
    await told(doubtful, "yes")
    assert await rows(doubtful, "SELECT count(*) FROM appointment WHERE state = 'confirmed'") == [(0,)]


async def test_it_is_asked_of_one_who_waits_for_a_person(doubtful: Runtime) -> None:
    await told(doubtful, "i want a person")
    assert "happening now" in await told(doubtful, PERHAPS)
    assert "112" in await told(doubtful, "yes")


async def test_the_alert_is_given_again_until_somebody_takes_it(own_runtime: Runtime) -> None:
    await told(own_runtime, BURN)
    start = own_runtime.clock.now()

    async def after(minutes: int) -> int:
        own_runtime.clock = Clock(start + timedelta(minutes=minutes))
        await find_breaches(own_runtime, tenant=str(TENANT))
        return int((await rows(own_runtime, ALERTS))[0][0])

    assert [await after(minutes) for minutes in (1, 4, 6, 7, 12)] == [1, 1, 2, 2, 3]
    ticket = (await rows(own_runtime, "SELECT id FROM ticket WHERE priority = 'critical'"))[0][0]
    given = {"ticket_id": str(ticket), "assignee": "dr.rao"}
    await own_runtime.call("tickets.update_ticket", given, staff())
    assert await after(60) == 3
