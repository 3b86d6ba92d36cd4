"""Takes, shows and deletes captures."""

from collections.abc import AsyncIterator
from typing import Final

from ringback.captures import store
from ringback.captures.model import Capture, file_name
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Forbidden, NotFound, TooLarge
from ringback.kernel.ids import Ids
from ringback.quarantine.model import FileFormat
from ringback.quarantine.pictures import Pictures
from ringback.storage import Connection, Database
from ringback.storage.blobs import Blobs, StorageUsed
from ringback.web import Paging

NOT_ENABLED: Final = "File storage is not enabled for account."
"""The SDK looks for exactly these words (contract §4)."""


class Captures:
    """The service of this noun. `storage_limit` is what one account may store, in bytes; 0 is nothing."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        ids: Ids,
        storage_used: StorageUsed,
        storage_limit: int,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._pictures = pictures
        self._clock = clock
        self._ids = ids
        self._storage_used = storage_used
        self._storage_limit = storage_limit

    async def upload(self, account_id: str, identity: str, content: bytes, file_format: FileFormat) -> Capture:
        """Store a picture that `identity` took.

        Raises `Forbidden` when accounts have no storage, `TooLarge` when this one's is full, what `Pictures.reencode`
        raises, and `Unavailable`.
        """
        if self._storage_limit == 0:
            raise Forbidden(NOT_ENABLED)
        await self._database.read(lambda connection: self._require_room(connection, account_id, 1))
        picture = await self._pictures.reencode(content, file_format)
        now, id = self._clock.now(), self._ids.new()
        capture = Capture(
            id=id,
            account_id=account_id,
            name=file_name(id, identity, file_format, now),
            file_format=file_format,
            size=len(picture),
            created_at=now,
        )

        def own(connection: Connection) -> None:
            self._require_room(connection, account_id, capture.size)
            store.add(connection, capture)

        await self._blobs.put(capture.key, picture, own)
        return capture

    async def page(self, account_id: str, asked: Paging) -> tuple[list[Capture], int]:
        """Some captures, newest first, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, asked.page * asked.size, asked.size)
        )

    async def get(self, account_id: str, id: str) -> Capture:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _require(connection, account_id, id))

    async def read(self, account_id: str, id: str) -> tuple[Capture, AsyncIterator[bytes]]:
        """A capture and its bytes. Raises `NotFound`, and `Unavailable` before it gives any."""
        capture = await self.get(account_id, id)
        return capture, await self._blobs.read(capture.key)

    async def delete(self, account_id: str, id: str) -> Capture:
        """The capture that was deleted. Raises `NotFound`."""

        def work(connection: Connection) -> Capture:
            capture = _require(connection, account_id, id)
            store.remove(connection, account_id, id)
            self._blobs.delete(connection, capture.key)
            return capture

        return await self._database.write(work)

    def _require_room(self, connection: Connection, account_id: str, size: int) -> None:
        if self._storage_used(connection, account_id) + size > self._storage_limit:
            raise TooLarge("The account's storage for files is full: delete some.")


def _require(connection: Connection, account_id: str, id: str) -> Capture:
    capture = store.find(connection, account_id, id)
    if capture is None:
        raise NotFound
    return capture
