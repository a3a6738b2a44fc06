"""Begin a migration: `python -m db.migrations "what it does"` makes the step with the next number, and its SQL file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from alembic import command

from db.provision import migrations

_LONGEST = 32  # what `alembic_version` holds


def main(arguments: list[str]) -> int:
    """Make the two files and print their names; 2 where nothing is said."""
    if not arguments:
        print(__doc__)
        return 2
    folder = Path(__file__).parent / "versions"
    message = " ".join(arguments)
    revision = next_revision([path.stem for path in folder.glob("*.py")], message)
    command.revision(migrations(), message=message, rev_id=revision)
    script = folder / f"{revision}.sql"
    script.write_text(f"-- {message}\n")
    print(script)
    return 0


def next_revision(names: list[str], message: str) -> str:
    """The next number, and what the step does in a few words: its revision and its files' name."""
    number = max((int(name[:4]) for name in names if name[:4].isdigit()), default=0) + 1
    words = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    return f"{number:04d}_{words}"[:_LONGEST].rstrip("_")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
