"""Push configurations in the database. Their credentials are encrypted before they come here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
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

from ringback.push.model import NAME_LENGTH, PushConfiguration
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

push_configurations = Table(
    "push_configurations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", String(NAME_LENGTH)),
    Column("ios", LargeBinary),
    Column("android", LargeBinary),
    Index("ix_push_configurations_account_id", "account_id", "created_at"),
)

Values = Mapping[str, str | bytes | None]
"""By column: `name`, and encrypted `ios` and `android`."""

_TOLD: Final = (
    push_configurations.c.id,
    push_configurations.c.name,
    push_configurations.c.ios.is_not(None).label("has_ios"),
    push_configurations.c.android.is_not(None).label("has_android"),
)


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[PushConfiguration], int]:
    """Some configurations, the newest first, and how many there are in all."""
    mine = push_configurations.c.account_id == account_id
    order = (push_configurations.c.created_at.desc(), push_configurations.c.id.desc())
    rows, total = page_of(connection, select(*_TOLD).where(mine).order_by(*order), offset, limit)
    return [_configuration(row) for row in rows], total


def find(connection: Connection, account_id: str, id: str) -> PushConfiguration | None:
    row = connection.execute(select(*_TOLD).where(_of(account_id, id))).one_or_none()
    return None if row is None else _configuration(row)


def add(connection: Connection, account_id: str, id: str, created_at: datetime, values: Values) -> None:
    connection.execute(
        push_configurations.insert().values(id=id, account_id=account_id, created_at=created_at, **values)
    )


def change(connection: Connection, account_id: str, id: str, values: Values) -> None:
    """Store these values, of which there is at least one."""
    connection.execute(update(push_configurations).where(_of(account_id, id)).values(**values))


def remove(connection: Connection, account_id: str, id: str) -> bool:
    """False when there is none with this id."""
    return connection.execute(delete(push_configurations).where(_of(account_id, id))).rowcount == 1


def _of(account_id: str, id: str) -> ColumnElement[bool]:
    return (push_configurations.c.account_id == account_id) & (push_configurations.c.id == id)


def _configuration(row: Row[Any]) -> PushConfiguration:
    return PushConfiguration(id=row.id, name=row.name, has_ios=row.has_ios, has_android=row.has_android)
