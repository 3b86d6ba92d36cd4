"""Every setting, read once from the environment (`RINGBACK_…`) and the command line into one frozen object."""

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url

from ringback.media.addresses import announced, announced_addresses, media_address
from ringback.web.limits import Limit

SECRET_KEY_LENGTH: Final = 32
"""Fewest characters of RINGBACK_SECRET_KEY: tokens signed with a guessable key can be forged."""

DEFAULT_PORT: Final = 8080

KEY_FILE: Final = "secret.key"
"""Where the secret key lives in the data directory; mode 0600."""

_REPOSITORY: Final = Path(__file__).parents[2]

IN_CHECKOUT: Final = (_REPOSITORY / "Cargo.toml").is_file()
"""Whether this runs from the sources, and not from an installed package."""

STORAGE_SCHEMES: Final = ("file", "s3", "gs", "az", "memory")
"""Where files can be kept. `memory` forgets them, for trials and for what stores none."""

EVERY_ADDRESS: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
"""As `host`: whoever reaches the machine reaches the node."""


def _split(value: object) -> object:
    return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value


def _turn_url(value: str) -> str:
    if not value.startswith(("turn:", "turns:")):
        raise ValueError("begins with turn: or turns:, as in turn:turn.example.org:3478?transport=udp")
    return value


_TurnUrl = Annotated[str, AfterValidator(_turn_url)]
_Address = Annotated[str, AfterValidator(media_address)]


def _header_text(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("an API key is printable ASCII without spaces, because it travels in a header")
    return value


def _database_url(data: dict[str, Any]) -> str:
    return f"sqlite:///{data['data_dir'] / 'ringback.db'}"


def _folder_url(data: dict[str, Any]) -> str:
    return str((data["data_dir"] / "blobs").as_uri())


def _storage_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in STORAGE_SCHEMES:
        raise ValueError(f"begins with one of {', '.join(f'{scheme}://' for scheme in STORAGE_SCHEMES)}")
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise ValueError("a folder is given whole, with three slashes: file:///srv/ringback")
    if "@" in parts.netloc:
        raise ValueError("credentials are not part of it, but of the environment")
    return value


def _public_url(data: dict[str, Any]) -> str:
    # Nobody can open "every address"; the last announced one is the default route's.
    host = announced_addresses()[-1] if data["host"] in EVERY_ADDRESS else data["host"]
    scheme = "https" if data["tls_self_signed"] or data["tls_cert"] else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{data['port']}"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _demo(data: dict[str, Any]) -> bool:
    return _is_loopback(data["host"])


def _worker_binary() -> Path:
    built = _REPOSITORY / "target" / "release" / "ringback-media"
    return built if built.exists() else Path(sys.executable).parent / "ringback-media"


def _rate_limit(value: str) -> str:
    Limit.parse(value)
    return value


def _cores() -> int:
    return len(os.sched_getaffinity(0))


class Settings(BaseSettings):
    """What an operator can choose. `ringback serve` gives its options as arguments; they win over the environment."""

    model_config = SettingsConfigDict(env_prefix="RINGBACK_", frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Where HTTP and signaling listen."""

    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """TCP port of the same; 0 takes any free one."""

    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Path("data")
    """Database, secret key, files, self-signed certificate, the workers' sockets."""

    workers: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=_cores)
    """Media workers; one per core by default."""

    workers_external: bool = False
    """Others start and stop the media workers (systemd, a container runtime): adopt them, and leave them running."""

    database_url: Annotated[str, Field(min_length=1)] = Field(default_factory=_database_url)
    """An SQLAlchemy URL."""

    storage_url: Annotated[str, AfterValidator(_storage_url)] = Field(default_factory=_folder_url)
    """Where files are kept: a folder (`file:///…`) or a bucket (`s3://bucket/prefix`, …)."""

    storage_bytes_per_account: Annotated[int, Field(ge=0, le=2**60)] = 1024**3
    """How much the files of one account may take together, in bytes; 0: accounts have no storage for files."""

    tls_cert: Annotated[Path, AfterValidator(Path.absolute)] | None = None
    """Serve HTTPS with this certificate (PEM, with its chain)."""

    tls_key: Annotated[Path, AfterValidator(Path.absolute)] | None = Field(default=None, validate_default=True)
    """The private key of `tls_cert` (PEM, without a password)."""

    tls_self_signed: bool = Field(default=False, validate_default=True)
    """Serve HTTPS with a certificate that is made here, and that browsers warn of."""

    public_url: Annotated[str, Field(pattern="^https?://"), AfterValidator(_without_slash)] = Field(
        default_factory=_public_url
    )
    """The origin that people and applications reach this installation at."""

    media_udp_port: Annotated[int, Field(ge=0, le=65535)] = 42_000
    """Port of the first worker, for UDP and TCP, the next ones count up; 0 takes any free ports."""

    media_addresses: Annotated[tuple[_Address, ...], NoDecode, BeforeValidator(_split)] = ()
    """IP addresses that ICE announces, separated by commas, each with the own one that a NAT makes of it
    (`203.0.113.7=10.0.0.5`), if one does; none: loopback and the default routes'."""

    turn_urls: Annotated[tuple[_TurnUrl, ...], NoDecode, BeforeValidator(_split)] = ()
    """TURN servers for clients that reach the workers neither by UDP nor by TCP, separated by commas."""

    turn_secret: Annotated[SecretStr, Field(min_length=1)] | None = Field(default=None, validate_default=True)
    """What those servers share with us (coturn: `static-auth-secret`); credentials are made with it."""

    worker_binary: Path = Field(default_factory=_worker_binary)
    """The `ringback-media` program."""

    bootstrap_api_key: Annotated[SecretStr, AfterValidator(_header_text), Field(min_length=1)] | None = None
    """The first start creates this API key instead of a random one."""

    secret_key: Annotated[SecretStr, Field(min_length=SECRET_KEY_LENGTH)] | None = None
    """Signs tokens and the audit log, encrypts secrets at rest; without it, a 0600 file in the data directory does."""

    demo: bool = Field(default_factory=_demo)
    """Hand out tokens without an API key, for the showcase. On by default only when nobody else can reach the host."""

    room_participants: Annotated[int, Field(ge=2, le=500)] = 100
    """How many may be in one room; who comes then is told that it is full."""

    ring_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long a call rings before it ends as not answered."""

    link_slug_length: Annotated[int, Field(ge=12, le=40)] = 12
    """Characters of the random part of a link's URL, at 5.95 bits each."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    """What the log holds, the media workers' too: this and everything graver."""

    user_activity_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long it is kept when identities were connected."""

    rate_limits: dict[str, Annotated[str, AfterValidator(_rate_limit)]] = {}
    """How often an account may use an operation, by operation id; the public API's limits where none is given."""

    @field_validator("tls_key")
    @classmethod
    def _key_has_its_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("tls_cert") is None):
            raise ValueError("a certificate and its key are given together (tls_cert, tls_key)")
        return value

    @field_validator("turn_secret")
    @classmethod
    def _turn_servers_have_their_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (not info.data.get("turn_urls")):
            raise ValueError("TURN servers and the secret that they share are given together (turn_urls, turn_secret)")
        return value

    @field_validator("tls_self_signed")
    @classmethod
    def _one_certificate(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("tls_cert") is not None:
            raise ValueError("choose either a certificate of your own (tls_cert) or a self-signed one")
        return value

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the node."""
        return _is_loopback(self.host)

    @property
    def cameras_work(self) -> bool:
        """Whether browsers let pages at `public_url` use camera and microphone: over HTTPS, or on this machine."""
        url = urlsplit(self.public_url)
        return url.scheme == "https" or _is_loopback(url.hostname or "")

    def host_names(self) -> frozenset[str]:
        """Every name and address that people may open this node by: what a self-signed certificate is valid for."""
        given = {self.host, urlsplit(self.public_url).hostname or "", socket.gethostname()}
        addresses = {"127.0.0.1", "::1", *map(announced, self.media_addresses or announced_addresses())}
        return frozenset({"localhost", *addresses, *given} - {"", *EVERY_ADDRESS})

    def described(self) -> dict[str, str]:
        """Name and value of every setting for the boot log; of secrets only whether they are set."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values["database_url"] = make_url(self.database_url).render_as_string(hide_password=True)
        for name in ("bootstrap_api_key", "secret_key", "turn_secret"):
            values[name] = "unset" if values[name] is None else "set"
        return {name: ", ".join(value) if isinstance(value, tuple) else str(value) for name, value in values.items()}
