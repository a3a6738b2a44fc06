"""A patient of the demo hospital who writes: the first message, the birth date that is then asked for, and the rest."""

from __future__ import annotations

from cli.chat import say
from tools.runtime.runtime import Runtime
from wiring import demo


async def talk(runtime: Runtime, *messages: str, patient: int = 20) -> list[str]:
    """What is answered to each, the birth date's answer in the second place."""
    row = (await demo.facts(runtime.database, demo.TENANT_ID)).patients[patient]
    told = f"{row['birth_date']:%d %B %Y}"
    said = [
        (await say(runtime, demo.TENANT_ID, row["phone"], words))["reply"]
        for words in (messages[0], told, *messages[1:])
    ]
    return [str(one) for one in said]
