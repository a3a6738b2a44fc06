"""JSON, as Python holds it."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]  # what a value is, its reader checks
JsonArray = list[Any]
