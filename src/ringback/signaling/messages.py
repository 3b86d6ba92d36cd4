"""What the platform says in the signaling protocol, version 1, as types; what clients say stands in `requests.py`. The
document is `protocol/signaling/README.md`.
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ringback.calls.model import Endpoint, Participant, WebrtcEndpoint
from ringback.media.room import SlotMapping

SUBPROTOCOL: Final = "ringback.rtc.v1"


class IceServer(Struct, frozen=True):
    """A TURN server, as `RTCPeerConnection` takes it."""

    urls: tuple[str, ...]
    username: str
    credential: str


class Welcome(Struct, frozen=True, rename="camel"):
    """The result of `hello`."""

    session_id: str
    identity: str
    display_name: str | None
    expires_at: str
    keep_alive_seconds: int
    resume_key: str
    resume_seconds: int
    resumed: bool
    ice_servers: tuple[IceServer, ...]


class CallOpened(Struct, frozen=True, rename="camel"):
    """The result of `call.start` and `room.join`."""

    call_id: str


class Answered(Struct, frozen=True):
    """The result of `media.offer`."""

    sdp: str


class TextSent(Struct, frozen=True, rename="camel"):
    """The result of `text.send`."""

    text_id: str


class Done(Struct, frozen=True):
    """The result of everything else."""


Result: TypeAlias = Welcome | CallOpened | Answered | TextSent | Done


class Reply(Struct, frozen=True, tag="reply", tag_field="type"):
    """A request was carried out."""

    id: int
    result: Result


class Error(Struct, frozen=True, tag="error", tag_field="type"):
    """A message was refused."""

    id: int | None
    code: str
    message: str
    field: str | None


class _Event(Struct, frozen=True, rename="camel", tag_field="type", kw_only=True):
    sequence: int = 0
    """Given by the session that sends it."""
    call_id: str


class SessionRestored(Struct, frozen=True, rename="camel", tag="session.restored", tag_field="type", kw_only=True):
    """The platform has been started again: the calls that the session still has, each told afresh by what follows."""

    sequence: int = 0
    calls: tuple[str, ...]


class CallIncoming(
    _Event,
    frozen=True,
    tag="call.incoming",
    rename={"call_id": "callId", "caller": "from", "custom_data": "customData"},
):
    """Somebody calls this identity."""

    caller: Endpoint
    camera: bool
    custom_data: dict[str, str]


class CallRinging(_Event, frozen=True, tag="call.ringing"):
    """The other side rings."""


class CallEstablished(_Event, frozen=True, tag="call.established"):
    """Answered."""

    participants: tuple[Participant, ...]
    slots: tuple[SlotMapping, ...]
    video_slots: int


class RoomJoined(_Event, frozen=True, tag="room.joined"):
    """This side's media is connected: the room as it is now."""

    name: str
    participants: tuple[Participant, ...]
    slots: tuple[SlotMapping, ...]
    video_slots: int


class ParticipantJoining(_Event, frozen=True, tag="participant.joining"):
    """Somebody enters the room."""

    participant: Participant


class ParticipantJoined(_Event, frozen=True, tag="participant.joined"):
    """Somebody's media is connected."""

    participant: Participant


class ParticipantUpdated(_Event, frozen=True, tag="participant.updated"):
    """Somebody muted, unmuted, or switched the camera."""

    participant: Participant


class ParticipantLeft(_Event, frozen=True, tag="participant.left"):
    """Somebody is gone."""

    participant_id: str


class SlotsChanged(_Event, frozen=True, tag="slots.changed"):
    """The whole new mapping."""

    slots: tuple[SlotMapping, ...]
    video_slots: int


class SpeakersChanged(_Event, frozen=True, tag="speakers.changed"):
    """Who speaks, the loudest first."""

    speakers: tuple[str, ...]


class AbsentChanged(_Event, frozen=True, tag="absent.changed"):
    """These other participants, and nobody else, are not heard at all at the moment."""

    absent: tuple[str, ...]


class SlotsPaused(_Event, frozen=True, tag="slots.paused"):
    """These video slots of the client, and no others, are paused for want of bandwidth."""

    slots: tuple[int, ...]


class LayersWanted(_Event, frozen=True, tag="layers.wanted"):
    """How many layers of the client's own camera and screen somebody needs, from the lowest up."""

    camera: int
    screen: int


class ScreenStopped(_Event, frozen=True, tag="screen.stopped"):
    """The platform has ended this client's screen share."""

    reason: Literal["ACTIVE_PRESENTER_CHANGED"]


class MediaLost(_Event, frozen=True, tag="media.lost"):
    """The worker's side of this client's connection is gone."""


class TextReceived(
    _Event,
    frozen=True,
    tag="text.received",
    rename={"call_id": "callId", "text_id": "textId", "sender": "from"},
):
    """Somebody else in the conversation has sent a text."""

    text_id: str
    text: str
    sender: WebrtcEndpoint
    direct: bool
    date: datetime


class TextDelivered(_Event, frozen=True, tag="text.delivered"):
    """What became of a text of this client."""

    text_id: str
    delivered: bool
    date: datetime


class TextBroadcast(_Event, frozen=True, tag="text.broadcast"):
    """The account's backend says something to the whole conversation."""

    text: str
    date: datetime


class Reason(Struct, frozen=True):
    """Why a call ended: id and name of a public hangup cause."""

    id: int
    name: str
    description: str


class CallEnded(_Event, frozen=True, tag="call.ended"):
    """The last event of a call."""

    reason: Reason


CallEvent: TypeAlias = (
    CallIncoming
    | CallRinging
    | CallEstablished
    | RoomJoined
    | ParticipantJoining
    | ParticipantJoined
    | ParticipantUpdated
    | ParticipantLeft
    | SlotsChanged
    | SpeakersChanged
    | AbsentChanged
    | SlotsPaused
    | LayersWanted
    | ScreenStopped
    | MediaLost
    | TextReceived
    | TextDelivered
    | TextBroadcast
    | CallEnded
)

Event: TypeAlias = SessionRestored | CallEvent

ServerMessage: TypeAlias = Reply | Error | Event
