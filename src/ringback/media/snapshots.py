"""Whole snapshots of workers that hold more than fits into one frame."""

from collections.abc import Awaitable, Callable

import msgspec

from ringback.media.commands import Command, Result, TakeSnapshot
from ringback.media.model import RoomSnapshot, Snapshot

Run = Callable[[Command], Awaitable[Result]]
"""Runs one command on a worker, each time under a new id."""


async def take_snapshot(run: Run, room: str | None = None) -> Snapshot:
    """Everything that a worker holds, or one of its rooms, page by page. Raises as `run` does.

    `last_fact` is that of the first page: what happens between two pages is contained in later ones, and told by a fact
    with a higher number too.
    """
    first = await _page(run, room, None)
    rooms = {each.room: each for each in first.rooms}
    after = first.next
    while after is not None:
        page = await _page(run, room, after)
        for part in page.rooms:
            rooms[part.room] = _joined(rooms.get(part.room), part)
        after = page.next
    return msgspec.structs.replace(first, rooms=tuple(rooms.values()), next=None)


async def _page(run: Run, room: str | None, after: str | None) -> Snapshot:
    page = await run(TakeSnapshot(room=room, after=after))
    assert isinstance(page, Snapshot)
    return page


def _joined(before: RoomSnapshot | None, part: RoomSnapshot) -> RoomSnapshot:
    if before is None:
        return part
    return msgspec.structs.replace(before, participants=before.participants + part.participants)
