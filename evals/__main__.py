"""All scored runs: `python -m evals`."""

import asyncio
import runpy

from evals import conversations

RUNS = 8

if __name__ == "__main__":
    for name in (
        "understanding",
        "redaction",
        "false_alarms",
        "names_in_answers",
        "injection",
        "voice",
        "endpointing",
        "scribe_notes",
        "scribe_sections",
        "scribe_faithfulness",
        "scribe_coding",
        "scribe_fhir",
    ):
        try:
            runpy.run_module(f"evals.{name}", run_name="__main__")
        except SystemExit as ended:
            if ended.code:
                print(f"{name}: FAILED")
    right = asyncio.run(conversations.run(RUNS))
    always = sum(count == RUNS for count in right.values())
    print(f"conversations: {always} of {len(right)} scenarios right in {RUNS} runs of {RUNS}")
    for name, count in right.items():
        if count < RUNS:
            print(f"  {name}: {count} of {RUNS}")
