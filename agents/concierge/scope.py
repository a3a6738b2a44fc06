"""The tools that the concierge holds in every turn; a flow under way adds its own."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from tools.patients.consents import set_message_consent
from tools.patients.tools import list_relatives, search_patients
from tools.scheduling.holidays import list_holidays
from tools.scheduling.schedules import list_schedules
from tools.tickets.hand_over import hand_over, take_back
from tools.tickets.tools import create_ticket

AnyTool = Callable[..., Awaitable[BaseModel]]  # a tool, as its function
TOOLS: set[AnyTool] = {
    search_patients,
    list_relatives,
    set_message_consent,
    hand_over,
    take_back,
    create_ticket,
    list_holidays,
    list_schedules,
}
