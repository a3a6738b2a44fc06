"""`wardline jobs`: jobs that failed for good; look, run again, drop."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from cli.terminal import call, out, print_call
from db.json import JsonObject

jobs_app = typer.Typer(name="jobs", help="Jobs that failed for good: look, run again, drop", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


@jobs_app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help="dead, retried or dropped")] = "dead", as_json: Json = False
) -> None:
    """List jobs that failed for good."""
    print_call("jobs.list_dead_jobs", {"state": state, "limit": 200}, as_json=as_json, line=_line)


@jobs_app.command("retry")
def retry_job(job_id: UUID) -> None:
    """Run a job again."""
    call("jobs.retry_dead_job", {"job_id": str(job_id)}, lambda job: out.print(f"{job['task']} waits to be run again"))


@jobs_app.command("drop")
def drop_job(job_id: UUID, reason: Annotated[str, typer.Option(prompt=True, help="Why, for the record")]) -> None:
    """Give a job up; what it would have done is not done."""
    args = {"job_id": str(job_id), "reason": reason}
    call("jobs.drop_dead_job", args, lambda job: out.print(f"{job['task']} was dropped"))


def _line(job: JsonObject) -> str:
    args = " ".join(f"{name}={value}" for name, value in job["args"].items() if name != "tenant")
    return f"{job['id']}  {job['at'][:19]}  {job['task']:24} {job['attempts']} tries  {job['error']:20} {args}"
