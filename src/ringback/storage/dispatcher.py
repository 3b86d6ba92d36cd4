"""Hands the outbox to one consumer: in order, at least once, soon after each commit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy import Connection

from ringback.kernel.errors import Unavailable
from ringback.storage import outbox
from ringback.storage.database import Database
from ringback.storage.outbox import OutboxEvent

log = structlog.get_logger()

BREATHER: Final = 0.1
"""Seconds before trying again what the database had no time for. Shorter would add to the load that caused it."""


class Dispatcher:
    """Feeds `deliver` with what `consumer` is owed. An event is confirmed after `deliver` returns."""

    def __init__(self, database: Database, consumer: str, deliver: Callable[[OutboxEvent], Awaitable[None]]) -> None:
        self._database = database
        self._consumer = consumer
        self._deliver = deliver
        self._one_at_a_time = asyncio.Lock()
        self._hint = asyncio.Event()
        self._hint.set()

    def hint(self) -> None:
        """There may be something new."""
        self._hint.set()

    async def run(self) -> None:
        """Deliver, for ever."""
        while True:
            await self._hint.wait()
            try:
                await self.deliver_all()
            except Unavailable:
                log.warning("events wait for the database", consumer=self._consumer)
                self._hint.set()
                await asyncio.sleep(BREATHER)

    async def deliver_all(self) -> None:
        """Deliver until nothing is owed."""
        async with self._one_at_a_time:
            self._hint.clear()
            await self._deliver_all()

    async def _deliver_all(self) -> None:
        while batch := await self._database.read(self._undelivered):
            for event in batch:
                try:
                    await self._deliver(event)
                except Exception:
                    # A bug in the consumer must not hold up everybody else's events.
                    log.exception("event not delivered", consumer=self._consumer, name=event.name, type=event.type)
            positions = [event.position for event in batch]
            await self._database.write(lambda connection: outbox.confirm(connection, self._consumer, positions))  # noqa: B023 - awaited at once

    def _undelivered(self, connection: Connection) -> list[OutboxEvent]:
        return outbox.undelivered(connection, self._consumer, outbox.BATCH)
