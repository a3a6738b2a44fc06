"""The tools that the concierge holds in every turn; a flow under way adds its own."""

TOOLS = frozenset(
    {
        "patients.search_patients",
        "patients.list_relatives",
        "patients.set_message_consent",
        "conversations.hand_over",
        "tickets.create_ticket",
        "scheduling.list_holidays",
    }
)
