"""What clients say in the signaling protocol, version 1, as types. The document is `protocol/signaling/README.md`."""

from typing import Annotated, Final, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from ringback.media.room import VIDEO_SLOTS, SlotPreference

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
