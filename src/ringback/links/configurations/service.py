"""Creates, changes and deletes link configurations."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.ids import Ids
from ringback.kernel.redaction import Secret
from ringback.links.configurations import store
from ringback.links.configurations.model import Configuration
from ringback.links.images import store as images
from ringback.links.images.model import ImageType
from ringback.links.subdomains import store as subdomains
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.storage.encryption import Encryption
from ringback.web import Paging, Principal

Change = Callable[[Configuration], Configuration]
"""What a configuration becomes."""

_IMAGES: Final = (
    ("logo_image_id", "theme.images.logoImageId", ImageType.LOGO),
    ("background_image_id", "theme.images.backgroundImageId", ImageType.BACKGROUND),
)
"""Where an image is named, and of which type it is there."""


class LinkConfigurations:
    """The service of this noun. `secret` is always that of the webhook."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, audit: AuditLog, encryption: Encryption) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._encryption = encryption

    async def page(self, account_id: str, asked: Paging) -> tuple[list[Configuration], int]:
        """Some configurations, the newest first, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, asked.page * asked.size, asked.size)
        )

    async def get(self, account_id: str, id: str) -> Configuration:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _require(connection, account_id, id))

    async def create(self, by: Principal, fill: Change, secret: Secret | None) -> Configuration:
        """What `fill` makes of the system's defaults. The first one of an account is its default, unless it says not.

        Raises `InvalidRequest` naming the field.
        """
        id, now = self._ids.new(), self._clock.now()
        wanted = fill(Configuration(id=id, name=""))
        sealed = self._sealed(id, secret)

        def work(connection: Connection) -> Configuration:
            _require_references(connection, by.account_id, wanted)
            is_first = store.page(connection, by.account_id, 0, 1)[1] == 0
            created = replace(wanted, is_default=is_first if wanted.is_default is None else wanted.is_default)
            if created.is_default:
                store.unset_default(connection, by.account_id)
            store.add(connection, by.account_id, created, sealed, now)
            self._note(connection, by, "create", id)
            return created

        return await self._database.write(work)

    async def change(self, by: Principal, id: str, change: Change, secret: Secret | None) -> Configuration:
        """A webhook without a new secret keeps the one that it has. Raises `NotFound`, and as `create`."""
        sealed = self._sealed(id, secret)

        def work(connection: Connection) -> Configuration:
            changed = change(_require(connection, by.account_id, id))
            _require_references(connection, by.account_id, changed)
            if changed.is_default:
                store.unset_default(connection, by.account_id)
            store.change(connection, by.account_id, changed)
            if sealed is not None or changed.content.webhook is None or changed.content.webhook.security is None:
                store.set_secret(connection, by.account_id, id, sealed)
            self._note(connection, by, "update", id)
            return changed

        return await self._database.write(work)

    async def delete(self, by: Principal, id: str) -> Configuration:
        """The one that was deleted; its links get the account's default. Raises `NotFound`."""

        def work(connection: Connection) -> Configuration:
            deleted = _require(connection, by.account_id, id)
            store.remove(connection, by.account_id, id)
            self._note(connection, by, "delete", id)
            return deleted

        return await self._database.write(work)

    def _sealed(self, id: str, secret: Secret | None) -> bytes | None:
        if secret is None:
            return None
        return self._encryption.seal(secret.reveal().encode(), f"link_configurations:{id}:webhook_secret")

    def _note(self, connection: Connection, by: Principal, what: str, id: str) -> None:
        self._audit.append(
            connection,
            account_id=by.account_id,
            actor=by.credential_id,
            action=f"link-configuration.{what}",
            subject=id,
        )


def _require_references(connection: Connection, account_id: str, wanted: Configuration) -> None:
    """Raises `InvalidRequest` unless what is named by id is there, in this account."""
    subdomain_id = wanted.subdomain_id
    if subdomain_id is not None and subdomains.name_of(connection, account_id, subdomain_id) is None:
        raise InvalidRequest("There is no subdomain with this id.", field="subdomainId")
    for attribute, field, type in _IMAGES:
        id = getattr(wanted.content.theme.images, attribute)
        image = None if id is None else images.find(connection, account_id, id)
        if id is not None and (image is None or image.type is not type):
            raise InvalidRequest(f"There is no {type} image with this id.", field=field)


def _require(connection: Connection, account_id: str, id: str) -> Configuration:
    configuration = store.find(connection, account_id, id)
    if configuration is None:
        raise NotFound
    return configuration
