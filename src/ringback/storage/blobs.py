"""Blobs: files too large for the database. Each belongs to a row of some noun, which knows its key.

Storage and database cannot change together, so the database always knows which blobs may have no owner: a key is noted
in `blob_deletions` before its blob is written, and the transaction that makes the owning row takes the note away. The
transaction that deletes the row puts it back. What a note is due for is deleted, so no crash leaves a blob for ever.
"""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, TypeAlias, TypeVar

import structlog
from sqlalchemy import Column, Connection, String, Table, delete, insert, select, update

from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.storage.blob_store import BlobStore, StorageFailed
from ringback.storage.database import Database
from ringback.storage.schema import UtcDateTime, metadata

T = TypeVar("T")

StorageUsed: TypeAlias = Callable[[Connection, str], int]
"""Bytes that the files of an account take, whichever nouns own them."""

_log = structlog.get_logger(__name__)

ABANDONED: Final = timedelta(days=1)
"""When a blob that is still being written counts as left by a crash: later than the longest upload ends."""

RETRY: Final = timedelta(hours=1)
"""When a blob that could not be deleted is tried again."""

SWEEP_SECONDS: Final = 60.0
"""How long a deleted file's bytes may stay. Shorter would ask the database more often than there is reason to."""

BATCH: Final = 100
"""Blobs deleted for one transaction."""

_KEY: Final = re.compile(r"[a-z-]+(/[A-Za-z0-9-]+)+")
"""Keys are made by us, of ids: nothing in them can lead out of a folder."""

blob_deletions = Table(
    "blob_deletions",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False, index=True),
)


class Blobs:
    """The blobs of all nouns. Keys are like `captures/<account id>/<file id>`, and are never used again."""

    def __init__(self, store: BlobStore, database: Database, clock: Clock) -> None:
        self._store = store
        self._database = database
        self._clock = clock

    async def put(self, key: str, content: bytes | AsyncIterable[bytes], own: Callable[[Connection], T]) -> T:
        """Store a blob, then make the row that owns it: `own` runs in a transaction. Both are durable on return.

        Raises `Unavailable`, and what `own` raises; then the blob is deleted.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key} cannot be the key of a blob")
        abandoned = self._clock.now() + ABANDONED
        await self._database.write(
            lambda connection: connection.execute(insert(blob_deletions).values(key=key, due_at=abandoned))
        )

        def keep(connection: Connection) -> T:
            note = (blob_deletions.c.key == key) & (blob_deletions.c.due_at > self._clock.now())
            if connection.execute(delete(blob_deletions).where(note)).rowcount != 1:
                raise Unavailable  # it took so long that the blob may be gone
            return own(connection)

        try:
            with _logged():
                await self._store.write(key, content)
            return await self._database.write(keep)
        except Exception:
            await self._database.write(lambda connection: self._postpone(connection, key, timedelta(0)))
            raise

    async def size(self, key: str) -> int:
        """Bytes. Raises `NotFound`."""
        with _logged():
            return await self._store.size(key)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, some at a time. Raises `NotFound` before it gives any."""
        with _logged():
            return await self._store.read(key, start, end)

    def delete(self, connection: Connection, key: str) -> None:
        """Delete a blob soon, if the transaction commits that deletes its row."""
        connection.execute(insert(blob_deletions).values(key=key, due_at=self._clock.now()))

    async def run(self) -> None:
        """Delete what is due, for ever."""
        while True:
            try:
                await self.delete_due()
            except Exception:
                _log.exception("Files that should be deleted are still there.")
            await asyncio.sleep(SWEEP_SECONDS)

    async def delete_due(self) -> None:
        """Delete what is due now."""
        while keys := await self._database.read(self._due):
            deleted = [key for key in keys if await self._deleted(key)]
            await self._database.write(
                lambda connection: connection.execute(delete(blob_deletions).where(blob_deletions.c.key.in_(deleted)))  # noqa: B023 - awaited at once
            )

    def _due(self, connection: Connection) -> list[str]:
        due = blob_deletions.c.due_at <= self._clock.now()
        query = select(blob_deletions.c.key).where(due).order_by(blob_deletions.c.due_at).limit(BATCH)
        return list(connection.execute(query).scalars())

    async def _deleted(self, key: str) -> bool:
        try:
            with _logged():
                await self._store.delete(key)
        except StorageFailed:
            await self._database.write(lambda connection: self._postpone(connection, key, RETRY))
            return False
        return True

    def _postpone(self, connection: Connection, key: str, time: timedelta) -> None:
        due_at = self._clock.now() + time
        connection.execute(update(blob_deletions).where(blob_deletions.c.key == key).values(due_at=due_at))


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except StorageFailed as failed:
        _log.error("The storage for files does not work.", reason=failed.reason)
        raise
