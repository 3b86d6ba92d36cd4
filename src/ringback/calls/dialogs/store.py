"""Where dialogs are kept."""

from typing import Final

from sqlalchemy import Column, String

from ringback.calls.dialogs.machine import step
from ringback.calls.dialogs.model import Dialog
from ringback.storage.aggregates import Kind, aggregate_table

table = aggregate_table("dialogs", Column("dialog_state", String(16), nullable=False))

DIALOGS: Final[Kind[Dialog]] = Kind(
    name="dialog",
    table=table,
    state_type=Dialog,
    step=step,
    columns=lambda dialog: {"dialog_state": dialog.state},
)
