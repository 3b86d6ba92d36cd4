"""User activity in the database, and which sessions have begun and not ended."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Integer, String, Table, delete, insert, literal, select

from ringback.identities.activity.model import Activity, ActivityFilter, ActivityType
from ringback.storage import UtcDateTime, metadata
from ringback.storage.pages import page_of

user_activity = Table(
    "user_activity",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("session_id", String(36), nullable=False),
    Column("type", String(16), nullable=False),
    Column("happened_at", UtcDateTime, nullable=False, index=True),
    Index("ix_user_activity_identity", "account_id", "identity", "happened_at"),
)

open_sessions = Table(
    "open_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("identity", String(64), nullable=False),
)


def add(connection: Connection, activities: Sequence[Activity]) -> None:
    """Store what has happened, in this order."""
    connection.execute(insert(user_activity), [asdict(activity) for activity in activities])
    begun = [activity for activity in activities if activity.type is ActivityType.CONNECTED]
    if begun:
        columns = open_sessions.c.keys()
        connection.execute(insert(open_sessions), [{name: getattr(each, name) for name in columns} for each in begun])
    ended = [activity.session_id for activity in activities if activity.type is ActivityType.DISCONNECTED]
    if ended:
        connection.execute(delete(open_sessions).where(open_sessions.c.session_id.in_(ended)))


def end_open_sessions(connection: Connection, now: datetime) -> int:
    """Sessions that have not ended have ended now. Returns how many there were."""
    ends = select(
        open_sessions.c.account_id,
        open_sessions.c.identity,
        open_sessions.c.session_id,
        literal(ActivityType.DISCONNECTED.value),
        literal(now, UtcDateTime),
    )
    columns = ["account_id", "identity", "session_id", "type", "happened_at"]
    connection.execute(insert(user_activity).from_select(columns, ends))
    return connection.execute(delete(open_sessions)).rowcount


def page(
    connection: Connection, account_id: str, wanted: ActivityFilter, offset: int, limit: int
) -> tuple[list[Activity], int]:
    """Some activity of an identity, the newest first, and how much there is in all."""
    table = user_activity.c
    conditions = [table.account_id == account_id, table.identity == wanted.identity]
    if wanted.session_id is not None:
        conditions.append(table.session_id == wanted.session_id)
    if wanted.since is not None:
        conditions.append(table.happened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(table.happened_at <= wanted.until)
    newest = select(user_activity).where(*conditions).order_by(table.happened_at.desc(), table.position.desc())
    rows, total = page_of(connection, newest, offset, limit)
    return [
        Activity(row.account_id, row.identity, row.session_id, ActivityType(row.type), row.happened_at) for row in rows
    ], total


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Delete some of what happened earlier than `before`. Returns how much."""
    some = select(user_activity.c.position).where(user_activity.c.happened_at < before).limit(limit)
    return connection.execute(delete(user_activity).where(user_activity.c.position.in_(some))).rowcount
