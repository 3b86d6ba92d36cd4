"""The messages of the signaling protocol, version 1, as types. The document is `protocol/signaling/README.md`."""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from ringback.calls.model import Endpoint, Participant, WebrtcEndpoint
from ringback.media.room import VIDEO_SLOTS, SlotMapping, SlotPreference

SUBPROTOCOL: Final = "ringback.rtc.v1"

MessageId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
"""Numbers a client's messages; the largest is JavaScript's largest exact integer."""
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Identity = Annotated[str, Meta(min_length=1, max_length=64)]
RoomName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z")]
Text = Annotated[str, Meta(min_length=1)]
PhoneNumber = Annotated[str, Meta(pattern=r"^\+?[1-9][0-9]{4,14}\Z")]
"""As in E.164, with or without the plus sign."""
ProvisionedId = Annotated[str, Meta(min_length=1, max_length=255)]

MAX_TEXT_BYTES: Final = 8 * 1024
"""Of a text, as UTF-8: many screens of talk. More would let one sender fill what waits for a client that is away."""


class _Request(Struct, frozen=True, rename="camel", tag_field="type", kw_only=True):
    id: MessageId


class Client(Struct, frozen=True):
    """The software that connects."""

    name: Text
    version: Text


class Resume(Struct, frozen=True, rename="camel"):
    """Which session the client had, and the last of its events that it got."""

    session_id: Id
    resume_key: Text
    last_sequence: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Hello(_Request, frozen=True, tag="hello"):
    """Opens a session; the first message of a connection."""

    token: Text
    client: Client
    resume: Resume | UnsetType = UNSET


class Ping(_Request, frozen=True, tag="ping"):
    """Nothing to say; the socket is alive, and the events up to `received` have arrived."""

    received: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class WebrtcDestination(Struct, frozen=True, tag="WEBRTC", tag_field="type"):
    """An identity, on whichever of its devices."""

    identity: Identity


class PhoneDestination(
    Struct, frozen=True, tag="PHONE", tag_field="type", rename={"phone_number": "phoneNumber", "caller": "from"}
):
    """A phone."""

    phone_number: PhoneNumber
    caller: PhoneNumber | UnsetType = UNSET
    """The number that it shows."""


class ApplicationDestination(Struct, frozen=True, tag="APPLICATION", tag_field="type", rename="camel"):
    """A backend, which decides what becomes of the call."""

    calls_configuration_id: ProvisionedId
    application_id: ProvisionedId | UnsetType = UNSET
    entity_id: ProvisionedId | UnsetType = UNSET
    auto_reconnect: bool = False


Destination: TypeAlias = WebrtcDestination | PhoneDestination | ApplicationDestination
"""Who is called."""


class CallStart(_Request, frozen=True, tag="call.start"):
    """Call somebody."""

    destination: Destination
    microphone: bool
    camera: bool
    custom_data: dict[str, str] = {}


class CallAccept(_Request, frozen=True, tag="call.accept"):
    """Answer what rings on this session."""

    call_id: Id
    microphone: bool
    camera: bool


class CallDecline(_Request, frozen=True, tag="call.decline"):
    """Refuse what rings on this session."""

    call_id: Id
    on_all_devices: bool = False


class CallHangUp(_Request, frozen=True, tag="call.hangUp"):
    """End a call."""

    call_id: Id


class RoomJoin(_Request, frozen=True, tag="room.join"):
    """Come into a room."""

    name: RoomName
    microphone: bool
    camera: bool
    custom_data: dict[str, str] = {}


class RoomLeave(_Request, frozen=True, tag="room.leave"):
    """Leave a room."""

    call_id: Id


class EchoStart(_Request, frozen=True, tag="echo.start"):
    """Test the line."""

    microphone: bool
    camera: bool


class MediaOffer(_Request, frozen=True, tag="media.offer"):
    """Negotiate the media of a call."""

    call_id: Id
    sdp: Text
    connection: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1


class MediaUpdate(_Request, frozen=True, tag="media.update"):
    """Say that the microphone is (un)muted, the camera or the screen share on or off; what is left out stays."""

    call_id: Id
    microphone: bool | UnsetType = UNSET
    camera: bool | UnsetType = UNSET
    screen: bool | UnsetType = UNSET


class SlotsPrefer(_Request, frozen=True, tag="slots.prefer"):
    """Say how large video slots are shown; those that are not named stay as they were."""

    call_id: Id
    slots: Annotated[tuple[SlotPreference, ...], Meta(max_length=VIDEO_SLOTS[-1])]


class TextSend(_Request, frozen=True, tag="text.send"):
    """Send a text to everybody else in the conversation, or to those of them with one identity."""

    call_id: Id
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_BYTES)]
    to: WebrtcDestination | UnsetType = UNSET


class TextConfirm(_Request, frozen=True, tag="text.confirm"):
    """This text has arrived, and every one before it."""

    call_id: Id
    text_id: Id


Request: TypeAlias = (
    CallStart
    | CallAccept
    | CallDecline
    | CallHangUp
    | RoomJoin
    | RoomLeave
    | EchoStart
    | MediaOffer
    | MediaUpdate
    | SlotsPrefer
    | TextSend
    | TextConfirm
)
"""What a session may ask, besides `Hello` and `Ping`."""

ClientMessage: TypeAlias = Hello | Ping | Request


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
