"""What can happen to a call, and what a call says has happened to it. Both unions are closed."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from ringback.calls.model import Call, Direction, Endpoint, EndReason, Place
from ringback.kernel.steps import DeadlinePassed, Ref
from ringback.media.facts import TransportCloseReason
from ringback.media.model import RoomSnapshot
from ringback.media.room import RoomPlan

# In: what happens to a call.


class StartCall(Struct, frozen=True, tag=True, kw_only=True):
    """A leg begins. An inbound one comes from a session; an outbound one has to find its endpoint's devices."""

    id: str
    account_id: str
    direction: Direction
    endpoint: Endpoint
    caller: Endpoint
    owner: Ref
    place: Place
    microphone: bool
    camera: bool
    custom_data: dict[str, str]
    session: str | None = None
    ring_deadline: datetime | None = None


class DevicesFound(Struct, frozen=True, tag=True):
    """An outbound leg's endpoint is connected with these sessions: it rings there."""

    sessions: tuple[str, ...]


class NoDeviceFound(Struct, frozen=True, tag=True):
    """An outbound leg's endpoint cannot be alerted."""

    reason: EndReason


class FarSideRings(Struct, frozen=True, tag=True):
    """For an inbound leg: the one whom it calls is being alerted."""


class FarSideAnswered(Struct, frozen=True, tag=True):
    """For an inbound leg: the one whom it calls has answered."""


class Accept(Struct, frozen=True, tag=True):
    """A device answers an outbound leg. Its endpoint is the leg's, now with the display name it has there."""

    session: str
    endpoint: Endpoint
    microphone: bool
    camera: bool


class Decline(Struct, frozen=True, tag=True):
    """A device does not want an outbound leg, for itself or for all devices of the endpoint."""

    session: str
    on_all_devices: bool


class EndpointHungUp(Struct, frozen=True, tag=True):
    """The endpoint ends the leg on this session; where it still rings, that declines it."""

    session: str


class HangUp(Struct, frozen=True, tag=True):
    """The platform ends the leg."""

    reason: EndReason


class SessionLost(Struct, frozen=True, tag=True):
    """A session is gone for good."""

    session: str


class Moved(Struct, frozen=True, tag=True):
    """The leg's room is open somewhere else; the transport that the leg had went with the former one."""

    place: Place


class OfferMade(Struct, frozen=True, tag=True):
    """The endpoint offers media on this connection of its own, counted from 1."""

    connection: int


class TransportReady(Struct, frozen=True, tag=True):
    """The transport of this connection is up."""

    connection: int


class TransportLost(Struct, frozen=True, tag=True):
    """The transport of this connection is gone."""

    connection: int
    reason: TransportCloseReason


class TransportMissing(Struct, frozen=True, tag=True):
    """The worker has no transport of the leg that is up."""


CallInput: TypeAlias = (
    StartCall
    | DevicesFound
    | NoDeviceFound
    | FarSideRings
    | FarSideAnswered
    | Accept
    | Decline
    | EndpointHungUp
    | HangUp
    | SessionLost
    | Moved
    | OfferMade
    | TransportReady
    | TransportLost
    | TransportMissing
    | DeadlinePassed
)

# Out: what happened. These go to the call's owner and into the outbox.


class CallStarted(Struct, frozen=True, tag=True):
    """The leg exists."""

    call: Call


class CallRinging(Struct, frozen=True, tag=True):
    """Somebody is being alerted: the leg's own devices (outbound) or the far side (inbound)."""

    call: Call


class DevicesReleased(Struct, frozen=True, tag=True):
    """These sessions no longer ring for the leg."""

    call: Call
    sessions: tuple[str, ...]
    reason: EndReason


class CallEstablished(Struct, frozen=True, tag=True):
    """The leg is answered."""

    call: Call


class MediaLost(Struct, frozen=True, tag=True):
    """The leg has to be connected again: its endpoint makes the next connection, or the leg ends."""

    call: Call


class CallFinished(Struct, frozen=True, tag=True):
    """An established leg ended. The last event of the leg."""

    call: Call
    reason: EndReason


class CallFailed(Struct, frozen=True, tag=True):
    """A leg ended that never was established. The last event of the leg."""

    call: Call
    reason: EndReason


CallEvent: TypeAlias = (
    CallStarted | CallRinging | DevicesReleased | CallEstablished | MediaLost | CallFinished | CallFailed
)

# For owners: what the endpoints and the media of their calls do, besides living and dying.


class MediaSwitched(Struct, frozen=True, tag=True):
    """A call's endpoint muted, unmuted, or switched its camera or screen share. None: as it was."""

    call_id: str
    microphone: bool | None = None
    camera: bool | None = None
    screen: bool | None = None


class MediaConnected(Struct, frozen=True, tag=True):
    """A call's transport is up."""

    call_id: str


class RoomMoved(Struct, frozen=True, tag=True):
    """The worker no longer has the room as it was opened last, and this one has it from now on."""

    worker: int
    opening: int


class RoomFailed(Struct, frozen=True, tag=True):
    """A fault ended the room, or its worker refused a command; the worker lives."""

    opening: int


class RoomFound(Struct, frozen=True, tag=True):
    """What the worker has of the room: facts may have been missed."""

    opening: int
    room: RoomSnapshot


class RoomLost(Struct, frozen=True, tag=True):
    """The worker no longer has the room, and no other can take it."""

    opening: int


class SlotsChanged(Struct, frozen=True, tag=True):
    """Said by owners: these calls receive something else than before, as the plan of their room says."""

    room: RoomPlan
    calls: tuple[str, ...]


OwnerInput: TypeAlias = MediaSwitched | MediaConnected | RoomMoved | RoomFailed | RoomFound | RoomLost
"""What every owner of calls understands, besides its calls' own events."""
