"""Writes down when sessions begin and end, in few transactions and without losing anything."""

import asyncio
from collections import deque
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Final

import structlog

from ringback.identities.activity import store
from ringback.identities.activity.model import Activity, ActivityType, Note, OpenSession
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.storage import Database

log = structlog.get_logger()

UNWRITTEN_LIMIT: Final = 10_000
"""Beginnings and ends that may wait for the database, at some 300 bytes each. Then no further session begins."""

BATCH: Final = 500
"""Rows of one transaction. More saves transactions; fewer hold up less of what other writers want."""

BREATHER: Final = 0.1
"""Seconds before trying again what the database had no time for. Shorter would add to the load that caused it."""

FORGET_SECONDS: Final = 3600.0
"""Between two deletions of what is too old: nobody notices an hour, of days."""


class ActivityJournal:
    """Takes note at once, and writes soon after, in order.

    Nothing is dropped: what the database has no time for waits. When too much waits, `has_room` says no, and no new
    session begins; those that are there can always end.
    """

    def __init__(self, database: Database, clock: Clock, retention: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._retention = retention
        self._unwritten: deque[Note] = deque()
        self._news = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def has_room(self) -> bool:
        """Whether a further session may begin."""
        return len(self._unwritten) < UNWRITTEN_LIMIT

    def connected(self, session: OpenSession) -> None:
        """A session is ready. Once this is written, it outlives the platform's process."""
        self._note(Note(self._activity(session, ActivityType.CONNECTED), session))

    def renewed(self, session: OpenSession) -> None:
        """A session stands on another token."""
        self._note(Note(None, session))

    def disconnected(self, session: OpenSession) -> None:
        """A session is gone for good."""
        self._note(Note(self._activity(session, ActivityType.DISCONNECTED), None))

    async def run(self) -> None:
        """Write what there is, for ever."""
        while True:
            await self._news.wait()
            try:
                await self.write()
            except Unavailable:
                log.warning("user activity waits for the database", rows=len(self._unwritten))
                await asyncio.sleep(BREATHER)

    async def write(self) -> None:
        """Returns when everything that was noted is stored. Raises `Unavailable`, and then the rest still waits.

        When the caller is cancelled, what is on its way is still written, and written once.
        """
        writing = asyncio.create_task(self._write())
        self._under_way.add(writing)
        writing.add_done_callback(self._under_way.discard)
        await asyncio.shield(writing)

    async def run_forgetting(self) -> None:
        """Delete what is too old, for ever."""
        while True:
            try:
                await self.forget()
            except Unavailable:
                log.warning("old user activity waits to be deleted")
            await asyncio.sleep(FORGET_SECONDS)

    async def forget(self) -> None:
        """Delete what is too old."""
        before = self._clock.now() - self._retention
        deleted = BATCH
        while deleted == BATCH:
            deleted = await self._database.write(lambda connection: store.forget(connection, before, BATCH))

    async def _write(self) -> None:
        async with self._one_at_a_time:
            self._news.clear()
            while batch := list(islice(self._unwritten, BATCH)):
                try:
                    await self._database.write(partial(store.add, notes=batch))
                except Unavailable:
                    self._news.set()
                    raise
                except Exception:
                    # A bug; to try again for ever would keep everybody out.
                    log.exception("user activity lost", rows=len(batch))
                for _ in batch:
                    self._unwritten.popleft()

    def _activity(self, session: OpenSession, type: ActivityType) -> Activity:
        return Activity(session.claims.account_id, session.claims.identity, session.id, type, self._clock.now())

    def _note(self, note: Note) -> None:
        self._unwritten.append(note)
        self._news.set()
