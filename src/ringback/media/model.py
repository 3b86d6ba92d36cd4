"""What a media worker knows, as values: the enums of the worker protocol and the records of its snapshot.

Every record is a MessagePack map whose keys stand in the order of the fields here; `protocol/worker/README.md` is the
document, `protocol/worker/vectors/` holds the bytes. Integers lie between 0 and 2^63 - 1 unless a type says less.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=64)]
"""A name chosen by the control plane, 1 ... 64 characters. Checked where it is decoded, not where it is constructed."""

Count = Annotated[int, Meta(ge=0)]
"""How many, since the transport, publication or slot came into being."""

PublicationNumber = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
"""What forwarded packets carry as their only CSRC (RFC 3550 §5.1), so that a receiver can tell whose they are."""

SlotIndex = Annotated[int, Meta(ge=0, le=0xFFFF)]
"""Slots are counted from 0 for each kind."""


Pixels = Annotated[int, Meta(ge=0, le=0xFFFF)]
"""Of a screen, as it has them (CSS pixels times `devicePixelRatio`)."""

LayerCount = Annotated[int, Meta(ge=0, le=0xFF)]
"""How many layers of a publication, from the lowest up."""

Loudness = Annotated[int, Meta(ge=-127, le=0)]
"""Of a microphone, in dB relative to full scale (RFC 6464); -127 is silence."""


class Source(StrEnum):
    """Which of the three sending m-lines of a participant feeds a publication."""

    MICROPHONE = "MICROPHONE"
    CAMERA = "CAMERA"
    SCREEN = "SCREEN"


class SlotKind(StrEnum):
    """Audio and video slots are counted apart; those of one index belong together (lip sync)."""

    AUDIO = "AUDIO"
    VIDEO = "VIDEO"


class TransportState(StrEnum):
    """How far a transport has come. `CONNECTED` means that ICE and DTLS are done."""

    NEW = "NEW"
    CONNECTED = "CONNECTED"
    CLOSED = "CLOSED"


class Network(StrEnum):
    """The kind of network that a client's address is of. The address itself never leaves the worker."""

    LOOPBACK = "LOOPBACK"
    LINK_LOCAL = "LINK_LOCAL"
    PRIVATE = "PRIVATE"
    PUBLIC = "PUBLIC"


class Load(StrEnum):
    """What follows from how much a worker has to do."""

    NORMAL = "NORMAL"
    SHEDDING = "SHEDDING"
    """Pictures are made coarser."""
    REFUSING = "REFUSING"
    """And no new participants and rooms are taken."""


class TransportSnapshot(Struct, frozen=True, kw_only=True):
    """A participant's connection. Packets are datagrams; what has not been measured is None.

    `estimate_bps` is what the line to the client is believed to carry. `packets_dropped` were over the participant's
    budget; `connected_after_ms` is the time from the first offer to ICE and DTLS; the losses are the shares (0 ... 1)
    of the last seconds.
    """

    transport: Id
    state: TransportState
    packets_received: Count
    packets_sent: Count
    bytes_received: Count
    bytes_sent: Count
    round_trip_ms: float | None
    estimate_bps: Count | None
    packets_dropped: Count
    connected_after_ms: Count | None
    network: Network | None
    loss_received: float | None
    loss_sent: float | None


class LayerSnapshot(Struct, frozen=True, kw_only=True):
    """One quality of a publication, from the lowest up; `rid` is None without simulcast."""

    rid: str | None
    packets_received: Count
    packets_lost: Count
    bits_per_second: Count


class PublicationSnapshot(Struct, frozen=True, kw_only=True):
    """One source of a participant as the room sees it. `started` turns true with the first packet."""

    publication: Id
    number: PublicationNumber
    source: Source
    started: bool
    packets_received: Count
    packets_lost: Count
    keyframe_requests: Count
    layers: tuple[LayerSnapshot, ...]


class SlotSnapshot(Struct, frozen=True, kw_only=True):
    """Where a participant receives. `publication` is None while nothing is carried; `loudest` says that the worker
    chooses it.

    `layer` is which layer of a video publication is forwarded, from 0 for the lowest; None while none is. `paused` is
    true when that is for want of bandwidth.
    """

    kind: SlotKind
    index: SlotIndex
    publication: Id | None
    loudest: bool
    packets_sent: Count
    layer: Count | None
    paused: bool


class ParticipantSnapshot(Struct, frozen=True, kw_only=True):
    """One participant; `transport` is None until the first offer."""

    participant: Id
    transport: TransportSnapshot | None
    publications: tuple[PublicationSnapshot, ...]
    slots: tuple[SlotSnapshot, ...]


class RoomSnapshot(Struct, frozen=True, kw_only=True):
    """One room with everyone in it, open for `age_s` seconds."""

    room: Id
    age_s: Count
    participants: tuple[ParticipantSnapshot, ...]


class WorkerLoad(Struct, frozen=True, kw_only=True):
    """How much a worker has to do: the share of the last second it was at work, and how late it was on average."""

    state: Load
    busy: float
    lag_ms: float


class DroppedDatagrams(Struct, frozen=True, kw_only=True):
    """Datagrams that a worker dropped, by the reason."""

    unknown: Count
    """They belonged to no transport."""
    invalid: Count
    """They came from a transport's address and could not be understood."""
    over_budget: Count
    """Their participant or their room had sent too much."""
    oversized: Count
    """They were larger than any of WebRTC."""
    unsent: Count
    """They were its own, and the system would not send them."""


class Faults(Struct, frozen=True, kw_only=True):
    """Bugs of a worker that were fenced: each ended one room, or one transport."""

    rooms: Count
    transports: Count


class WorkerStatistics(Struct, frozen=True, kw_only=True):
    """A worker in numbers. `rooms`, `participants`, `transports` (connected ones) and `facts_waiting` are those of now.

    The others count from its boot. `packets_lost` are media packets of publishers that never arrived;
    `packets_repeated` sent something again, or measured a line.
    """

    load: WorkerLoad
    rooms: Count
    participants: Count
    transports: Count
    packets_received: Count
    packets_sent: Count
    bytes_received: Count
    bytes_sent: Count
    packets_lost: Count
    packets_repeated: Count
    dropped: DroppedDatagrams
    faults: Faults
    facts_waiting: Count


class Snapshot(Struct, frozen=True, kw_only=True):
    """What a worker holds, or a page of it. The facts of `boot_id` up to `last_fact` are contained in it.

    `next` is where the next page begins (`TakeSnapshot.after`); None at the end. The last room of a page may go on in
    the next one: `ringback.media.snapshots` puts pages together.
    """

    boot_id: Id
    last_fact: Count
    rooms: tuple[RoomSnapshot, ...]
    next: str | None
    worker: WorkerStatistics


class ParticipantLevel(Struct, frozen=True, kw_only=True):
    """How loud a participant's microphone was at its loudest in the last 200 ms."""

    participant: Id
    loudness: Loudness


class RoomLevels(Struct, frozen=True, kw_only=True):
    """What is heard of a room: how loud all its microphones are, and who is absent."""

    room: Id
    levels: tuple[ParticipantLevel, ...]
    absent: tuple[Id, ...] = ()


class PausedSlot(Struct, frozen=True, kw_only=True):
    """A video slot that carries nothing because its receiver's line carries too little."""

    participant: Id
    index: SlotIndex


class WantedLayers(Struct, frozen=True, kw_only=True):
    """How many layers of a camera or screen somebody needs, from the lowest up."""

    participant: Id
    source: Source
    layers: LayerCount


class RoomVideo(Struct, frozen=True, kw_only=True):
    """All paused slots of a room, and what is wanted of all its cameras and screens."""

    room: Id
    paused: tuple[PausedSlot, ...]
    wanted: tuple[WantedLayers, ...]
