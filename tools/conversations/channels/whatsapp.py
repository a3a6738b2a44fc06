"""WhatsApp, through Twilio."""

from __future__ import annotations

from datetime import timedelta

from tools.conversations.carrier import Carrier
from tools.conversations.channel import Channel

# 1,600 characters: what Twilio takes in one message. 24 hours: WhatsApp's customer service window.
WHATSAPP = Channel("whatsapp", longest=1600, window=timedelta(hours=24), carrier=Carrier, outreach=True, templates=True)
