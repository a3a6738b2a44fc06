"""The list of rooms: importing this module declares every table, tool, event, reaction and task."""

from importlib import import_module

ROOMS = (
    "facility",
    "patients",
    "scheduling",
    "conversations",
    "tickets",
    "record",
    "policies",
    "alerts",
    "voice",
    "scribe",
    "collab",
)
_PARTS = {
    "facility": ("tables", "tools", "keys"),
    "patients": ("tables", "tools", "consents"),
    "scheduling": (
        "tables",
        "schedules",
        "holidays",
        "slots",
        "closing",
        "states",
        "encounters",
        "appointments",
        "attendance",
        "waitlist",
        "fhir",
        "reactions",
    ),
    "conversations": ("tables", "tools", "communications", "templates", "sending"),
    "tickets": ("tables", "tools"),
    "record": (
        "tables",
        "tools",
        "replay",
        "rerun",
        "break_glass",
        "access",
        "erasure",
        "retention",
        "partitions",
        "reported",
        "fhir",
        "stats",
        "seals",
    ),
    "policies": ("tools", "violations"),
    "alerts": ("tables", "tools", "deliveries", "delivery", "reactions"),
    "voice": ("tables", "sessions", "transcripts", "transcribing", "keeping", "enrolment", "notes", "calls"),
    "scribe": ("tools",),
    "collab": ("tables", "notes", "threads", "assistant"),
}


def load() -> None:
    """Declare everything."""
    import_module("governance.tables")
    import_module("governance.policies.tables")
    import_module("governance.seals.tables")
    import_module("tools.runtime.tables")
    import_module("tools.runtime.approval_tools")
    import_module("tools.runtime.react")
    import_module("tools.runtime.dead_jobs")
    for room in ROOMS:
        for part in _PARTS[room]:
            import_module(f"tools.{room}.{part}")


def metadata():  # type: ignore[no-untyped-def]
    """The metadata of every table."""
    load()
    from db.base import Base

    return Base.metadata
