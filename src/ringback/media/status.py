"""What operators see of the media workers: `ringback worker status` and `/health/ready`."""

from dataclasses import dataclass
from enum import StrEnum

from ringback.media.model import WorkerStatistics


class WorkerState(StrEnum):
    """Where a worker is in its life."""

    STARTING = "STARTING"
    CONNECTED = "CONNECTED"
    RECONNECTING = "RECONNECTING"
    """It lives, but the connection is lost; commands wait."""
    RESTARTING = "RESTARTING"
    """It has ended, and so have its rooms; the next one is coming."""
    SUPERSEDED = "SUPERSEDED"
    """Another control plane has taken it over, and we do nothing with it any more."""
    STOPPED = "STOPPED"


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """One worker. What it says of itself is None or empty while it is not connected."""

    number: int
    state: WorkerState
    pid: int | None
    """None while there is no process, or when it lives in a container of its own."""
    boot_id: str | None
    build: str | None
    addresses: tuple[str, ...]
    """What ICE announces, as `ip:port`."""
    rooms: int
    restarts: int
    adopted: bool
    """True: it was running before this control plane."""
    overflowed: bool
    """True: it has dropped facts that nobody acknowledged, so only a snapshot tells what is true."""
    draining: bool
    """True: it takes no new rooms, and ends with the last one."""
    problem: str | None
    """Why it does not start again, for people; None when all is well."""
    statistics: WorkerStatistics | None
    """What it said last of how it is; None before it has."""
