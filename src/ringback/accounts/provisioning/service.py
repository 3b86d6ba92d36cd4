"""Creates, changes and deletes applications, entities and resource associations."""

from collections.abc import Mapping
from typing import Final

from ringback.accounts.provisioning import store
from ringback.accounts.provisioning.model import (
    DEFAULT_APPLICATION,
    ID_RULE,
    Application,
    Association,
    AssociationFilter,
    Entity,
    is_id,
)
from ringback.accounts.provisioning.store import Group
from ringback.kernel.errors import AlreadyExists, InvalidRequest, NotFound
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.web import Paging, Principal

_WORD: Final[Mapping[type[Application] | type[Entity], str]] = {Application: "application", Entity: "entity"}


class Provisioning:
    """The service of this noun."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    async def page(self, account_id: str, kind: type[Group], asked: Paging) -> tuple[list[Group], int]:
        """Some applications or entities in the order of their ids, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, kind, asked.page * asked.size, asked.size)
        )

    async def get(self, account_id: str, kind: type[Group], id: str) -> Group:
        """Raises `NotFound`."""
        found = await self._database.read(lambda connection: store.find(connection, account_id, kind, id))
        if found is None:
            raise NotFound
        return found

    async def create(self, by: Principal, group: Application | Entity) -> None:
        """Raises `InvalidRequest` for an id that cannot be one, and `AlreadyExists`."""
        word = _WORD[type(group)]
        _require_id(group.id, f"{word}Id")

        def work(connection: Connection) -> None:
            if not store.add(connection, by.account_id, group):
                raise AlreadyExists(field=f"{word}Id")
            self._note(connection, by, f"{word}.create", group.id)

        await self._database.write(work)

    async def rename(self, by: Principal, group: Application | Entity) -> None:
        """Give the application or entity with this id the name that `group` has. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            if not store.rename(connection, by.account_id, group):
                raise NotFound
            self._note(connection, by, f"{_WORD[type(group)]}.rename", group.id)

        await self._database.write(work)

    async def delete(self, by: Principal, kind: type[Application] | type[Entity], id: str) -> None:
        """What is associated with it goes back to the default application, with no entity.

        Raises `NotFound`, and `InvalidRequest` for the default application.
        """
        if kind is Application and id == DEFAULT_APPLICATION.id:
            raise InvalidRequest("The default application cannot be deleted.", field="applicationId")

        def work(connection: Connection) -> None:
            if not store.remove(connection, by.account_id, kind, id):
                raise NotFound
            self._note(connection, by, f"{_WORD[kind]}.delete", id)

        await self._database.write(work)

    async def association_page(
        self, account_id: str, wanted: AssociationFilter, asked: Paging
    ) -> tuple[list[Association], int]:
        """Some associations in the order of their resources, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.association_page(
                connection, account_id, wanted, asked.page * asked.size, asked.size
            )
        )

    async def require(self, account_id: str, association: Association) -> None:
        """Raises `NotFound` unless there is exactly this association."""
        found = await self._database.read(
            lambda connection: store.find_association(connection, account_id, association.resource)
        )
        if found != association:
            raise NotFound

    async def associate(self, by: Principal, association: Association) -> None:
        """Raises `InvalidRequest` for an id that cannot be one, `NotFound` for an application or entity that does not
        exist, and `AlreadyExists` when the resource has an association, unless that is only the default.
        """
        _require_id(association.resource.id, "resourceId")

        def work(connection: Connection) -> None:
            before = store.find_association(connection, by.account_id, association.resource)
            if before is not None and (before == association or not before.is_default):
                raise AlreadyExists("This resource has an association already.", field="resourceId")
            store.associate(connection, by.account_id, association)
            self._note(connection, by, "resource-association.create", association.resource.id, _details(association))

        await self._database.write(work)

    async def dissociate(self, by: Principal, association: Association) -> None:
        """Raises `NotFound` unless there is exactly this association."""

        def work(connection: Connection) -> None:
            if store.find_association(connection, by.account_id, association.resource) != association:
                raise NotFound
            store.dissociate(connection, by.account_id, association.resource)
            self._note(connection, by, "resource-association.delete", association.resource.id, _details(association))

        await self._database.write(work)

    def _note(
        self, connection: Connection, by: Principal, action: str, id: str, details: Mapping[str, str] | None = None
    ) -> None:
        self._audit.append(
            connection, account_id=by.account_id, actor=by.credential_id, action=action, subject=id, details=details
        )


def _require_id(id: str, field: str) -> None:
    if not is_id(id):
        raise InvalidRequest(ID_RULE, field=field)


def _details(association: Association) -> dict[str, str]:
    details = {
        "resourceType": association.resource.type.value,
        "channel": association.resource.channel.value,
        "applicationId": association.application_id,
    }
    return details if association.entity_id is None else {**details, "entityId": association.entity_id}
