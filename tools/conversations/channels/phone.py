"""The telephone: what is said on a call that is under way."""

from __future__ import annotations

from tools.conversations.channel import Channel

PHONE = Channel("phone", longest=1600, answers_only=True, spoken=True, turn_by_job=False)
