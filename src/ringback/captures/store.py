"""Captures in the database; their bytes are blobs."""

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

from ringback.captures.model import Capture
from ringback.quarantine.model import FileFormat
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

captures = Table(
    "captures",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", String(150), nullable=False),
    Column("file_format", String(8), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_captures_account_id", "account_id", "created_at"),
)


def add(connection: Connection, capture: Capture) -> None:
    connection.execute(captures.insert(), asdict(capture))


def find(connection: Connection, account_id: str, id: str) -> Capture | None:
    row = connection.execute(select(captures).where(_mine(account_id), captures.c.id == id)).one_or_none()
    return None if row is None else _capture(row._mapping)


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[Capture], int]:
    """Some captures of the account, newest first, and how many there are in all."""
    newest = select(captures).where(_mine(account_id)).order_by(captures.c.created_at.desc(), captures.c.id)
    rows, total = page_of(connection, newest, offset, limit)
    return [_capture(row._mapping) for row in rows], total


def remove(connection: Connection, account_id: str, id: str) -> None:
    connection.execute(delete(captures).where(_mine(account_id), captures.c.id == id))


def storage_used(connection: Connection, account_id: str) -> int:
    """Bytes that the captures of the account take."""
    return int(connection.scalar(select(func.sum(captures.c.size)).where(_mine(account_id))) or 0)


def _mine(account_id: str) -> ColumnElement[bool]:
    return captures.c.account_id == account_id


def _capture(row: RowMapping) -> Capture:
    return Capture(**{**row, "file_format": FileFormat(row["file_format"])})
