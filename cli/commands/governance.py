"""`wardline policy`, `wardline vault` and `wardline session rerun`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.terminal import caller_for, out, with_runtime
from db.json import JsonObject
from governance.kek import new_key_line
from governance.key_check import forget_old_keks
from governance.key_lifecycle import left_to_rewrap
from governance.key_lifecycle import rewrap as rewrap_keys
from tools.runtime.errors import ToolError
from tools.runtime.tenants import tenant_ids

if TYPE_CHECKING:
    from tools.runtime.principals import Principal
    from tools.runtime.runtime import Runtime

policy_app = typer.Typer(name="policy", no_args_is_help=True, help="The hospital's policies.")
vault_app = typer.Typer(name="vault", no_args_is_help=True, help="The keys that texts are sealed under.")
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@policy_app.command("test")
def policy_test(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Cases, as YAML")],
    policy: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A policy other than the file's")
    ] = None,
) -> None:
    """Run a policy against cases; exits with 1 where one is judged otherwise than expected."""
    from governance.policies.cases import read_cases, run
    from governance.policies.policy import PolicyInvalid

    try:
        cases = read_cases(file.read_text(encoding="utf-8"))
        if policy is not None:
            cases = cases.model_copy(update={"policy": str(policy.resolve())})
        tested = run(cases, folder=file.parent)
    except (PolicyInvalid, OSError) as error:
        raise SystemExit(f"{file}: {error}") from None
    for result in tested.results:
        if not result.good:
            out.print(f"WRONG {result.name}: {'; '.join(result.wrong)}", markup=False)
    if tested.untested:
        out.print(f"no case expects: {', '.join(tested.untested)}")
    right = sum(result.good for result in tested.results)
    out.print(f"{tested.policy}: {right} of {len(tested.results)} cases right")
    if not tested.good:
        raise SystemExit(1)


@vault_app.command("new-key")
def vault_new_key(name: str) -> None:
    """Print a new line for the master key file. Append it, restart, run `wardline vault rewrap`, remove the old
    line."""
    print(new_key_line(name), end="")


@vault_app.command("rewrap")
def vault_rewrap() -> None:
    """Wrap every data key by the newest master key, while everything goes on. The old one can be removed afterwards;
    with it, copies of destroyed keys in backups become useless."""

    async def body(runtime: Runtime) -> None:
        for tenant_id in await tenant_ids(runtime):
            async with runtime.database.begin(tenant_id) as session:
                total = await left_to_rewrap(session, runtime.vault)
            with Progress(*_COLUMNS, console=out, transient=True) as bar:
                task, done = bar.add_task("rewrapping", total=total), 0
                while True:
                    async with runtime.database.begin(tenant_id) as session:
                        moved = await rewrap_keys(session, runtime.vault)
                    if not moved:
                        break
                    done += moved
                    bar.update(task, completed=done)
            out.print(f"{done} keys wrapped anew")
        await forget_old_keks(runtime.database, runtime.vault)

    with_runtime(body)


def rerun(
    session_ids: Annotated[list[UUID] | None, typer.Argument(help="None: the newest conversations")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, where none are named")] = 100,
    understanding: Annotated[str, typer.Option(help="recorded, builtin or model")] = "recorded",
    prompt: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Another prompt")] = None,
    model: Annotated[str, typer.Option(help="Another model of the same server")] = "",
    policy: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Another policy")] = None,
    as_json: Json = False,
) -> None:
    """Run conversations again, tools answered from the record, and show what would differ. Exits with 1 where anything
    would."""
    variant = {
        "understanding": understanding,
        "prompt": prompt.read_text() if prompt else None,
        "model": model or None,
        "policy": policy.read_text() if policy else None,
    }

    async def body(runtime: Runtime) -> None:
        caller = await caller_for(runtime, "")
        chosen = [str(one) for one in session_ids or ()] or await _newest(runtime, caller, limit)
        turns = same = 0
        skipped: list[str] = []
        with Progress(*_COLUMNS, console=out, transient=True, disable=as_json) as bar:
            for session_id in bar.track(chosen, description="sessions"):
                args = {"session_id": session_id, **variant}
                try:
                    found = json.loads((await runtime.call("record.rerun_session", args, caller, channel="cli")).body)
                except ToolError as error:
                    if error.status != 409:
                        out.print(json.dumps(error.problem()), markup=False)
                        raise SystemExit(1) from None
                    skipped.append(session_id)
                    continue
                turns, same = turns + found["turns"], same + found["same"]
                _show(found, as_json=as_json)
        if not as_json:
            left = f", {len(skipped)} could not be run again" if skipped else ""
            out.print(f"{len(chosen)} sessions, {turns} turns: {same} the same, {turns - same} different{left}")
        if same != turns:
            raise SystemExit(1)

    with_runtime(body)


def _show(found: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found), flush=True)
        return
    for turn in found["different"]:
        out.print(
            f"session {found['session_id']}  {turn['at'][:19]}  {turn['stopped'] or ''}", style="bold", markup=False
        )
        for name in ("commands", "reply", "effects", "decisions"):
            was, would = turn["was"][name], turn["would"][name]
            if was != would:
                out.print(f"  {name}\n    - {was}", style="red", markup=False)
                out.print(f"    + {would}", style="green", markup=False)


async def _newest(runtime: Runtime, caller: Principal, limit: int) -> list[str]:
    """Conversations, the newest first."""
    found: list[tuple[datetime, str]] = []
    args: JsonObject = {"agent": "concierge", "limit": 200}
    while True:
        page = json.loads((await runtime.call("record.list_sessions", args, caller, channel="cli")).body)
        found += [(datetime.fromisoformat(item["started_at"]), item["id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        args["cursor"] = page["next_cursor"]
    return [session_id for _, session_id in sorted(found, reverse=True)[:limit]]
