"""Events wait here, in the transaction that caused them, until every consumer has them (at least once, in order).

What a consumer is owed are rows of their own, so nothing is lost to a transaction that commits late with a lower id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from ringback.kernel.figures import Figure
from ringback.storage.schema import UtcDateTime, metadata

SIGNALING: Final = "signaling"
CONSUMERS: Final = (SIGNALING,)
"""Who is owed every event. A new consumer starts with what happens after it was added."""

BATCH: Final = 200
"""Events read and confirmed together. More saves transactions; fewer are repeated after a crash."""

events = Table(
    "outbox",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("account_id", String(64), nullable=False),
    Column("tree", String(64), nullable=False),
    Column("type", String(64), nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "outbox_deliveries",
    metadata,
    Column("consumer", String(32), primary_key=True),
    Column("position", Integer, ForeignKey(events.c.position, ondelete="CASCADE"), primary_key=True),
)

# What every change needs is built once, because building a statement takes longer than running it.
_named = events.c.name.in_(bindparam("names", expanding=True))
_owe = insert(deliveries).from_select(
    ["consumer", "position"], select(bindparam("consumer", type_=String), events.c.position).where(_named)
)
_undelivered = (
    select(events)
    .join(deliveries, deliveries.c.position == events.c.position)
    .where(deliveries.c.consumer == bindparam("consumer"))
    .order_by(events.c.position)
    .limit(bindparam("limit"))
)
_positions: BindParameter[int] = bindparam("positions", expanding=True)
_confirm = delete(deliveries).where(
    deliveries.c.consumer == bindparam("consumer"), deliveries.c.position.in_(_positions)
)
_forget = delete(events).where(
    events.c.position.in_(_positions), events.c.position.not_in(select(deliveries.c.position))
)


class OutboxEvent(NamedTuple):
    """One event as stored; `name` is `kind:aggregate:version:n` and never used twice."""

    position: int
    name: str
    account_id: str
    tree: str
    type: str
    event: bytes


def append(connection: Connection, *, account_id: str, tree: str, named: Mapping[str, object], now: datetime) -> None:
    """Store events in their order, each by its name, and that every consumer is owed them."""
    rows = [
        {
            "name": name,
            "account_id": account_id,
            "tree": tree,
            "type": type(event).__name__,
            "event": msgspec.json.encode(event),
            "happened_at": now,
        }
        for name, event in named.items()
    ]
    connection.execute(insert(events), rows)
    for consumer in CONSUMERS:
        connection.execute(_owe, {"consumer": consumer, "names": list(named)})


def undelivered(connection: Connection, consumer: str, limit: int) -> list[OutboxEvent]:
    """The oldest events that this consumer has not confirmed."""
    rows = connection.execute(_undelivered, {"consumer": consumer, "limit": limit})
    return [OutboxEvent(row.position, row.name, row.account_id, row.tree, row.type, row.event) for row in rows]


def take_all(connection: Connection, consumer: str) -> list[OutboxEvent]:
    """Everything that this consumer has not confirmed; it is confirmed by this."""
    taken: list[OutboxEvent] = []
    while batch := undelivered(connection, consumer, BATCH):
        confirm(connection, consumer, [event.position for event in batch])
        taken += batch
    return taken


def figures(connection: Connection, now: datetime) -> list[Figure]:
    """What each consumer is owed, and since when."""
    rows = connection.execute(
        select(deliveries.c.consumer, func.count(), func.min(deliveries.c.position)).group_by(deliveries.c.consumer)
    )
    owed = {consumer: (count, first) for consumer, count, first in rows}
    shown = []
    for consumer in CONSUMERS:
        count, first = owed.get(consumer, (0, None))
        since = connection.scalar(select(events.c.happened_at).where(events.c.position == first))
        age = (now - since).total_seconds() if since else 0.0
        label = {"consumer": consumer}
        shown += [
            Figure("ringback_outbox_undelivered", "Events that a consumer has not confirmed.", count, label),
            Figure("ringback_outbox_oldest_seconds", "Age of the oldest of them.", age, label),
        ]
    return shown


def confirm(connection: Connection, consumer: str, positions: Sequence[int]) -> None:
    """This consumer has these events; those that nobody is owed any more are deleted."""
    connection.execute(_confirm, {"consumer": consumer, "positions": positions})
    connection.execute(_forget, {"positions": positions})
