"""`wardline`: everything that is done from a terminal. Its commands are in `cli/commands/`, and found there."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import typer

from cli import commands
from settings import get_settings
from wiring import logs

app = typer.Typer(no_args_is_help=True, help="Everything that is done from a terminal.", pretty_exceptions_enable=False)
for _found in pkgutil.iter_modules(commands.__path__, "cli.commands."):
    for _commands in vars(import_module(_found.name)).values():
        if isinstance(_commands, typer.Typer):
            app.add_typer(_commands)


def main() -> None:
    settings = get_settings()
    logs.configure(settings.log_level)
    app()


if __name__ == "__main__":
    main()
