"""The rooms: every folder beside this file. Loading them declares every table, tool, event, reaction and task."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

import tools
from db.base import Base

_TABLES_BELOW = ("governance.tables", "governance.policies.tables", "governance.seals.tables")


def load() -> None:
    """Declare everything."""
    for name in _TABLES_BELOW:
        import_module(name)
    for module in pkgutil.walk_packages(tools.__path__, "tools."):
        import_module(module.name)


def metadata() -> MetaData:
    """The metadata of every table."""
    load()
    return Base.metadata
