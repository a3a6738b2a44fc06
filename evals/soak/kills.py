"""The load of WhatsApp messages with kill -9 of server and worker, and without: every conversation must end the
same."""

from __future__ import annotations

import dataclasses

from evals.harness import hospital
from evals.soak import webhooks


async def main() -> webhooks.Outcome:
    async with hospital() as place:
        undisturbed = await webhooks.run(place, patients=50, lines=20, kills=0, in_order=True)
    async with hospital() as place:
        killed = await webhooks.run(place, patients=50, lines=20, kills=50, in_order=True)
    if killed.appointments != undisturbed.appointments:
        print("  the conversations ended differently with kills than without")
        return dataclasses.replace(killed, waiting=-1)
    return killed
