"""User activity in the database, and the sessions that have begun and not ended."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Row, String, Table, bindparam, delete, insert, select, update

from ringback.identities.activity.model import Activity, ActivityFilter, ActivityType, Note, OpenSession
from ringback.identities.model import RecordingPolicy, TokenClaims
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
    Column("key_hash", String(64), nullable=False),
    Column("display_name", String(50)),
    Column("recording", String(16)),
    Column("token_id", String(64), nullable=False),
    Column("issued_by", String(64)),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)


def add(connection: Connection, notes: Sequence[Note]) -> None:
    """Store what has happened, in this order."""
    told = [note.activity for note in notes if note.activity]
    if told:
        connection.execute(insert(user_activity), [asdict(activity) for activity in told])
    begun = [_row(note.session) for note in notes if note.session and note.activity]
    if begun:
        connection.execute(insert(open_sessions), begun)
    renewed = [_row(note.session) for note in notes if note.session and not note.activity]
    if renewed:
        connection.execute(
            update(open_sessions).where(open_sessions.c.session_id == bindparam("renewed")),
            [row | {"renewed": row["session_id"]} for row in renewed],
        )
    ended = [activity.session_id for activity in told if activity.type is ActivityType.DISCONNECTED]
    if ended:
        connection.execute(delete(open_sessions).where(open_sessions.c.session_id.in_(ended)))


def still_open(connection: Connection) -> list[OpenSession]:
    """The sessions that have not ended, of all accounts: those that this node has kept when it starts again."""
    return [_session(row) for row in connection.execute(select(open_sessions))]


def _row(session: OpenSession) -> dict[str, Any]:
    return {"session_id": session.id, "key_hash": session.key_hash, **asdict(session.claims)}


def _session(row: Row[Any]) -> OpenSession:
    claims = TokenClaims(
        account_id=row.account_id,
        identity=row.identity,
        display_name=row.display_name,
        recording=None if row.recording is None else RecordingPolicy(row.recording),
        token_id=row.token_id,
        issued_by=row.issued_by,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
    )
    return OpenSession(row.session_id, row.key_hash, claims)


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
