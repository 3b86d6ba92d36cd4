"""What is known of this machine and its node, as values: `gather` fills them in, `checks` judges them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from ringback.web.certificates import Certificate


class Listener(Enum):
    """Who has the TCP port."""

    NOBODY = auto()
    RINGBACK = auto()
    SOMEBODY_ELSE = auto()
    NOT_ALLOWED = auto()
    """Nobody has it, and we could not take it either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """The TCP port, and the server on it if it is one of ours."""

    host: str
    port: int
    listener: Listener
    refusal: str = ""
    """Why the port cannot be taken."""
    failing: tuple[str, ...] = ()
    """What the running server says it is not ready for."""
    date: datetime | None = None
    """Its clock, when it answered."""
    asked_at: datetime | None = None
    """Our clock then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """Where the workers receive media."""

    addresses: tuple[str, ...]
    """What ICE announces, as `ringback.media.addresses` writes it."""
    foreign: tuple[str, ...]
    """What workers should listen on, and cannot because it is not this machine's."""
    default: str
    """The address of this machine's default route, or loopback."""
    ports: tuple[int, ...]
    """One per worker, for UDP and TCP; none when the system chooses."""
    taken: tuple[int, ...]
    """Those of them that somebody has, by either."""
    receive_buffer_limit: int | None
    """`net.core.rmem_max` in bytes; None where it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """What HTTPS would be served with."""

    public_host: str
    public_https: bool
    cameras_work: bool
    wanted: bool
    certificate: Certificate | None
    """None when none is wanted, or it is yet to be made, or it cannot be used."""
    error: str | None
    key_mode: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """The two clocks, read at the beginning and the end of the examination."""

    now: datetime
    wall_seconds: float
    monotonic_seconds: float
    data_written: datetime | None
    """When the database was last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """The data directory, or what would hold it."""

    directory: Path
    exists: bool
    writable: bool
    free_bytes: int
    secret_key_file: Path
    secret_key_mode: int | None
    """None when there is no such file."""
    secret_key_set: bool
    """By RINGBACK_SECRET_KEY."""
    schema: str | None
    """The version of what is stored; None when nothing is, or it cannot be read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFacts:
    """Where files are kept."""

    url: str
    error: str | None
    """Why nothing can be written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFacts:
    """What is installed, and what it may use."""

    python: tuple[int, int]
    version: str
    worker_binary: Path
    worker_says: str | None
    """What `ringback-media --version` prints; None when it cannot be run."""
    worker_error: str
    schema: str
    """The version that this release stores."""
    pages_built: bool
    in_checkout: bool
    open_files: int
    """The soft limit of this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of them."""

    local: bool
    """Only this machine can reach the node."""
    server: ServerFacts
    media: MediaFacts
    tls: TlsFacts
    clock: ClockFacts
    data: DataFacts
    storage: StorageFacts
    program: ProgramFacts
