"""Applications, entities and resource associations in the database."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Row,
    String,
    Table,
    delete,
    exists,
    select,
    update,
)

from ringback.accounts.provisioning.model import (
    DEFAULT_APPLICATION,
    ID_LENGTH,
    NAME_LENGTH,
    Application,
    Association,
    AssociationFilter,
    Channel,
    Entity,
    Resource,
    ResourceType,
)
from ringback.kernel.errors import NotFound
from ringback.storage import metadata
from ringback.storage.pages import page_of

Group = TypeVar("Group", Application, Entity)

applications = Table(
    "applications",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("name", String(NAME_LENGTH)),
)

entities = Table(
    "entities",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("name", String(NAME_LENGTH)),
)

associations = Table(
    "associations",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("resource_type", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("resource_id", String(ID_LENGTH), primary_key=True),
    Column("application_id", String(ID_LENGTH), nullable=False),
    Column("entity_id", String(ID_LENGTH)),
    ForeignKeyConstraint(["account_id", "application_id"], ["applications.account_id", "applications.id"]),
    ForeignKeyConstraint(["account_id", "entity_id"], ["entities.account_id", "entities.id"]),
    Index("ix_associations_application_id", "account_id", "application_id"),
    Index("ix_associations_entity_id", "account_id", "entity_id"),
)

_TABLES: Final[Mapping[type[Application] | type[Entity], Table]] = {Application: applications, Entity: entities}


def add_default_application(connection: Connection, account_id: str) -> None:
    """For a new account."""
    add(connection, account_id, DEFAULT_APPLICATION)


def page(
    connection: Connection, account_id: str, kind: type[Group], offset: int, limit: int
) -> tuple[list[Group], int]:
    """Some applications or entities in the order of their ids, and how many there are in all."""
    table = _TABLES[kind]
    query = select(table.c.id, table.c.name).where(table.c.account_id == account_id)
    rows, total = page_of(connection, query.order_by(table.c.id), offset, limit)
    return [kind(row.id, row.name) for row in rows], total


def find(connection: Connection, account_id: str, kind: type[Group], id: str) -> Group | None:
    """The application or entity with this id."""
    table = _TABLES[kind]
    query = select(table.c.id, table.c.name).where(table.c.account_id == account_id, table.c.id == id)
    row = connection.execute(query).one_or_none()
    return None if row is None else kind(row.id, row.name)


def add(connection: Connection, account_id: str, group: Application | Entity) -> bool:
    """Store a new application or entity; False when the id is taken."""
    table = _TABLES[type(group)]
    if _is_there(connection, table, account_id, group.id):
        return False
    connection.execute(table.insert().values(account_id=account_id, **asdict(group)))
    return True


def rename(connection: Connection, account_id: str, group: Application | Entity) -> bool:
    """Give it the name that `group` has; False when there is none with its id."""
    table = _TABLES[type(group)]
    mine = (table.c.account_id == account_id) & (table.c.id == group.id)
    return connection.execute(update(table).where(mine).values(name=group.name)).rowcount == 1


def remove(connection: Connection, account_id: str, kind: type[Application] | type[Entity], id: str) -> bool:
    """Delete an application or entity; what was associated with it goes back to the default application, with no
    entity. False when there is none with this id.
    """
    table = _TABLES[kind]
    column = associations.c.application_id if kind is Application else associations.c.entity_id
    linked = (associations.c.account_id == account_id) & (column == id)
    connection.execute(update(associations).where(linked).values(application_id=DEFAULT_APPLICATION.id, entity_id=None))
    return connection.execute(delete(table).where(table.c.account_id == account_id, table.c.id == id)).rowcount == 1


def association_page(
    connection: Connection, account_id: str, wanted: AssociationFilter, offset: int, limit: int
) -> tuple[list[Association], int]:
    """Some associations in the order of their resources, and how many there are in all."""
    conditions = [associations.c[name] == value for name, value in asdict(wanted).items() if value is not None]
    query = select(associations).where(associations.c.account_id == account_id, *conditions)
    order = (associations.c.resource_type, associations.c.channel, associations.c.resource_id)
    rows, total = page_of(connection, query.order_by(*order), offset, limit)
    return [_association(row) for row in rows], total


def find_association(connection: Connection, account_id: str, resource: Resource) -> Association | None:
    """The association that the resource has."""
    row = connection.execute(select(associations).where(_of(account_id, resource))).one_or_none()
    return None if row is None else _association(row)


def associate(connection: Connection, account_id: str, association: Association) -> None:
    """Store an association, in the place of the one that the resource has.

    Raises `NotFound`, naming the field, when the application or the entity does not exist.
    """
    if not _is_there(connection, applications, account_id, association.application_id):
        raise NotFound("There is no application with this id.", field="applicationId")
    if association.entity_id is not None and not _is_there(connection, entities, account_id, association.entity_id):
        raise NotFound("There is no entity with this id.", field="entityId")
    dissociate(connection, account_id, association.resource)
    connection.execute(
        associations.insert().values(
            account_id=account_id,
            resource_type=association.resource.type,
            channel=association.resource.channel,
            resource_id=association.resource.id,
            application_id=association.application_id,
            entity_id=association.entity_id,
        )
    )


def dissociate(connection: Connection, account_id: str, resource: Resource) -> None:
    """Delete the association of the resource, if it has one."""
    connection.execute(delete(associations).where(_of(account_id, resource)))


def applications_of(
    connection: Connection, account_id: str, type: ResourceType, channel: Channel, resource_ids: Collection[str]
) -> dict[str, str]:
    """Resource id to application id, of those that have an association."""
    query = select(associations.c.resource_id, associations.c.application_id).where(
        associations.c.account_id == account_id,
        associations.c.resource_type == type,
        associations.c.channel == channel,
        associations.c.resource_id.in_(resource_ids),
    )
    return {row.resource_id: row.application_id for row in connection.execute(query)}


def _of(account_id: str, resource: Resource) -> ColumnElement[bool]:
    return (
        (associations.c.account_id == account_id)
        & (associations.c.resource_type == resource.type)
        & (associations.c.channel == resource.channel)
        & (associations.c.resource_id == resource.id)
    )


def _association(row: Row[Any]) -> Association:
    resource = Resource(ResourceType(row.resource_type), Channel(row.channel), row.resource_id)
    return Association(resource, row.application_id, row.entity_id)


def _is_there(connection: Connection, table: Table, account_id: str, id: str) -> bool:
    return bool(connection.scalar(select(exists().where(table.c.account_id == account_id, table.c.id == id))))
