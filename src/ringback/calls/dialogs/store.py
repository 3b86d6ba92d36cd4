"""Where dialogs are kept."""

from typing import Final

from sqlalchemy import Column, Connection, Index, String, exists, select

from ringback.calls.dialogs.machine import step
from ringback.calls.dialogs.model import Dialog, DialogState
from ringback.calls.model import identity_of
from ringback.storage.aggregates import Kind, aggregate_table

table = aggregate_table(
    "dialogs",
    Column("dialog_state", String(16), nullable=False),
    Column("caller", String(64), nullable=False),
    Column("callee", String(64), nullable=False),
    Index("ix_dialogs_sides", "account_id", "caller", "callee", "dialog_state"),
)

_UNANSWERED: Final = (DialogState.CREATED, DialogState.PRE_ESTABLISHED)

DIALOGS: Final[Kind[Dialog]] = Kind(
    name="dialog",
    table=table,
    state_type=Dialog,
    step=step,
    columns=lambda dialog: {
        "dialog_state": dialog.state,
        "caller": identity_of(dialog.parent.endpoint),
        "callee": identity_of(dialog.child.endpoint),
    },
)


def is_calling(connection: Connection, account_id: str, caller: str, callee: str) -> bool:
    """Whether one identity is calling another one that has not answered yet."""
    query = select(
        exists().where(
            table.c.account_id == account_id,
            table.c.caller == caller,
            table.c.callee == callee,
            table.c.dialog_state.in_(_UNANSWERED),
        )
    )
    return bool(connection.scalar(query))
