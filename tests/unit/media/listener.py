"""A listener that writes down what it hears, and waits for what a test expects."""

import asyncio

from ringback.media.facts import Fact

PATIENCE = 10.0
"""Seconds until a test gives up on something that should have happened."""


class RecordingListener:
    """`MediaListener` with a memory. `entries` are ("fact", worker, fact) and ("lost", worker)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, int] | tuple[str, int, Fact]] = []
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
