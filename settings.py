"""Settings, read once from the environment (`WARDLINE_*`). `docs/settings.md` is made from this file."""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def data_folder() -> Path:
    """Where data is kept when no setting says: in the checkout, or in the user's data folder."""
    code = Path(__file__).resolve().parent
    if (code / "pyproject.toml").exists():
        return code / "var"
    chosen = os.environ.get("XDG_DATA_HOME", "")
    users = Path(chosen) if chosen.startswith("/") else Path.home() / ".local" / "share"
    return users / "wardline"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="WARDLINE_", extra="ignore")

    env: Literal["development", "test", "production"] = "development"
    data_dir: Path = Field(
        default_factory=lambda: data_folder(),
        description="Folder of the embedded database, the development keys and blobs. Unset: `var` of the checkout "
        "that this runs from, else `wardline` in the user's data folder (XDG_DATA_HOME, ~/.local/share); never "
        "the folder one stands in",
    )
    clock: datetime | None = Field(None, description="Freezes the time (ISO 8601 with zone); refused in production")

    database_url: str | None = Field(None, description="PostgreSQL URL of the service's role; unset: embedded server")
    database_owner_url: str | None = Field(None, description="URL of the owner, for migrations")
    database_app_role: str = Field("wardline_app", description="Role that the service connects as; it owns nothing")
    database_pool: int = Field(12, ge=1, description="Connections a process keeps")

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = Field(None, description="URL under which Twilio reaches us, behind a proxy")
    cors_origins: str = Field(
        "", description="Comma-separated origins whose pages may call the API from a browser; empty: none"
    )
    mcp_hosts: str = Field(
        "", description="Comma-separated host names under which /mcp is called, beside this machine's and public_url's"
    )
    tenant: str = Field("demo", description="Slug of the tenant that command-line calls act in")
    max_body_bytes: int = Field(1_048_576, description="Largest request body")

    secret_key: SecretStr | None = Field(
        None, description="Signs cursors and makes the fingerprints that addresses are found by; required in production"
    )
    master_key_file: Path | None = Field(
        None,
        description="Master keys of the vault, a line each: name, 32 bytes in base64; the last one wraps. Unset: made "
        "in the data folder (never in production)",
    )
    key_service_url: str | None = Field(
        None,
        description="Instead of the file: a key service with the Transit interface (HashiCorp Vault, OpenBao), for "
        "example https://vault:8200/v1/transit",
    )
    key_service_key: str = Field("wardline", description="Name of the key in the key service")
    key_service_token: SecretStr | None = None
    oidc_issuers: str = Field("", description="Comma-separated issuer|audience pairs whose JWTs are believed")
    dev_issuer: bool = Field(True, description="Built-in issuer for development; never in production")

    seal_key_file: Path | None = Field(
        None,
        description="Keys that sign seals, a line each: name, 32 bytes in base64; the last one signs. Unset: made in "
        "the data folder (never in production)",
    )
    seal_store: str | None = Field(
        None,
        description="URL of the folder or object store that keeps seals outside the database: s3://..., file:///...; "
        "unset: seals/ in the data folder",
    )
    seal_every_s: float = Field(60.0, gt=0)
    seal_every_entries: int = Field(1000, ge=1, description="A seal is made earlier when so many entries wait")
    spacy_model: str | None = Field(
        None, description="An installed spaCy pipeline that redaction uses beside its rules, for example en_core_web_lg"
    )

    blob_store: str | None = Field(
        None,
        description="URL of the folder or object store that keeps recordings, sealed: s3://..., file:///...; unset: "
        "blobs/ in the data folder",
    )
    max_recording_bytes: int = Field(2_147_483_648, description="Largest recording")
    whisper_model: str | None = Field(
        None,
        description="Whisper in CTranslate2's format: a folder, or a name that is on this machine; unset: the "
        "built-in recogniser stands in, which is not for clinical notes",
    )
    whisper_live_model: str | None = Field(
        None, description="A smaller model for calls and live dictation; unset: the same one"
    )
    whisper_device: Literal["auto", "cpu", "cuda"] = "auto"
    whisper_compute_type: str | None = Field(None, description="Unset: int8 on a CPU, float16 on a GPU")
    whisper_download: bool = Field(False, description="A model named and not found may be downloaded")

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_whatsapp_from: str | None = Field(None, description="Our WhatsApp number, E.164")
    twilio_base_url: str = "https://api.twilio.com"
    twilio_rate_per_s: float = Field(10.0, gt=0, description="Messages a second")

    voice_calls: Literal["media", "relay"] = Field(
        "media",
        description="Calls through Twilio Media Streams (we hear and speak), or ConversationRelay (Twilio does)",
    )
    voice_speech: Literal["espeak", "openai", "carrier"] = Field(
        "espeak",
        description="Who speaks on calls: the built-in voice, an OpenAI-compatible server, or (relay only) Twilio",
    )
    voice_speech_url: str | None = Field(None, description="OpenAI-compatible server of voice_speech=openai, with /v1")
    voice_speech_key: SecretStr | None = None
    voice_speech_model: str = "gpt-4o-mini-tts"
    voice_speech_voice: str = "alloy"

    model_base_url: str | None = Field(None, description="OpenAI-compatible server, with /v1")
    model_api_key: SecretStr | None = None
    model_name: str | None = Field(None, description="Unset: the built-in understanding alone")
    model_timeout_s: float = Field(8.0, gt=0)
    model_stream: bool = False
    note_model_name: str | None = Field(
        None, description="Another model for notes, on the same server; unset: model_name"
    )
    note_model_timeout_s: float = Field(60.0, gt=0, description="For each part (about ten minutes) of a visit")

    allow_local_webhooks: bool = Field(
        False, description="Alerts may go to private addresses, and without TLS to this machine; never in production"
    )

    slot_horizon_days: int = Field(60, ge=1, description="Days of slots that are kept made ahead")
    hold_minutes: int = Field(10, ge=1, description="How long a slot that was offered for confirmation stays held")
    waiting_reply_s: float = Field(
        300.0,
        gt=0,
        description="So long at most a patient who waits for a person goes without an answer",
    )
    offer_back_s: float = Field(
        900.0, gt=0, description="After so long without a person the assistant offers to go on meanwhile"
    )
    critical_again_s: float = Field(
        300.0, gt=0, description="A critical ticket that nobody has taken is alerted about again after so long"
    )
    worker_heartbeat_s: float = Field(2.0, gt=0)
    worker_stalled_s: float = Field(8.0, gt=0, description="A worker silent for so long is taken for dead")
    worker_concurrency: int = Field(8, ge=1)
    log_level: str = "INFO"
    traces_url: str | None = Field(
        None,
        description="OpenTelemetry collector for traces, OTLP over HTTP: http://collector:4318/v1/traces; none: off",
    )

    @model_validator(mode="after")
    def _refuse_development_in_production(self) -> Settings:
        if self.env == "production" and self.clock is not None:
            raise ValueError("WARDLINE_CLOCK is refused when WARDLINE_ENV=production")
        if self.clock is not None and self.clock.tzinfo is None:
            raise ValueError("WARDLINE_CLOCK needs a zone, for example 2026-11-21T09:00:00+05:30")
        if self.env == "production" and "dev_issuer" in self.model_fields_set and self.dev_issuer:
            raise ValueError("WARDLINE_DEV_ISSUER is refused when WARDLINE_ENV=production")
        if self.env == "production" and self.allow_local_webhooks:
            raise ValueError("WARDLINE_ALLOW_LOCAL_WEBHOOKS is refused when WARDLINE_ENV=production")
        if self.voice_speech == "carrier" and self.voice_calls != "relay":
            raise ValueError("WARDLINE_VOICE_SPEECH=carrier needs WARDLINE_VOICE_CALLS=relay")
        if self.voice_speech == "openai" and not self.voice_speech_url:
            raise ValueError("WARDLINE_VOICE_SPEECH=openai needs WARDLINE_VOICE_SPEECH_URL")
        if self.env == "production":
            self.dev_issuer = False
        return self


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings. Only the edges (api, cli, worker) call this; rooms are given what they need."""
    return Settings()
