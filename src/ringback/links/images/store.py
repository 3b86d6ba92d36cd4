"""Link images in the database; their bytes are blobs. Configurations lose the image that is deleted."""

from dataclasses import asdict

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    delete,
    func,
    select,
)

from ringback.links.images.model import NAME_LENGTH, ImageType, LinkImage
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

link_images = Table(
    "link_images",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("type", String(16), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_link_images_account_id", "account_id", "created_at"),
)


def add(connection: Connection, image: LinkImage) -> None:
    connection.execute(link_images.insert(), asdict(image))


def find(connection: Connection, account_id: str, id: str) -> LinkImage | None:
    row = connection.execute(select(link_images).where(_mine(account_id), link_images.c.id == id)).one_or_none()
    return None if row is None else _image(row._mapping)


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[LinkImage], int]:
    """Some images of the account, newest first, and how many there are in all."""
    newest = select(link_images).where(_mine(account_id)).order_by(link_images.c.created_at.desc(), link_images.c.id)
    rows, total = page_of(connection, newest, offset, limit)
    return [_image(row._mapping) for row in rows], total


def remove(connection: Connection, account_id: str, id: str) -> None:
    connection.execute(delete(link_images).where(_mine(account_id), link_images.c.id == id))


def storage_used(connection: Connection, account_id: str) -> int:
    """Bytes that the images of the account take."""
    return int(connection.scalar(select(func.sum(link_images.c.size)).where(_mine(account_id))) or 0)


def _mine(account_id: str) -> ColumnElement[bool]:
    return link_images.c.account_id == account_id


def _image(row: RowMapping) -> LinkImage:
    return LinkImage(**{**row, "type": ImageType(row["type"])})
