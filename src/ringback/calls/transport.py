"""How a call's endpoint is connected to its room: an axis of its own beside the call's life. Pure.

A client counts its PeerConnections in a call from 1; the worker's side of each is a transport. When one is lost, the
client makes the next one, with the devices that it has open, and the call goes on.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ringback.media.facts import TransportCloseReason

COMEBACK: Final = timedelta(seconds=20)
"""How long a client may take to connect again. Longer lets the others look at somebody who is gone; shorter hangs up on
whoever has a slow line, or a socket that has to come back first."""

FAULTS_APART: Final = timedelta(minutes=1)
"""A fault of the worker that comes again sooner is taken for one that will come every time. Longer ends calls for two
accidents; shorter lets a bug rebuild transports for ever."""


class Transport(Struct, frozen=True):
    """What is known of a call's transport."""

    connection: int = 1
    """The PeerConnection that is expected; what is said of an older one is late."""
    connected: bool = False
    deadline: datetime | None = None
    """A transport was lost; until then the client may come back."""
    faulted_at: datetime | None = None
    """When a fault of the worker last ended one."""

    def offered(self, connection: int) -> "Transport":
        """The client makes an offer for this connection, which is not an older one."""
        return self if connection == self.connection else replace(self, connection=connection, connected=False)

    def ready(self) -> "Transport":
        """The one that is expected is connected."""
        return replace(self, connected=True, deadline=None)

    def lost(self, now: datetime) -> "Transport":
        """The next one is expected. Who is lost again on the way back gets no more time."""
        deadline = self.deadline or now + COMEBACK
        return replace(self, connection=self.connection + 1, connected=False, deadline=deadline)

    def closed(self, reason: TransportCloseReason, now: datetime) -> "Transport | None":
        """The worker has closed the one that is expected. None: there will not be another one."""
        match reason:
            case TransportCloseReason.PEER_CLOSED:
                return None
            case TransportCloseReason.FAULT:
                again = self.faulted_at is not None and now - self.faulted_at < FAULTS_APART
                return None if again else replace(self.lost(now), faulted_at=now)
            case _:
                # Who never came through will not come through the second time.
                return self.lost(now) if self.connected or self.deadline else None

    def given_up(self) -> "Transport":
        """Nobody waits any more."""
        return replace(self, connected=False, deadline=None)

    def overdue(self, now: datetime) -> bool:
        """Whether the client did not come back in time."""
        return self.deadline is not None and now >= self.deadline


def transport_id(call_id: str, connection: int) -> str:
    """What the worker calls the transport of a call's connection."""
    return f"{call_id}:{connection}"


def connection_of(transport: str) -> int:
    """Which connection a transport belongs to."""
    return int(transport.rpartition(":")[2])
