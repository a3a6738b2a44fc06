"""Days of the year that have a name: Diwali, Eid, Christmas, Thanksgiving. Their dates are those of the library
`holidays`; one that it estimates (Eid goes by the moon) is read back like any other before anything is booked."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

from lexicon import beside

_WORDS = beside(__file__)
_CALLED = {re.compile(said): re.compile(name) for said, name in _WORDS.table("feasts").items()}
_NEAR = timedelta(days=150)  # what lies further ahead was rather the last one ("it began after diwali")
FEAST = (
    r"(?<!since )(?<!during )(?<!last )(?<!happy )(?<!merry )"
    rf"(?P<feast>{'|'.join(said.pattern for said in _CALLED)})(?!'s|,? (?:{_WORDS.text('no_day')}))"
)


def next_feast(said: str, today: date) -> date | None:
    """The next day of that name from today on, as `FEAST` found it; None where there is none in the next months."""
    name = next(name for called, name in _CALLED.items() if called.fullmatch(said))
    for country in ("IN", "US"):
        days = _days(country, today.year)
        found = [
            day
            for day, names in days.items()
            if today <= day <= today + _NEAR and any(name.match(one) for one in names)
        ]
        if found:
            return min(found)
    return None


@cache
def _days(country: str, year: int) -> dict[date, list[str]]:
    """What the days of a year and of the next are called."""
    import holidays  # half a second, and most messages name no feast

    calendar = getattr(holidays, country)
    found = calendar(years=(year, year + 1), categories=calendar.supported_categories)
    return {day: names.split("; ") for day, names in found.items()}
