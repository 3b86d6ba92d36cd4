"""Links in the database. What belongs to a subdomain goes with it; what names a configuration does not."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    select,
)

from ringback.links.model import Link, Terms
from ringback.links.subdomains.store import subdomains
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

links = Table(
    "links",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("configuration_id", ForeignKey("link_configurations.id", ondelete="SET NULL"), index=True),
    Column("subdomain_id", ForeignKey("subdomains.id", ondelete="CASCADE"), index=True),
    Column("terms", LargeBinary, nullable=False),
    Column("password_hash", String(255)),
    Index("ix_links_account_id", "account_id", "created_at"),
)


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[Link], int]:
    """Some links of the account, the newest first, and how many there are in all."""
    newest = _mine(account_id).order_by(links.c.created_at.desc(), links.c.id)
    rows, total = page_of(connection, newest, offset, limit)
    return [_link(row) for row in rows], total


def find(connection: Connection, account_id: str, id: str) -> Link | None:
    row = connection.execute(_mine(account_id).where(links.c.id == id)).one_or_none()
    return None if row is None else _link(row)


def add(
    connection: Connection,
    account_id: str,
    link: Link,
    subdomain_id: str | None,
    password_hash: str | None,
    at: datetime,
) -> None:
    connection.execute(
        links.insert().values(
            id=link.id,
            account_id=account_id,
            created_at=at,
            configuration_id=link.configuration_id,
            subdomain_id=subdomain_id,
            terms=msgspec.json.encode(link.terms),
            password_hash=password_hash,
        )
    )


def remove(connection: Connection, account_id: str, id: str) -> None:
    connection.execute(delete(links).where(links.c.account_id == account_id, links.c.id == id))


def _mine(account_id: str) -> Select[Any]:
    columns = (links.c.id, links.c.terms, links.c.configuration_id, subdomains.c.name.label("subdomain"))
    return select(*columns).select_from(links.outerjoin(subdomains)).where(links.c.account_id == account_id)


def _link(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        terms=msgspec.json.decode(row.terms, type=Terms),
        configuration_id=row.configuration_id,
        subdomain=row.subdomain,
    )
