"""Whole snapshots, put together from pages."""

import itertools

import pytest

from ringback.media.commands import Command, OpenRoom, Publish, Result
from ringback.media.errors import MediaCommandRefused
from ringback.media.model import Source
from ringback.media.protocol import CommandError
from ringback.media.snapshots import take_snapshot
from ringback.testing.media_rules import WorkerRules
from ringback.testing.media_snapshots import PAGE_PARTICIPANTS


class Worker:
    """The rules of a worker, with new command ids."""

    def __init__(self) -> None:
        self.rules = WorkerRules("boot")
        self.ids = itertools.count()
        self.fails_between: str | None = None
        """The room that fails before the second page."""

    async def run(self, command: Command) -> Result:
        if getattr(command, "after", None) is not None and self.fails_between is not None:
            self.rules.room_failed(self.fails_between)
            self.fails_between = None
        outcome = self.rules.run(str(next(self.ids)), command)
        if isinstance(outcome, CommandError):
            raise MediaCommandRefused(outcome.code, outcome.message)
        return outcome

    async def fill(self, room: str, participants: int) -> None:
        await self.run(OpenRoom(room=room))
        for number in range(participants):
            publication = f"{room}-{number}"
            await self.run(
                Publish(room=room, participant=f"{number}", publication=publication, number=1, source=Source.CAMERA)
            )


@pytest.fixture
async def worker() -> Worker:
    """Three rooms on several pages, the first of which is on two."""
    worker = Worker()
    for room, participants in (("large", PAGE_PARTICIPANTS + 5), ("empty", 0), ("small", PAGE_PARTICIPANTS)):
        await worker.fill(room, participants)
    return worker


async def test_a_snapshot_is_whole_however_many_pages_it_has(worker: Worker) -> None:
    worker.rules.overflowed = True
    snapshot = await take_snapshot(worker.run)
    assert [(room.room, len(room.participants)) for room in snapshot.rooms] == [
        ("large", PAGE_PARTICIPANTS + 5),
        ("empty", 0),
        ("small", PAGE_PARTICIPANTS),
    ]
    names = [each.participant for each in snapshot.rooms[0].participants]
    assert names == [str(number) for number in range(PAGE_PARTICIPANTS + 5)]
    assert snapshot.next is None
    assert worker.rules.overflowed is False


async def test_one_room_is_whole_too(worker: Worker) -> None:
    (room,) = (await take_snapshot(worker.run, "large")).rooms
    assert len(room.participants) == PAGE_PARTICIPANTS + 5


async def test_what_happens_between_two_pages_is_left_to_its_fact(worker: Worker) -> None:
    before = worker.rules.last_fact
    worker.fails_between = "small"
    snapshot = await take_snapshot(worker.run)
    assert [room.room for room in snapshot.rooms] == ["large", "empty"]
    assert (snapshot.last_fact, worker.rules.last_fact) == (before, before + 1)
