"""News reach the listener one at a time and in order, and are acknowledged after it has taken them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ringback.media import delivery as module
from ringback.media.delivery import Delivery
from ringback.media.facts import PublicationStarted
from ringback.media.model import ParticipantLevel, RoomLevels, RoomVideo
from ringback.media.protocol import FactReport
from tests.unit.media.witnesses import PATIENCE, RecordingListener

LEVELS = (RoomLevels(room="r", levels=(ParticipantLevel(participant="alice", loudness=-20),)),)

VIDEO = (RoomVideo(room="r", paused=(), wanted=()),)


class Acknowledged:
    """What was acknowledged, and a way to wait for it."""

    def __init__(self) -> None:
        self.numbers: asyncio.Queue[int] = asyncio.Queue()

    def __call__(self, number: int) -> None:
        self.numbers.put_nowait(number)

    async def next(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.numbers.get()


def report(number: int) -> FactReport:
    return FactReport(number=number, fact=PublicationStarted(room="r", publication=str(number)))


@pytest.fixture
async def delivery(listener: RecordingListener) -> AsyncIterator[Delivery]:
    delivery = Delivery(3, listener)
    yield delivery
    await delivery.close()


async def test_a_fact_is_acknowledged_only_after_the_listener_has_taken_it(
    delivery: Delivery, listener: RecordingListener
) -> None:
    acknowledged = Acknowledged()
    listener.gate.clear()
    delivery.fact("boot", report(1), acknowledged)
    delivery.fact("boot", report(2), acknowledged)
    assert await listener.heard(1) == [("fact", 3, report(1).fact)]
    assert acknowledged.numbers.empty()
    listener.gate.set()
    assert [await acknowledged.next(), await acknowledged.next()] == [1, 2]
    assert listener.entries == [("fact", 3, report(1).fact), ("fact", 3, report(2).fact)]


async def test_a_fact_is_repeated_to_a_listener_that_fails(
    delivery: Delivery, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_DELAY", 0)
    acknowledged = Acknowledged()
    listener.failures = 2
    delivery.fact("boot", report(1), acknowledged)
    assert await acknowledged.next() == 1
    assert listener.entries == [("fact", 3, report(1).fact)]


async def test_a_fact_that_the_worker_repeats_is_acknowledged_and_not_heard_again(
    delivery: Delivery, listener: RecordingListener
) -> None:
    acknowledged = Acknowledged()
    for number in (1, 2, 1, 2, 3):
        delivery.fact("boot", report(number), acknowledged)
    assert [await acknowledged.next() for _ in range(5)] == [1, 2, 2, 2, 3]
    assert [entry[2:] for entry in listener.entries] == [(report(number).fact,) for number in (1, 2, 3)]


async def test_another_boot_counts_from_1_again(delivery: Delivery, listener: RecordingListener) -> None:
    acknowledged = Acknowledged()
    delivery.fact("boot", report(5), acknowledged)
    delivery.fact("next", report(1), acknowledged)
    assert [await acknowledged.next(), await acknowledged.next()] == [5, 1]
    assert len(listener.entries) == 2


async def test_levels_and_video_do_not_wait_for_facts(delivery: Delivery, listener: RecordingListener) -> None:
    listener.gate.clear()
    delivery.fact("boot", report(1), Acknowledged())
    await listener.heard(1)
    delivery.levels(LEVELS)
    assert listener.levels.get_nowait() == (3, LEVELS)
    delivery.video(VIDEO)
    assert listener.videos.get_nowait() == (3, VIDEO)


async def test_video_is_dropped_when_the_listener_fails(delivery: Delivery, listener: RecordingListener) -> None:
    listener.failures = 1
    delivery.video(VIDEO)
    assert listener.videos.empty()
    delivery.video(VIDEO)
    assert listener.videos.get_nowait() == (3, VIDEO)


async def test_levels_are_dropped_when_the_listener_fails(delivery: Delivery, listener: RecordingListener) -> None:
    listener.failures = 1
    delivery.levels(LEVELS)
    assert listener.levels.empty()
    delivery.levels(LEVELS)
    assert listener.levels.get_nowait() == (3, LEVELS)


async def test_a_loss_is_told_after_the_facts_before_it(
    delivery: Delivery, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_DELAY", 0)
    listener.failures = 1
    delivery.fact("boot", report(1), Acknowledged())
    delivery.lost()
    assert await listener.heard(2) == [("fact", 3, report(1).fact), ("lost", 3)]


async def test_closing_leaves_the_rest_to_the_worker(listener: RecordingListener) -> None:
    delivery = Delivery(0, listener)
    acknowledged = Acknowledged()
    listener.gate.clear()
    delivery.fact("boot", report(1), acknowledged)
    await listener.heard(1)
    await delivery.close()
    assert acknowledged.numbers.empty()
