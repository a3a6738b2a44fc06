"""Keys by which people and programs sign in."""

from __future__ import annotations

from tools.runtime.rooms import FEW, Room

ROOM = Room(
    "access",
    grants={
        "access:write": ("admin",),
    },
    keeps={"api_key": FEW},
    in_clear=frozenset({"api_key"}),
)
