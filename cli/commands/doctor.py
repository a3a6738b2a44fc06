"""What this installation will use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import typer

from cli.terminal import out
from settings import Settings, get_settings

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def doctor() -> None:
    """Say what this installation will use."""
    settings = get_settings()
    model = f"{settings.model_name} at {settings.model_base_url}" if settings.model_name else "none: built-in alone"
    database = "WARDLINE_DATABASE_URL" if settings.database_url else f"embedded, in {settings.data_dir.resolve()}/pg"
    configured = settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_whatsapp_from
    for name, value in (
        ("environment", settings.env),
        ("data folder", _folder(settings)),
        ("database", database),
        ("model", model),
        ("carrier", "Twilio" if configured else "none: messages rest in the outbox"),
        ("master keys", settings.key_service_url or str(settings.master_key_file or settings.data_dir / "master.keys")),
        ("seals", settings.seal_store or f"{settings.data_dir}/seals: keep them elsewhere in production"),
        ("recordings", settings.blob_store or f"{settings.data_dir}/blobs"),
        ("hearing", _engine(settings, settings.whisper_model, "batch")),
        ("hearing live", _engine(settings, settings.whisper_live_model or settings.whisper_model, "live")),
        ("calls", f"{settings.voice_calls}, voice: {_voice_out(settings)}"),
        ("redaction", settings.spacy_model or "rules and known people, no model"),
        ("clock", str(settings.clock or "the real one")),
    ):
        out.print(f"{name:12} {value}")


def _folder(settings: Settings) -> str:
    """Which, why that one, and whether it is there."""
    why = "WARDLINE_DATA_DIR" if "data_dir" in settings.model_fields_set else "found: WARDLINE_DATA_DIR is not set"
    there = "" if settings.data_dir.is_dir() else "; not there yet: wardline migrate makes it"
    return f"{settings.data_dir.resolve()} ({why}{there})"


def _voice_out(settings: Settings) -> str:
    if settings.voice_speech == "openai":
        return f"{settings.voice_speech_model} at {settings.voice_speech_url}"
    return "the carrier's" if settings.voice_calls == "relay" else "espeak-ng"


def _engine(settings: Settings, model: str | None, slot: Literal["batch", "live"]) -> str:
    """Which recogniser hears, with which model, on which device."""
    from voice.recognition.choosing import describe

    used = describe(
        model, device=settings.whisper_device, compute_type=settings.whisper_compute_type, slot=slot,
        download=settings.whisper_download,
    )  # fmt: skip
    kind = " (stands in: not for clinical notes)" if used.stand_in else "" if used.usable else " (CANNOT BE USED)"
    return f"{used.engine} {used.model}, {used.device} {used.compute_type}{kind}: {used.why}"
