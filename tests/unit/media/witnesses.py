"""A listener and a log that write down what they are told, and let a test wait for what it expects."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog

from ringback.media.facts import Fact
from ringback.media.model import RoomLevels, RoomVideo

PATIENCE = 10.0
"""Seconds until a test gives up on something that should have happened."""


class RecordingListener:
    """`MediaListener` with a memory. `entries` are ("fact", worker, fact) and ("lost", worker).

    `found`, `levels` and `videos` are apart.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[str, int] | tuple[str, int, Fact]] = []
        self.found: list[int] = []
        self.levels: asyncio.Queue[tuple[int, Sequence[RoomLevels]]] = asyncio.Queue()
        self.videos: asyncio.Queue[tuple[int, Sequence[RoomVideo]]] = asyncio.Queue()
        self.failures = 0
        """How many of the next calls raise."""
        self.gate = asyncio.Event()
        """Clear it to keep `media_fact` from returning."""
        self.gate.set()
        self._changed = asyncio.Condition()

    async def media_fact(self, worker: int, fact: Fact) -> None:
        await self._note(("fact", worker, fact))
        await self.gate.wait()

    async def worker_lost(self, worker: int) -> None:
        await self._note(("lost", worker))

    async def worker_found(self, worker: int) -> None:
        self.found.append(worker)

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the session is away")
        self.levels.put_nowait((worker, rooms))

    def video(self, worker: int, rooms: Sequence[RoomVideo]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the session is away")
        self.videos.put_nowait((worker, rooms))

    async def heard(self, count: int) -> list[tuple[str, int] | tuple[str, int, Fact]]:
        """Wait until there are this many entries."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.entries) >= count)
        return self.entries

    async def _note(self, entry: tuple[str, int] | tuple[str, int, Fact]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        async with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()


class Lines:
    """Lines of text that come one by one."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.all.append(line)
        self._more.set()

    async def heard(self, line: str) -> None:
        """Wait for a line."""
        async with asyncio.timeout(PATIENCE):
            while line not in self.all:
                self._more.clear()
                await self._more.wait()


class Log:
    """The processor at the end of structlog: lines are kept, not printed."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._read = 0
        self._more = asyncio.Event()

    def __call__(self, _: object, level: str, line: structlog.typing.EventDict) -> str:
        self.lines.append({**line, "level": level})
        self._more.set()
        raise structlog.DropEvent

    async def said(self, event: str, **fields: object) -> dict[str, Any]:
        """Wait for the next line of this event with these fields; lines before it are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._read < len(self.lines):
                    line = self.lines[self._read]
                    self._read += 1
                    if {"event": event, **fields}.items() <= line.items():
                        return line
                self._more.clear()
                await self._more.wait()


@pytest.fixture
def log() -> Iterator[Log]:
    """What structlog is told."""
    log = Log()
    before = structlog.get_config()
    structlog.configure(processors=[log], wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield log
    structlog.configure(**before)
