"""The console and the terminal: what is written there is there at once."""

from __future__ import annotations

from tools.conversations.channel import Channel

CONSOLE = Channel("console", longest=1600, shown=True)
