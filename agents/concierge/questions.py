"""Questions that are not about a flow's own steps, answered from the hospital's facts."""

from __future__ import annotations

from agents.commands import Ask
from agents.concierge.zones import say_there
from agents.scheduling.doctors import say_days, say_doctors
from agents.scheduling.holidays import say_coming
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_location
from tools.conversations.texts import LANGUAGES

_OF_LOCATION = {"parking", "address", "hours", "phone"}


async def answer(dialogue: Dialogue, question: Ask) -> None:
    """Say what is known. What is not known is said to be so, with the number of a person who knows."""
    topic = question.topic
    if topic in _OF_LOCATION:
        _of_location(dialogue, topic, question.about or dialogue.text)
        if topic == "hours":
            await say_coming(dialogue)
    elif topic == "languages":
        dialogue.say("languages", languages=", ".join(LANGUAGES.values()))
    elif topic == "specialties":
        dialogue.say("specialties", names=", ".join(known.name for known in dialogue.hospital.names.specialties))
    elif topic == "doctors":
        await say_doctors(dialogue, question.about or dialogue.text)
    elif topic == "time_zone" and say_there(dialogue, question.about or dialogue.text):
        return
    elif topic == "time_zone":
        offset = f"{dialogue.now:%z}"
        city = dialogue.hospital.names.locations[0].aliases[-1] if dialogue.hospital.names.locations else ""
        shown = f"{offset[:3]}:{offset[3:]}"
        dialogue.worked_out.append(shown)
        dialogue.say("about_time_zone", city=city or dialogue.tenant.name, offset=shown)
    elif topic == "doctor_days":
        await say_days(dialogue, question.about or dialogue.text)
    else:
        dialogue.say(
            f"about_{topic}", phone=dialogue.hospital.locations[0].phone if dialogue.hospital.locations else ""
        )


def _of_location(dialogue: Dialogue, topic: str, words: str) -> None:
    named = match_location(words, dialogue.hospital.names.locations)
    ids = {str(known.id) for known in named}
    places = [place for place in dialogue.hospital.locations if str(place.id) in ids] or list(
        dialogue.hospital.locations
    )
    for place in places:
        dialogue.say(f"of_{topic}", location=place.name, fact=getattr(place, topic))
