"""Subdomains in the database. With one of them its links go, and configurations lose it."""

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, String, Table, delete, exists, select

from ringback.links.subdomains.model import NAME_LENGTH, Subdomain
from ringback.storage import UtcDateTime, metadata

subdomains = Table(
    "subdomains",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False, unique=True),
)


def all_of(connection: Connection, account_id: str) -> list[Subdomain]:
    """Those of the account, the oldest first."""
    mine = select(subdomains.c.id, subdomains.c.name).where(subdomains.c.account_id == account_id)
    rows = connection.execute(mine.order_by(subdomains.c.created_at, subdomains.c.id))
    return [Subdomain(row.id, row.name) for row in rows]


def name_of(connection: Connection, account_id: str, id: str) -> str | None:
    """None when the account has no subdomain with this id."""
    mine = select(subdomains.c.name).where(subdomains.c.account_id == account_id, subdomains.c.id == id)
    return connection.scalar(mine)


def is_taken(connection: Connection, name: str) -> bool:
    """Whether any account has it."""
    return bool(connection.scalar(select(exists().where(subdomains.c.name == name))))


def add(connection: Connection, account_id: str, subdomain: Subdomain, at: datetime) -> None:
    connection.execute(
        subdomains.insert().values(id=subdomain.id, account_id=account_id, created_at=at, name=subdomain.name)
    )


def remove(connection: Connection, account_id: str, id: str) -> None:
    """And, by what the schema says, its links."""
    connection.execute(delete(subdomains).where(subdomains.c.account_id == account_id, subdomains.c.id == id))
