"""What can happen to a dialog, and what a dialog says has happened to it. Both unions are closed."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from ringback.calls.dialogs.model import Dialog
from ringback.calls.events import CallEvent, OwnerInput, SlotsChanged
from ringback.calls.model import Endpoint, EndReason, Participant


class StartDialog(Struct, frozen=True, tag=True, kw_only=True):
    """An SDK session calls an endpoint."""

    id: str
    account_id: str
    worker: int
    session: str
    caller: Endpoint
    callee: Endpoint
    parent_call: str
    child_call: str
    microphone: bool
    camera: bool
    custom_data: dict[str, str]
    ring_deadline: datetime


DialogInput: TypeAlias = StartDialog | CallEvent | OwnerInput


class DialogCreated(Struct, frozen=True, tag=True):
    """The dialog exists; the child is being reached."""

    dialog: Dialog


class DialogEstablished(Struct, frozen=True, tag=True):
    """Both sides are answered."""

    dialog: Dialog


class DialogParticipantJoined(Struct, frozen=True, tag=True):
    """A side's media is connected."""

    dialog: Dialog
    participant: Participant


class DialogParticipantUpdated(Struct, frozen=True, tag=True):
    """A side of an established dialog muted, unmuted, or switched its camera."""

    dialog: Dialog
    participant: Participant


class DialogFinished(Struct, frozen=True, tag=True):
    """An established dialog ended; its calls say why. The last event of the dialog."""

    dialog: Dialog
    reason: EndReason


class DialogFailed(Struct, frozen=True, tag=True):
    """The dialog ended before it was established. The last event of the dialog."""

    dialog: Dialog
    reason: EndReason


DialogEvent: TypeAlias = (
    DialogCreated
    | DialogEstablished
    | DialogParticipantJoined
    | DialogParticipantUpdated
    | SlotsChanged
    | DialogFinished
    | DialogFailed
)
