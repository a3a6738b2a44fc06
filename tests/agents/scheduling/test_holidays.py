"""A patient hears of holidays: when asking for the hours, and when the day wanted is one."""

from __future__ import annotations

from cli.chat import say
from tests.conftest import staff
from tools.runtime.runtime import Runtime
from wiring import demo


async def test_a_patient_hears_of_holidays(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]

    async def said(words: str) -> str:
        return str((await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"])

    assert "No appointments on" not in await said("what are your hours")
    for name, first, last in (("Guru Nanak's Day", "2026-11-27", None), ("Christmas", "2026-12-25", "2026-12-26")):
        holiday = {"name": name, "valid_from": first, "valid_to": last}
        await own_runtime.call("scheduling.add_holiday", holiday, staff())
    hours = await said("what are your hours")
    assert "No appointments on Friday 27 November: Guru Nanak's Day." in hours
    assert "No appointments on Friday 25 December – Saturday 26 December: Christmas." in hours
    await said("book a dentist on friday")
    offered = await said(f"{row['birth_date']:%d %B %Y}")
    assert "No appointments on Friday 27 November: Guru Nanak's Day." in offered and "1. " in offered
    assert "Friday 27 November, " not in offered and "Christmas" not in offered


async def test_a_holiday_behind_many_others_is_told_too(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]
    for number in range(6):
        nearer = {"name": f"Painting {number}", "valid_from": "2026-11-24"}
        await own_runtime.call("scheduling.add_holiday", nearer, staff())
    await own_runtime.call("scheduling.add_holiday", {"name": "Founders' Day", "valid_from": "2026-11-27"}, staff())
    await say(own_runtime, demo.TENANT_ID, row["phone"], "book a dentist on friday")
    answer = await say(own_runtime, demo.TENANT_ID, row["phone"], f"{row['birth_date']:%d %B %Y}")
    assert "No appointments on Friday 27 November: Founders' Day." in answer["reply"]
    assert "Painting" not in answer["reply"]
