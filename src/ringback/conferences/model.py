"""A conference, as a value."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ringback.calls.home import Home
from ringback.calls.model import Participant
from ringback.media.room import RoomPlan


class ConferenceState(StrEnum):
    """The life of a conference."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


def echo_name(id: str) -> str:
    """What a test of the line is called, which nobody joins by name."""
    return f"echo {id}"


class Conference(Struct, frozen=True, kw_only=True):
    """Calls and the room that carries their media. Its transitions stand in `machine.py`."""

    id: str
    account_id: str
    name: str
    """What it is joined by; of all active conferences of an account, one has it."""
    state: ConferenceState
    home: Home
    room: RoomPlan
    participants: Mapping[str, Participant] = {}
    """By call id, in the order in which they came."""
    created_at: datetime
    ended_at: datetime | None = None
