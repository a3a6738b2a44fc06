"""The commands, one file a subject: every `typer.Typer` in a file here is found and adds its own."""
