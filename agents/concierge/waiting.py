"""While a person has the conversation nobody meets silence: the patient hears at once that a message has reached
people and by when to expect them, and, after a time without one, that the assistant can go on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.concierge.elsewhere import answer_in, is_urgent
from agents.phrases import phrase
from agents.screen.language import detect_language
from agents.screen.languages import LANGUAGES, UNNAMED, OtherLanguage
from agents.turn.conversation_state import Waiting
from agents.turn.dialogue import EMERGENCY, Dialogue
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.resolve.spelling import plain
from lexicon import beside
from tools.conversations.texts import say_soon
from tools.conversations.turns import last_of_person
from tools.runtime.context import Tenant
from tools.tickets.hand_over import take_back

_GO_ON = beside(__file__).pattern("go_on")


@dataclass(frozen=True, slots=True)
class Patience:
    """`again_s`: so long a message may go without an answer, and so seldom one is told that people have it. `offer_s`:
    after so long without a person the assistant offers to go on."""

    again_s: float = 300.0
    offer_s: float = 900.0


async def keep_company(dialogue: Dialogue, language: OtherLanguage | None = None) -> None:
    """Answer a message that is a person's to answer; say nothing where the patient has just been told, or where a
    person has just written. `language`: of the message, where it is not offered."""
    state, now = dialogue.state, dialogue.work.now
    waiting = state.waiting or Waiting(since=now, due_at=now + timedelta(seconds=Patience().offer_s))
    state.waiting = waiting
    if not waiting.urgent and _goes_on(dialogue.text, waiting):
        await dialogue.call_as_service(take_back, conversation_id=str(dialogue.conversation_id))
        state.waiting = None
        dialogue.say("taken_back")
        return
    if language is not None and not waiting.urgent and is_urgent(language, dialogue.text):
        await answer_in(dialogue, language)
        return
    if language is not None or detect_language(dialogue.text) is not None:
        waiting.language = language.code if language is not None else None
    if waiting.urgent and waiting.language is None:
        dialogue.say("emergency_still", number=EMERGENCY.get(dialogue.tenant.country, "112"))
    patience = dialogue.runtime.services.find(Patience) or Patience()
    by_person = await last_of_person(dialogue.work, dialogue.conversation_id)
    name = what_to_say(waiting, now, patience, by_person=by_person)
    if waiting.language is not None:
        if name is not None or waiting.urgent:
            dialogue.lines.append(_still(waiting, dialogue.tenant))
    elif name is not None:
        dialogue.say(name, when=dialogue.soon(waiting.due_at))
    if name is not None:
        note_told(waiting, now, name)


def _still(waiting: Waiting, tenant: Tenant) -> str:
    """That the message has reached people, in the patient's own language, with the emergency number."""
    assert waiting.language is not None
    number = EMERGENCY.get(tenant.country, "112")
    return LANGUAGES.get(waiting.language, LANGUAGES[UNNAMED]).still.format(number=number)


def _goes_on(text: str, waiting: Waiting) -> bool:
    return bool(_GO_ON.fullmatch(plain(text).text.strip(" .!"))) or (waiting.offered and is_plain_yes(text))


def what_to_say(waiting: Waiting, now: datetime, patience: Patience, *, by_person: datetime | None) -> str | None:
    """The name of the sentence for a patient who waits; None where it is not yet time for one again."""
    quiet_until = timedelta(seconds=patience.again_s)
    last = max((at for at in (waiting.told_at, by_person) if at is not None), default=None)
    if last is not None and now - last < quiet_until:
        return None
    answered = by_person is not None and by_person >= waiting.since
    if not waiting.urgent and not answered and now - waiting.since >= timedelta(seconds=patience.offer_s):
        return "offered_back"
    return "waiting" if now <= waiting.due_at and not answered else "waiting_longer"


def note_told(waiting: Waiting, now: datetime, name: str) -> None:
    waiting.told_at = now
    waiting.offered = waiting.offered or (name == "offered_back" and waiting.language is None)


def in_words(waiting: Waiting, name: str, *, tenant: Tenant, now: datetime, language: str) -> str:
    """That sentence outside a turn, with the emergency number before it where a red flag is why people are waited
    for."""
    if waiting.language is not None:
        return _still(waiting, tenant)
    when = say_soon(waiting.due_at.astimezone(tenant.zone), now.astimezone(tenant.zone), language)
    said = phrase(language, name, when=when)
    if not waiting.urgent:
        return said
    return f"{phrase(language, 'emergency_still', number=EMERGENCY.get(tenant.country, '112'))}\n{said}"
