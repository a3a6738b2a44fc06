"""Trying the demo hospital: what it holds, a token, a talk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.terminal import Json, check_folder, out, with_runtime
from settings import get_settings

if TYPE_CHECKING:
    from tools.runtime.runtime import Runtime

app = typer.Typer()


@app.command()
def demo(as_json: Json = False) -> None:
    """What is needed to try the demo hospital: URL, keys, patients, doctors, Twilio token."""
    from wiring import demo as hospital
    from wiring.keys import master_secret, twilio_token

    settings = get_settings()

    async def body(runtime: Runtime) -> None:
        facts = await hospital.facts(runtime.database, hospital.TENANT_ID)
        secret = master_secret(settings)
        shown = {
            "base_url": f"http://{settings.host}:{settings.port}",
            "tenant": hospital.SLUG,
            "api_keys": {role: hospital.demo_key(secret, role) for role in hospital.ROLES},
            "whatsapp_number": hospital.WHATSAPP,
            "twilio_auth_token": twilio_token(settings),
            "patients": facts.patients,
            "doctors": facts.doctors,
            "specialties": hospital.SPECIALTIES,
        }
        if as_json:
            print(json.dumps(shown, default=str))
        else:
            out.print_json(json.dumps({**shown, "patients": facts.patients[:10]}, default=str))

    with_runtime(body)


@app.command()
def token(role: str, patient: Annotated[str, typer.Option(help="Patient id, for the role patient")] = "") -> None:
    """Print a JWT of the development issuer, good for an hour. Refused in production."""
    from api.identity.dev_issuer import DevIssuer, DevIssuerForbidden

    settings = get_settings()
    check_folder(settings)
    try:
        issuer = DevIssuer(settings.data_dir.resolve(), settings.env)
    except DevIssuerForbidden as forbidden:
        raise SystemExit(str(forbidden)) from None
    patient_id = UUID(patient) if patient else None
    print(issuer.issue(f"dev-{role}", [role], tenant=settings.tenant, patient_id=patient_id))


@app.command()
def chat(
    phone: Annotated[str, typer.Option(help="Number to write from; the first demo patient's where not given")] = "",
    as_json: Json = False,
    new: Annotated[bool, typer.Option("--new", help="Close the number's open conversation and begin another")] = False,
) -> None:
    """Talk to the assistant from the terminal. With --json: a message a line in, a JSON line a reply out."""
    from cli.chat import run

    with_runtime(lambda runtime: run(runtime, get_settings(), phone=phone, as_json=as_json, new=new))
