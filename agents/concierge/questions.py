"""Questions that are not about a flow's own steps, answered from the hospital's facts."""

from __future__ import annotations

from agents.commands import Ask
from agents.scheduling.holidays import say_coming
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_location
from tools.conversations.texts import LANGUAGES

_OF_LOCATION = {"parking", "address", "hours", "phone"}


async def answer(d: Dialogue, question: Ask) -> None:
    """Say what is known. What is not known is said to be so, with the number of a person who knows."""
    topic = question.topic
    if topic in _OF_LOCATION:
        _of_location(d, topic, question.about or d.text)
        if topic == "hours":
            await say_coming(d)
    elif topic == "languages":
        d.say("languages", languages=", ".join(LANGUAGES.values()))
    elif topic == "specialties":
        d.say("specialties", names=", ".join(known.name for known in d.place.directory.specialties))
    elif topic == "doctors":
        _doctors(d, question.about or d.text)
    else:
        d.say(f"about_{topic}", phone=d.place.locations[0].phone if d.place.locations else "")


def _of_location(d: Dialogue, topic: str, words: str) -> None:
    named = match_location(words, d.place.directory.locations)
    ids = {str(known.id) for known in named}
    places = [place for place in d.place.locations if str(place.id) in ids] or list(d.place.locations)
    for place in places:
        d.say(f"of_{topic}", location=place.name, fact=getattr(place, topic))


def _doctors(d: Dialogue, words: str) -> None:
    from agents.understanding.resolve.names import match_specialty

    found = match_specialty(words, d.place.directory.specialties)
    if not found:
        d.say("specialties", names=", ".join(known.name for known in d.place.directory.specialties))
        return
    names = [k.name for k in d.place.directory.practitioners if d.place.specialty_of[str(k.id)] == str(found[0].id)]
    d.say("doctors", specialty=found[0].name, names=", ".join(names))
