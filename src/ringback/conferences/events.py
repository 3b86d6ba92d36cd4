"""What can happen to a conference, and what a conference says has happened to it. Both unions are closed."""

from typing import TypeAlias

from msgspec import Struct

from ringback.calls.events import CallEvent, OwnerInput, SlotsChanged
from ringback.calls.model import Endpoint, Participant
from ringback.conferences.model import Conference


class Join(Struct, frozen=True, tag=True, kw_only=True):
    """An SDK session wants to be in. The first one begins the conference."""

    echo: bool = False
    """A conference that sends everybody back to himself: a line test."""
    places: int
    """How many participants it may have."""

    conference: str
    account_id: str
    name: str
    worker: int
    """Where the room is to be, should this be the first one."""
    call: str
    session: str
    endpoint: Endpoint
    microphone: bool
    camera: bool
    custom_data: dict[str, str]


ConferenceInput: TypeAlias = Join | CallEvent | OwnerInput


class ConferenceCreated(Struct, frozen=True, tag=True):
    """The conference exists."""

    conference: Conference


class ParticipantJoining(Struct, frozen=True, tag=True):
    """Somebody comes in; media is not connected yet."""

    conference: Conference
    participant: Participant


class ParticipantJoined(Struct, frozen=True, tag=True):
    """Somebody's media is connected."""

    conference: Conference
    participant: Participant


class ParticipantUpdated(Struct, frozen=True, tag=True):
    """Somebody muted, unmuted, or switched the camera."""

    conference: Conference
    participant: Participant


class PresenterReplaced(Struct, frozen=True, tag=True):
    """Somebody's screen share was ended, because somebody else has begun one."""

    conference: Conference
    participant: Participant


class ParticipantLeft(Struct, frozen=True, tag=True):
    """Somebody is gone."""

    conference: Conference
    participant: Participant


class ConferenceEnded(Struct, frozen=True, tag=True):
    """The last participant is gone. The last event of the conference."""

    conference: Conference


ConferenceEvent: TypeAlias = (
    ConferenceCreated
    | ParticipantJoining
    | ParticipantJoined
    | ParticipantUpdated
    | PresenterReplaced
    | ParticipantLeft
    | SlotsChanged
    | ConferenceEnded
)
