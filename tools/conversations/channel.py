"""A channel, declared in a file of its own under `channels/`: how a message leaves on it, how long it may be, when free
text may be written, and whether there are approved templates for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.conversations.carrier import Carrier
from tools.runtime.errors import InvalidArguments, NotFound


@dataclass(frozen=True, slots=True)
class Channel:
    """`longest`: characters that one message takes. `window`: so long after the patient's last message free text may be
    written; None: always. `carrier`: the port of who carries its messages (a job asks it); None: the channel itself
    shows or says what is meant for it. `shown`: a message is there once it is written. `answers_only`: what answers
    nobody rests, since nobody is there to hear it. `spoken`: it is said, not read. `turn_by_job`: a job runs the turn;
    else who has the patient on the line. `outreach`: staff and reminders may begin a conversation on it. `templates`:
    it has approved ones.
    """

    name: str
    longest: int
    window: timedelta | None = None
    carrier: type[Carrier] | None = None
    shown: bool = False
    answers_only: bool = False
    spoken: bool = False
    turn_by_job: bool = True
    outreach: bool = False
    templates: bool = False

    def __post_init__(self) -> None:
        _CHANNELS[self.name] = self

    def first_state(self, *, answers: bool) -> str:
        """The state of a message that has just been written for it. `answers`: it answers one of the patient's."""
        if self.shown:
            return "delivered"
        return "held" if self.answers_only and not answers else "queued"

    def check_length(self, body: str) -> None:
        """Raises InvalidArguments, field `body`, for what one message does not take."""
        if len(body) > self.longest:
            rule = f"must have at most {self.longest} characters on {self.name}"
            raise InvalidArguments(errors=[{"field": "body", "rule": rule}])

    def takes_free_text(self, last_inbound_at: datetime | None, now: datetime) -> bool:
        """Whether free text may be written, or only an approved template."""
        return self.window is None or (last_inbound_at is not None and now - last_inbound_at <= self.window)


_CHANNELS: dict[str, Channel] = {}


def channel_of(name: str) -> Channel:
    """The channel of that name. Raises NotFound."""
    if name not in _CHANNELS:
        raise NotFound(f"There is no channel {name}.")
    return _CHANNELS[name]


def channels_for_outreach() -> list[str]:
    """Channels on which a conversation may be begun."""
    return sorted(one.name for one in _CHANNELS.values() if one.outreach)


def channels_with_templates() -> list[str]:
    return sorted(one.name for one in _CHANNELS.values() if one.templates)
