"""Is every permission that a tool needs held by somebody, and every one that is held needed by a tool? Checked when the
service starts: a permission is a name, and a misspelt one would open or close a door without a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from tools.runtime.principals import GRANTS, SERVICE, Role
from tools.runtime.tool import Tool


class Misgranted(SystemExit):
    """The tools and the roles do not fit. Ends the start, saying which permissions."""


def check_grants(tools: Iterable[Tool], grants: Mapping[Role, Set[str]] = GRANTS, service: Set[str] = SERVICE) -> None:
    """Raises Misgranted. A permission that only the admin is to have is named in the admin's grants beside `*`."""
    needed: dict[str, list[str]] = {}
    for tool in tools:
        needed.setdefault(tool.needs.name, []).append(tool.name)
    held: dict[str, str] = {name: role for role, names in grants.items() for name in names if name != "*"}
    held |= dict.fromkeys(service, "the service itself")
    faults = [
        f"{name} is in no role, but needed by {', '.join(needed[name])}" for name in sorted(set(needed) - set(held))
    ]
    faults += [f"{name} is granted to {held[name]}, but no tool needs it" for name in sorted(set(held) - set(needed))]
    if faults:
        raise Misgranted(f"The permissions do not fit (each room's room.py): {'; '.join(faults)}.")
