"""Takes, shows and deletes link images."""

from typing import Final

from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound, TooLarge, UnsupportedMedia
from ringback.kernel.ids import Ids
from ringback.kernel.text import is_safe
from ringback.links.images import store
from ringback.links.images.model import LIMITS, NAME_LENGTH, ImageType, LinkImage
from ringback.quarantine.model import format_of
from ringback.quarantine.pictures import Pictures
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.storage.blobs import Blobs, StorageUsed
from ringback.web import Paging, Principal

_FIELD: Final = "file"


class LinkImages:
    """The service of this noun. `storage_limit` is what one account may store, in bytes."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        ids: Ids,
        audit: AuditLog,
        storage_used: StorageUsed,
        storage_limit: int,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._pictures = pictures
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._storage_used = storage_used
        self._storage_limit = storage_limit

    async def page(self, account_id: str, asked: Paging) -> tuple[list[LinkImage], int]:
        """Some images, the newest first, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, asked.page * asked.size, asked.size)
        )

    async def get(self, account_id: str, id: str) -> LinkImage:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _require(connection, account_id, id))

    async def upload(self, by: Principal, type: ImageType, name: str, content: bytes) -> LinkImage:
        """Store a picture; it is made anew. Raises `InvalidRequest` naming the limit, and `Unavailable`."""
        if not (0 < len(name) <= NAME_LENGTH and is_safe(name)):
            raise InvalidRequest(
                f"must have a name of 1 to {NAME_LENGTH} characters, none of them control characters", field=_FIELD
            )
        limits = LIMITS[type]
        if len(content) > limits.bytes:
            raise InvalidRequest(f"must have at most {limits.bytes} bytes", field=_FIELD)
        await self._database.read(lambda connection: self._require_room(connection, by.account_id, 1))
        try:
            picture = await self._pictures.reencode(content, format_of(content), limits.side)
        except (TooLarge, UnsupportedMedia) as refused:  # for which the contract has no other status here
            raise InvalidRequest(refused.message, field=refused.field) from None
        image = LinkImage(
            id=self._ids.new(),
            account_id=by.account_id,
            type=type,
            name=name,
            size=len(picture),
            created_at=self._clock.now(),
        )

        def own(connection: Connection) -> None:
            self._require_room(connection, by.account_id, image.size)
            store.add(connection, image)
            self._note(connection, by, "create", image)

        await self._blobs.put(image.key, picture, own)
        return image

    async def delete(self, by: Principal, id: str) -> LinkImage:
        """The image that was deleted; configurations that show it show the usual one. Raises `NotFound`."""

        def work(connection: Connection) -> LinkImage:
            image = _require(connection, by.account_id, id)
            store.remove(connection, by.account_id, id)
            self._blobs.delete(connection, image.key)
            self._note(connection, by, "delete", image)
            return image

        return await self._database.write(work)

    def _require_room(self, connection: Connection, account_id: str, size: int) -> None:
        if self._storage_used(connection, account_id) + size > self._storage_limit:
            raise InvalidRequest("The account's storage for files is full: delete some.")

    def _note(self, connection: Connection, by: Principal, what: str, image: LinkImage) -> None:
        self._audit.append(
            connection,
            account_id=by.account_id,
            actor=by.credential_id,
            action=f"link-image.{what}",
            subject=image.id,
            details={"type": image.type},
        )


def _require(connection: Connection, account_id: str, id: str) -> LinkImage:
    image = store.find(connection, account_id, id)
    if image is None:
        raise NotFound
    return image
