"""Where calls are kept."""

from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, String, func, select, text

from ringback.calls.machine import step
from ringback.calls.model import Call, CallState, Place, identity_of
from ringback.kernel.figures import Figure
from ringback.kernel.steps import Ref
from ringback.storage import UtcDateTime
from ringback.storage.aggregates import Kind, aggregate_table

_ENDED: Final = text("ended_at IS NOT NULL")

table = aggregate_table(
    "calls",
    Column("owner", String(64), nullable=False),
    Column("worker", Integer, nullable=False),
    Column("call_state", String(16), nullable=False, index=True),
    Column("identity", String(64), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    # The history is found and counted in these, without a look at the rows (for which SQLite wants to see `ended_at`
    # there, though it is in the condition); calls that go on cost them nothing.
    Index(
        "ix_calls_ended",
        *("account_id", "started_at", "id", "direction", "ended_at"),
        sqlite_where=_ENDED,
        postgresql_where=_ENDED,
    ),
    Index(
        "ix_calls_ended_of_identity",
        *("account_id", "identity", "started_at", "id", "direction", "ended_at"),
        sqlite_where=_ENDED,
        postgresql_where=_ENDED,
    ),
)

CALLS: Final[Kind[Call]] = Kind(
    name="call",
    table=table,
    state_type=Call,
    step=step,
    columns=lambda call: {
        "owner": str(call.owner),
        "worker": call.place.worker,
        "call_state": call.state,
        "identity": identity_of(call.endpoint),
        "direction": call.direction,
        "started_at": call.created_at,
        "ended_at": call.ended_at,
    },
    owner=lambda call: call.owner,
    deadline=lambda call: min(filter(None, (call.ring_deadline, call.transport.deadline)), default=None),
)

_LIVE: Final = [state for state in CallState if not state.is_terminal]


class Located(NamedTuple):
    """Which account and tree something belongs to."""

    account_id: str
    owner: Ref


class LiveOwner(NamedTuple):
    """A dialog or conference that goes on, and where its room is."""

    account_id: str
    owner: Ref
    place: Place


def locate(connection: Connection, call_id: str) -> Located | None:
    """Whose a call is. For facts of the media workers, which know no accounts; never for a client's request."""
    row = connection.execute(select(table.c.account_id, table.c.owner).where(table.c.id == call_id)).one_or_none()
    return Located(row.account_id, _ref(row.owner)) if row else None


class _Placed(Struct):
    """What is read of a call to know where its room is."""

    place: Place


def live_owners(connection: Connection, worker: int) -> list[LiveOwner]:
    """The dialogs and conferences that have live calls, and their room on this worker."""
    return _live_owners(connection, table.c.worker == worker)


def stranded_owners(connection: Connection, workers: int) -> list[LiveOwner]:
    """Those whose room was on a worker that is none of these many."""
    return _live_owners(connection, table.c.worker >= workers)


def _live_owners(connection: Connection, where: ColumnElement[bool]) -> list[LiveOwner]:
    # One call is enough to ask: all of an owner's have its place.
    asked = select(func.min(table.c.id)).where(table.c.call_state.in_(_LIVE), where).group_by(table.c.owner)
    query = select(table.c.account_id, table.c.owner, table.c.state).where(table.c.id.in_(asked))
    return [
        LiveOwner(row.account_id, _ref(row.owner), msgspec.json.decode(row.state, type=_Placed).place)
        for row in connection.execute(query)
    ]


def live_calls(connection: Connection) -> list[Call]:
    """All calls that go on, the oldest first: for a node that starts again."""
    query = select(table.c.state).where(table.c.call_state.in_(_LIVE)).order_by(table.c.started_at, table.c.id)
    return [msgspec.json.decode(state, type=Call) for state in connection.scalars(query)]


def figures(connection: Connection) -> list[Figure]:
    """How many calls run."""
    state, count = table.c.call_state, func.count().label("running")
    query = select(state, count).where(state.in_(_LIVE)).group_by(state)
    running = {row.call_state: row.running for row in connection.execute(query)}
    return [
        Figure("ringback_calls", "Calls that have not ended.", running.get(state, 0), {"state": state})
        for state in _LIVE
    ]


def _ref(text: str) -> Ref:
    kind, _, id = text.partition(":")
    return Ref(kind, id)
