"""A dialog, as a value."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ringback.calls.home import Home
from ringback.calls.model import EndReason, Participant
from ringback.media.room import RoomPlan


class DialogState(StrEnum):
    """The life of a dialog."""

    CREATED = "CREATED"
    PRE_ESTABLISHED = "PRE_ESTABLISHED"
    """Early media of the child reaches the parent."""
    ESTABLISHED = "ESTABLISHED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class Dialog(Struct, frozen=True, kw_only=True):
    """Two calls and the room of two that carries their media. Its transitions stand in `machine.py`."""

    id: str
    account_id: str
    state: DialogState
    parent: Participant
    child: Participant
    home: Home
    room: RoomPlan
    created_at: datetime
    established_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    def side(self, call_id: str) -> Participant:
        """The participant of this call."""
        return self.parent if call_id == self.parent.id else self.child

    def other(self, call_id: str) -> Participant:
        """The one at the far side of this call."""
        return self.child if call_id == self.parent.id else self.parent
