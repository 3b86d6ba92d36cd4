"""How the fakes of `testing.media` tell what they hold: in pages, and in numbers."""

from collections.abc import Sequence

import msgspec

from ringback.media.errors import MediaCommandRefused
from ringback.media.model import (
    DroppedDatagrams,
    Faults,
    Load,
    RoomSnapshot,
    TransportSnapshot,
    TransportState,
    WorkerLoad,
    WorkerStatistics,
)
from ringback.media.protocol import ErrorCode

PAGE_PARTICIPANTS = 20
"""Participants in one page of a snapshot: fewer than a real worker's, so that tests need fewer to have pages."""


def page(rooms: Sequence[RoomSnapshot], after: str | None) -> tuple[tuple[RoomSnapshot, ...], str | None]:
    """The next participants in their rooms, and where the page after it begins.

    A place is how many participants were in the pages before it. Raises `MediaCommandRefused` for any other text.
    """
    if after is not None and not after.isdecimal():
        raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, "no snapshot has named this place")
    passed, begin = 0, int(after or 0)
    end = begin + PAGE_PARTICIPANTS
    found = []
    for room in rooms:
        first, passed = passed, passed + len(room.participants)
        there = room.participants[max(begin - first, 0) : max(end - first, 0)]
        if there or (not room.participants and begin <= first < end):
            found.append(msgspec.structs.replace(room, participants=there))
    return tuple(found), str(end) if passed > end else None


def statistics(rooms: Sequence[RoomSnapshot], load: Load, room_faults: int, facts_waiting: int) -> WorkerStatistics:
    """A worker without packets, in numbers."""
    participants = [participant for room in rooms for participant in room.participants]
    states = [participant.transport.state for participant in participants if participant.transport is not None]
    return WorkerStatistics(
        load=WorkerLoad(state=load, busy=0.0, lag_ms=0.0),
        rooms=len(rooms),
        participants=len(participants),
        transports=states.count(TransportState.CONNECTED),
        packets_received=0,
        packets_sent=0,
        bytes_received=0,
        bytes_sent=0,
        packets_lost=0,
        packets_repeated=0,
        dropped=DroppedDatagrams(unknown=0, invalid=0, over_budget=0, oversized=0, unsent=0),
        faults=Faults(rooms=room_faults, transports=0),
        facts_waiting=facts_waiting,
    )


def transport_snapshot(transport: str, state: TransportState) -> TransportSnapshot:
    """A transport over which nothing has gone."""
    return TransportSnapshot(
        transport=transport,
        state=state,
        packets_received=0,
        packets_sent=0,
        bytes_received=0,
        bytes_sent=0,
        round_trip_ms=None,
        estimate_bps=None,
        packets_dropped=0,
        connected_after_ms=None,
        network=None,
        loss_received=None,
        loss_sent=None,
    )
