"""Link configurations in the database. What they name by id has a column, so that the schema keeps it true."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    select,
    update,
)

from ringback.links.configurations.model import NAME_LENGTH, Configuration, Content, Images
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

link_configurations = Table(
    "link_configurations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("subdomain_id", ForeignKey("subdomains.id", ondelete="SET NULL"), index=True),
    Column("logo_image_id", ForeignKey("link_images.id", ondelete="SET NULL"), index=True),
    Column("background_image_id", ForeignKey("link_images.id", ondelete="SET NULL"), index=True),
    Column("content", LargeBinary, nullable=False),
    Column("webhook_secret", LargeBinary),
    Index("ix_link_configurations_account_id", "account_id", "created_at"),
)


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[Configuration], int]:
    """Some configurations of the account, the newest first, and how many there are in all."""
    table = link_configurations
    newest = select(table).where(_mine(account_id)).order_by(table.c.created_at.desc(), table.c.id.desc())
    rows, total = page_of(connection, newest, offset, limit)
    return [_configuration(row) for row in rows], total


def find(connection: Connection, account_id: str, id: str) -> Configuration | None:
    mine = _mine(account_id) & (link_configurations.c.id == id)
    row = connection.execute(select(link_configurations).where(mine)).one_or_none()
    return None if row is None else _configuration(row)


def find_default(connection: Connection, account_id: str) -> Configuration | None:
    """The one that links without a configuration have."""
    mine = _mine(account_id) & link_configurations.c.is_default
    row = connection.execute(select(link_configurations).where(mine)).one_or_none()
    return None if row is None else _configuration(row)


def add(
    connection: Connection, account_id: str, configuration: Configuration, secret: bytes | None, at: datetime
) -> None:
    """`secret` is the webhook's, encrypted."""
    values = {**_values(configuration), "account_id": account_id, "created_at": at, "webhook_secret": secret}
    connection.execute(link_configurations.insert().values(**values))


def change(connection: Connection, account_id: str, configuration: Configuration) -> None:
    """Store it as it is now; the secret stays."""
    mine = _mine(account_id) & (link_configurations.c.id == configuration.id)
    connection.execute(update(link_configurations).where(mine).values(**_values(configuration)))


def set_secret(connection: Connection, account_id: str, id: str, secret: bytes | None) -> None:
    """Store the encrypted secret of the webhook, or forget it."""
    mine = _mine(account_id) & (link_configurations.c.id == id)
    connection.execute(update(link_configurations).where(mine).values(webhook_secret=secret))


def unset_default(connection: Connection, account_id: str) -> None:
    connection.execute(update(link_configurations).where(_mine(account_id)).values(is_default=False))


def remove(connection: Connection, account_id: str, id: str) -> None:
    connection.execute(delete(link_configurations).where(_mine(account_id) & (link_configurations.c.id == id)))


def _mine(account_id: str) -> ColumnElement[bool]:
    return link_configurations.c.account_id == account_id


def _values(configuration: Configuration) -> Mapping[str, Any]:
    content = configuration.content
    images = content.theme.images
    without_images = replace(content, theme=replace(content.theme, images=Images()))
    return {
        "id": configuration.id,
        "name": configuration.name,
        "is_default": bool(configuration.is_default),
        "subdomain_id": configuration.subdomain_id,
        "logo_image_id": images.logo_image_id,
        "background_image_id": images.background_image_id,
        "content": msgspec.json.encode(without_images),
    }


def _configuration(row: Row[Any]) -> Configuration:
    content = msgspec.json.decode(row.content, type=Content)
    images = Images(row.logo_image_id, row.background_image_id)
    return Configuration(
        id=row.id,
        name=row.name,
        is_default=row.is_default,
        subdomain_id=row.subdomain_id,
        content=replace(content, theme=replace(content.theme, images=images)),
    )
