"""Finding calls that have ended. What is looked for stands in indexes; only the states of one page are read."""

from sqlalchemy import Connection, select

from ringback.calls.dialogs.model import Dialog
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.history.model import CallFilter
from ringback.calls.model import Call
from ringback.calls.store import CALLS
from ringback.storage.aggregates import load, load_each
from ringback.storage.pages import page_of


def page(
    connection: Connection, account_id: str, wanted: CallFilter, offset: int, limit: int
) -> tuple[list[Call], int]:
    """Some of the calls that are wanted, the newest first, and how many there are in all."""
    calls = CALLS.table.c
    conditions = [calls.account_id == account_id, calls.ended_at.is_not(None)]
    if wanted.identity is not None:
        conditions.append(calls.identity == wanted.identity)
    if wanted.direction is not None:
        conditions.append(calls.direction == wanted.direction)
    if wanted.started_after is not None:
        conditions.append(calls.started_at >= wanted.started_after)
    if wanted.started_before is not None:
        conditions.append(calls.started_at < wanted.started_before)
    newest = select(calls.id).where(*conditions).order_by(calls.started_at.desc(), calls.id.desc())
    rows, total = page_of(connection, newest, offset, limit)
    found = load_each(connection, CALLS, account_id, [row.id for row in rows])
    return [found[row.id] for row in rows], total


def find(connection: Connection, account_id: str, call_id: str) -> Call | None:
    """A call that has ended; None if there is no such call, or not yet."""
    found = load(connection, CALLS, account_id, call_id)
    return found[0] if found and found[0].state.is_terminal else None


def dialogs_of(connection: Connection, account_id: str, calls: list[Call]) -> dict[str, Dialog]:
    """By id, the dialogs that these calls belonged to."""
    return load_each(
        connection, DIALOGS, account_id, {call.owner.id for call in calls if call.owner.kind == DIALOGS.name}
    )
