"""What dialogs and conferences do alike about the room of their calls: it may be lost, and is opened again. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ringback.calls.commands import Command, run_media
from ringback.calls.events import (
    HangUp,
    Moved,
    RoomFailed,
    RoomFound,
    RoomLost,
    RoomMoved,
    TransportLost,
    TransportMissing,
    TransportReady,
)
from ringback.calls.model import EndReason, Place
from ringback.calls.transport import connection_of
from ringback.kernel.steps import Ref, Tell
from ringback.media.commands import CloseRoom
from ringback.media.comparison import catch_up, open_again
from ringback.media.facts import TransportCloseReason
from ringback.media.model import ParticipantSnapshot, RoomSnapshot, TransportState
from ringback.media.room import RoomPlan

FAILURES_APART: Final = timedelta(minutes=1)
"""A room that fails again sooner is given up. Longer ends calls for two accidents; shorter opens it for ever."""

HomeInput: TypeAlias = RoomMoved | RoomFailed | RoomFound | RoomLost
"""What can happen to a room."""


class Home(Struct, frozen=True):
    """Where a room is."""

    place: Place
    failed_at: datetime | None = None
    """When it last failed."""


class Settled(NamedTuple):
    """What comes of it: where the room is now, what its calls are told, and how the worker gets there."""

    home: Home
    tells: tuple[Tell, ...] = ()
    commands: tuple[Command, ...] = ()


def settle(home: Home, plan: RoomPlan, calls: Iterable[str], event: HomeInput, now: datetime) -> Settled:
    """Follow what happened to the room. What is said of an earlier opening is late, and changes nothing."""
    if event.opening != home.place.opening:
        return Settled(home)
    match event:
        case RoomMoved(worker):
            return _move(home, plan, calls, worker)
        case RoomFailed() if home.failed_at is None or now - home.failed_at >= FAILURES_APART:
            return _move(replace(home, failed_at=now), plan, calls, home.place.worker)
        case RoomFound(_, room):
            return Settled(home, _seen(plan, room), run_media(home.place, catch_up(plan, room)))
        case RoomFailed() | RoomLost():
            return Settled(home, _each(calls, HangUp(EndReason.SERVICE_UNAVAILABLE)))
        case _:
            assert_never(event)


def _move(home: Home, plan: RoomPlan, calls: Iterable[str], worker: int) -> Settled:
    left = home.place
    place = Place(worker, left.room, left.opening + 1)
    commands = run_media(place, open_again(plan))
    if worker != left.worker:
        # It may live after all. Said last: nobody shall wait for a worker that does not answer.
        commands += run_media(left, [CloseRoom(room=left.room)])
    return Settled(replace(home, place=place), _each(calls, Moved(place)), commands)


def _seen(plan: RoomPlan, room: RoomSnapshot) -> tuple[Tell, ...]:
    """What the worker has to say of the transports of the calls that are in the room."""
    there = {participant.participant: participant for participant in room.participants}
    return tuple(Tell(Ref("call", id), _transport(there.get(id))) for id in plan.members)


def _transport(participant: ParticipantSnapshot | None) -> TransportReady | TransportLost | TransportMissing:
    transport = participant.transport if participant else None
    if transport is None or transport.state is TransportState.NEW:
        return TransportMissing()
    connection = connection_of(transport.transport)
    if transport.state is TransportState.CONNECTED:
        return TransportReady(connection)
    # Why it is closed is not known any more; the client comes back, or it does not.
    return TransportLost(connection, TransportCloseReason.ICE_TIMEOUT)


def _each(calls: Iterable[str], event: HangUp | Moved) -> tuple[Tell, ...]:
    return tuple(Tell(Ref("call", id), event) for id in calls)
