"""Where conferences are kept."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Column, Connection, Index, String, bindparam, func, select, text

from ringback.conferences.machine import step
from ringback.conferences.model import Conference, ConferenceState, echo_name
from ringback.kernel.figures import Figure
from ringback.storage.aggregates import Kind, aggregate_table

_ACTIVE: Final = text(f"conference_state = '{ConferenceState.ACTIVE}'")

table = aggregate_table(
    "conferences",
    Column("name", String(100), nullable=False),
    Column("conference_state", String(16), nullable=False),
    # Two who join an empty room at once must meet, whatever else goes wrong.
    Index("ix_conferences_active", "account_id", "name", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)

# Built once, because building a statement takes longer than running it.
_active = select(table.c.id).where(
    table.c.account_id == bindparam("account_id"),
    table.c.name == bindparam("name"),
    table.c.conference_state == ConferenceState.ACTIVE,
)

CONFERENCES: Final[Kind[Conference]] = Kind(
    name="conference",
    table=table,
    state_type=Conference,
    step=step,
    columns=lambda conference: {"name": conference.name, "conference_state": conference.state},
)


def figures(connection: Connection) -> list[Figure]:
    """How many rooms run."""
    running = connection.scalar(select(func.count()).select_from(table).where(_ACTIVE)) or 0
    return [Figure("ringback_rooms", "Rooms that somebody is in.", running)]


def room_names(connection: Connection, account_id: str, ids: Collection[str]) -> dict[str, str]:
    """By id, what those of these conferences are called that somebody joined by name."""
    found = select(table.c.id, table.c.name).where(table.c.account_id == account_id, table.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(found) if row.name != echo_name(row.id)}


def active_by_name(connection: Connection, account_id: str, name: str) -> str | None:
    """The id of the active conference of this name."""
    return connection.execute(_active, {"account_id": account_id, "name": name}).scalar_one_or_none()
