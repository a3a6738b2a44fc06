"""Who waits for a person: never a silence that lasts, never the same sentence at every message."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from agents.concierge.waiting import Patience, note_told, what_to_say
from agents.turn.conversation_state import Waiting

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE = Patience(again_s=300, offer_s=900)


def waiting(*, urgent: bool = False) -> Waiting:
    return Waiting(since=START, due_at=START + timedelta(minutes=15), urgent=urgent)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_the_first_message_is_answered_and_the_next_only_after_a_while() -> None:
    one = waiting()
    assert what_to_say(one, at(1), PATIENCE, by_person=None) == "waiting"
    note_told(one, at(1), "waiting")
    assert what_to_say(one, at(2), PATIENCE, by_person=None) is None
    assert what_to_say(one, at(6.5), PATIENCE, by_person=None) == "waiting"


def test_after_a_time_without_a_person_the_assistant_offers_to_go_on_but_not_in_an_emergency() -> None:
    assert what_to_say(waiting(), at(16), PATIENCE, by_person=None) == "offered_back"
    assert what_to_say(waiting(urgent=True), at(16), PATIENCE, by_person=None) == "waiting_longer"


def test_nothing_is_said_into_a_persons_talk() -> None:
    assert what_to_say(waiting(), at(20), PATIENCE, by_person=at(18)) is None
    assert what_to_say(waiting(), at(30), PATIENCE, by_person=at(18)) == "waiting_longer"


def test_no_order_of_messages_leaves_one_longer_without_a_word_than_is_set() -> None:
    """A thousand waits: between what a patient is told, or a person writes, and the next message that is told nothing
    lies less than the setting."""
    for seed in range(1000):
        chance = random.Random(seed)
        one, now, last, person = waiting(urgent=chance.random() < 0.3), START, None, None
        for _ in range(20):
            now += timedelta(seconds=chance.choice([5, 60, 200, 301, 900]))
            if chance.random() < 0.1:
                person = last = now
                continue
            name = what_to_say(one, now, PATIENCE, by_person=person)
            if name is None:
                assert last is not None and now - last < timedelta(seconds=PATIENCE.again_s)
            else:
                assert last is None or now - last >= timedelta(seconds=PATIENCE.again_s)
                note_told(one, now, name)
                last = now
