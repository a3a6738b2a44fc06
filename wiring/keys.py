"""The installation's own secret, and what is derived from it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from db.blobs import Blobs
from governance.kek import KeyFile, KeyService, new_key_line
from governance.seals.keys import SealKeys
from governance.seals.sealer import Seals
from governance.seals.store import SealStore
from governance.vault import Vault
from settings import Settings


def master_secret(settings: Settings) -> bytes:
    """`WARDLINE_SECRET_KEY`, or (outside production) a file made once in the data folder, readable by its owner."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    if settings.env == "production":
        raise SystemExit("WARDLINE_SECRET_KEY is required when WARDLINE_ENV=production")
    path = settings.data_dir.resolve() / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_once(path)
    return path.read_bytes()


def derived(settings: Settings, purpose: str) -> str:
    """A secret for one purpose, in hex: the same every time on one installation."""
    return hmac.new(master_secret(settings), purpose.encode(), hashlib.sha256).hexdigest()


def twilio_token(settings: Settings) -> str:
    """The token that Twilio's webhooks are checked with; outside production one of our own where none is set."""
    if settings.twilio_auth_token is not None:
        return settings.twilio_auth_token.get_secret_value()
    return derived(settings, "twilio")[:32] if settings.env != "production" else ""


def vault(settings: Settings) -> Vault:
    """The vault with its master keys: a key service, a key file, or (outside production) a file made once."""
    return Vault(_keks(settings), pepper=bytes.fromhex(derived(settings, "fingerprints")))


def _keks(settings: Settings) -> KeyFile | KeyService:
    if settings.key_service_url is not None:
        token = settings.key_service_token
        if token is None:
            raise SystemExit("WARDLINE_KEY_SERVICE_TOKEN is required with WARDLINE_KEY_SERVICE_URL")
        return KeyService(settings.key_service_url, key=settings.key_service_key, token=token)
    path = settings.master_key_file
    if path is None:
        if settings.env == "production":
            raise SystemExit("WARDLINE_MASTER_KEY_FILE or WARDLINE_KEY_SERVICE_URL is required in production")
        path = settings.data_dir.resolve() / "master.keys"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, new_key_line("development").encode())
    return KeyFile(path)


def seal_key_path(settings: Settings) -> Path:
    if settings.seal_key_file is None and settings.env == "production":
        raise SystemExit("WARDLINE_SEAL_KEY_FILE is required when WARDLINE_ENV=production")
    return settings.seal_key_file or settings.data_dir.resolve() / "seal.keys"


def blobs(settings: Settings) -> Blobs:
    """Where recordings are kept, sealed."""
    return Blobs.open(_store(settings, settings.blob_store, "BLOB_STORE"))


def seals(settings: Settings) -> Seals:
    """Where seals are kept outside the database, and the keys that sign them."""
    path = seal_key_path(settings)
    keys = SealKeys.load(path) if settings.seal_key_file else SealKeys.load_or_make(path)
    return Seals(SealStore.open(_store(settings, settings.seal_store, "SEAL_STORE")), keys)


def _store(settings: Settings, url: str | None, name: str) -> str:
    """Where a store is: by its setting, else in the data folder. A database that is reached by its URL may serve
    several nodes, and what each wrote into a folder of its own the others would miss."""
    if url is None and settings.database_url is not None:
        raise SystemExit(
            f"WARDLINE_{name} is required with WARDLINE_DATABASE_URL: a store that every node reaches, "
            "s3://bucket/folder for example, or file:///folder where this is the only node"
        )
    return url or stores_of(settings.data_dir)[f"WARDLINE_{name}"]


def stores_of(data_dir: Path) -> dict[str, str]:
    """The stores in a data folder, as settings."""
    folder = data_dir.resolve()
    return {"WARDLINE_SEAL_STORE": f"file://{folder}/seals", "WARDLINE_BLOB_STORE": f"file://{folder}/blobs"}


def _write_once(path: Path, content: bytes | None = None) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content or secrets.token_bytes(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()
