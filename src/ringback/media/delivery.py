"""Brings one worker's news to the listener: one at a time, in order, each until the listener has taken it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from typing import NamedTuple

import structlog

from ringback.media.engine import MediaListener
from ringback.media.model import RoomLevels, RoomVideo
from ringback.media.protocol import FactReport

RETRY_DELAY = 1.0
"""Seconds between attempts when the listener fails. Its database is probably away for a moment; nothing is lost by
waiting, because the worker keeps the fact, but what follows the fact waits too."""

_log = structlog.get_logger(__name__)


class _News(NamedTuple):
    boot_id: str
    report: FactReport
    acknowledge: Callable[[int], None]


class _Turn(Enum):
    """What becomes of a worker between its facts."""

    LOST = auto()
    FOUND = auto()


class Delivery:
    """The queue between a worker, through all its connections and restarts, and the listener.

    A worker repeats facts after a reconnection. Those that the listener has already taken are only acknowledged again.
    """

    def __init__(self, worker: int, listener: MediaListener) -> None:
        self._worker = worker
        self._listener = listener
        self._queue: asyncio.Queue[_News | _Turn] = asyncio.Queue()
        self._taken = ("", 0)
        self._task = asyncio.create_task(self._deliver(), name=f"media worker {worker} delivery")

    def fact(self, boot_id: str, report: FactReport, acknowledge: Callable[[int], None]) -> None:
        """Deliver a fact of the worker's boot `boot_id`, then call `acknowledge` with its number."""
        self._queue.put_nowait(_News(boot_id, report, acknowledge))

    def levels(self, rooms: Sequence[RoomLevels]) -> None:
        """Tell the listener how loud microphones are: at once, past the facts that wait for it, and never again."""
        with self._dropping("levels"):
            self._listener.audio_levels(self._worker, rooms)

    def video(self, rooms: Sequence[RoomVideo]) -> None:
        """Tell the listener what is paused and wanted: like `levels`."""
        with self._dropping("video"):
            self._listener.video(self._worker, rooms)

    def lost(self) -> None:
        """Tell, after all facts before, that the worker's rooms no longer exist."""
        self._queue.put_nowait(_Turn.LOST)

    def found(self) -> None:
        """Tell, after all facts before, that the worker's rooms may be others than was told."""
        self._queue.put_nowait(_Turn.FOUND)

    async def close(self) -> None:
        """Stop, without delivering the rest: the worker still has it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @contextmanager
    def _dropping(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            _log.exception("media listener failed; dropped what is old in a second", worker=self._worker, what=what)

    async def _deliver(self) -> None:
        while True:
            news = await self._queue.get()
            await self._insist(news)

    async def _insist(self, news: _News | _Turn) -> None:
        while True:
            try:
                await self._hand_over(news)
                return
            except Exception:
                _log.exception("media listener failed; trying again", worker=self._worker, retry_seconds=RETRY_DELAY)
            await asyncio.sleep(RETRY_DELAY)

    async def _hand_over(self, news: _News | _Turn) -> None:
        match news:
            case _Turn.LOST:
                await self._listener.worker_lost(self._worker)
            case _Turn.FOUND:
                await self._listener.worker_found(self._worker)
            case _News():
                await self._report(news)

    async def _report(self, news: _News) -> None:
        boot_id, number = self._taken
        if news.boot_id != boot_id or news.report.number > number:
            await self._listener.media_fact(self._worker, news.report.fact)
            self._taken = (news.boot_id, news.report.number)
        news.acknowledge(self._taken[1])
