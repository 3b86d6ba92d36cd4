"""The messages of the worker protocol, version 1, and how they become bytes (`protocol/worker/README.md`).

Pure: the connection is `ringback.media.client`, the frames around the bytes are `ringback.media.framing`.
"""

from enum import StrEnum
from typing import Any, Final, TypeAlias, get_args

from msgspec import Struct, ValidationError, msgpack

from ringback.media.commands import Command
from ringback.media.facts import Fact
from ringback.media.model import Count, Id, RoomLevels, RoomVideo, WorkerStatistics

PROTOCOL_MIN = 1
"""The oldest version this control plane speaks: that of the previous release, so that its workers can drain."""

PROTOCOL_MAX = 1
"""The newest version this control plane speaks."""


class RefusalCode(StrEnum):
    """Why a worker does not talk to a controller."""

    STALE_EPOCH = "STALE_EPOCH"
    PROTOCOL_UNSUPPORTED = "PROTOCOL_UNSUPPORTED"


class ErrorCode(StrEnum):
    """Why a worker did not carry out a command."""

    ROOM_NOT_FOUND = "ROOM_NOT_FOUND"
    PUBLICATION_NOT_FOUND = "PUBLICATION_NOT_FOUND"
    OFFER_INVALID = "OFFER_INVALID"
    OFFER_TOO_LARGE = "OFFER_TOO_LARGE"
    COMMAND_UNKNOWN = "COMMAND_UNKNOWN"
    COMMAND_INVALID = "COMMAND_INVALID"
    DRAINING = "DRAINING"
    OVERLOADED = "OVERLOADED"
    INTERNAL = "INTERNAL"


class Hello(Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first message of a controller. A higher `epoch` takes over from a lower one."""

    protocol_min: Count
    protocol_max: Count
    build: str
    epoch: Count


class RunCommand(Struct, frozen=True, kw_only=True, tag_field="type", tag="command"):
    """Do this once. The same `id` again is answered with the same reply."""

    id: Id
    command: Command


class Acknowledge(Struct, frozen=True, kw_only=True, tag_field="type", tag="acknowledge"):
    """The fact of this number and all before it are stored; the worker may forget them."""

    fact: Count


class Welcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """The worker obeys this connection from now on.

    `protocol` is the version both speak, `addresses` are what ICE announces, as `ip:port/udp` and `ip:port/tcp`.
    `last_fact` is the number of the newest fact (0 if none). `overflowed` means that unacknowledged facts were dropped:
    take a snapshot. `draining` means that new rooms are refused.
    """

    protocol: Count
    build: str
    boot_id: Id
    addresses: tuple[str, ...]
    last_fact: Count
    overflowed: bool
    draining: bool


class Refused(Struct, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """The worker will not obey this connection, and closes it."""

    code: RefusalCode
    message: str


class Superseded(Struct, frozen=True, kw_only=True, tag_field="type", tag="superseded"):
    """Another connection, of this `epoch`, has taken over; the worker closes this one."""

    epoch: Count


class CommandError(Struct, frozen=True, kw_only=True):
    """Why a command was not carried out."""

    code: ErrorCode
    message: str


class Reply(Struct, frozen=True, kw_only=True, tag_field="type", tag="reply"):
    """The outcome of the command `id`: a result (its shape follows from the command) or an error; the other is None."""

    id: Id
    result: dict[str, Any] | None
    error: CommandError | None


class FactReport(Struct, frozen=True, kw_only=True, tag_field="type", tag="fact"):
    """One thing that happened. Numbers grow by one."""

    number: Count
    fact: Fact


class Statistics(Struct, frozen=True, kw_only=True, tag_field="type", tag="statistics"):
    """How the worker is; every 5 s, at once when its load becomes another state, never repeated."""

    worker: WorkerStatistics


class Levels(Struct, frozen=True, kw_only=True, tag_field="type", tag="levels"):
    """How loud the microphones are, of those rooms in which it has changed; every 200 ms, may be dropped."""

    rooms: tuple[RoomLevels, ...]


class Video(Struct, frozen=True, kw_only=True, tag_field="type", tag="video"):
    """What is paused and wanted, of those rooms in which it has changed; at most every 200 ms, may be dropped."""

    rooms: tuple[RoomVideo, ...]


class ProtocolError(Struct, frozen=True, kw_only=True, tag_field="type", tag="protocol_error"):
    """The other side sent something that is not of this protocol. The connection closes."""

    message: str


ToWorker: TypeAlias = Hello | RunCommand | Acknowledge
"""Every message that a controller sends."""

FromWorker: TypeAlias = (
    Welcome | Refused | Superseded | Reply | FactReport | Statistics | Levels | Video | ProtocolError
)
"""Every message that a worker sends."""

_encoder = msgpack.Encoder()
_from_worker: msgpack.Decoder[FromWorker] = msgpack.Decoder(FromWorker)
_to_worker: msgpack.Decoder[ToWorker] = msgpack.Decoder(ToWorker)


class _Tagged(Struct):
    type: str


_tagged = msgpack.Decoder(_Tagged)
_KNOWN: Final = frozenset(kind.__struct_config__.tag for kind in get_args(FromWorker))


def encode(message: ToWorker | FromWorker) -> bytes:
    """The MessagePack body of a frame."""
    return _encoder.encode(message)


def decode_from_worker(body: bytes) -> FromWorker | None:
    """The worker's message in a frame's body; None for a type that only a newer worker knows.

    Raises `msgspec.DecodeError` when it is no message.
    """
    try:
        return _from_worker.decode(body)
    except ValidationError:
        if _tagged.decode(body).type in _KNOWN:
            raise
        return None


def decode_to_worker(body: bytes) -> ToWorker:
    """The controller's message in a frame's body. Raises `msgspec.DecodeError` when it is none."""
    return _to_worker.decode(body)
