"""Finding the calls that have ended."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BATCH = 1_000
"""Calls in memory at once."""

INDEXES = {
    "ix_calls_ended": ["account_id", "started_at", "id", "direction", "ended_at"],
    "ix_calls_ended_of_identity": ["account_id", "identity", "started_at", "id", "direction", "ended_at"],
}

calls = sa.table(
    "calls",
    *map(sa.column, ("id", "state", "identity", "direction", "started_at", "ended_at")),
)


def upgrade() -> None:
    for column in (
        sa.Column("identity", sa.String(64), nullable=False, server_default=""),
        sa.Column("direction", sa.String(8), nullable=False, server_default=""),
        sa.Column("started_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("ended_at", sa.BigInteger),
    ):
        op.add_column("calls", column)
    for id, state in _calls():
        values = {
            "identity": state["endpoint"]["identity"],
            "direction": state["direction"],
            "started_at": _microseconds(state["created_at"]),
            "ended_at": _microseconds(state["ended_at"]),
        }
        op.get_bind().execute(sa.update(calls).where(calls.c.id == id).values(values))
    ended = sa.text("ended_at IS NOT NULL")
    for name, columns in INDEXES.items():
        op.create_index(name, "calls", columns, sqlite_where=ended, postgresql_where=ended)


def _calls() -> Iterator[tuple[str, Any]]:
    """Id and state of each call."""
    last = ""
    while True:
        some = sa.select(calls.c.id, calls.c.state).where(calls.c.id > last).order_by(calls.c.id).limit(BATCH)
        rows = op.get_bind().execute(some).all()
        if not rows:
            return
        for row in rows:
            yield row.id, json.loads(row.state)
        last = rows[-1].id


def _microseconds(moment: str | None) -> int | None:
    """Since 1970, as moments are stored."""
    if moment is None:
        return None
    return (datetime.fromisoformat(moment) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "calls")
    for column in ("ended_at", "started_at", "direction", "identity"):
        op.drop_column("calls", column)
