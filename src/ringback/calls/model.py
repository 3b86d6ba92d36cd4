"""A call (one leg: the connection between the platform and one endpoint) and a participant, as values."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ringback.calls.transport import Transport
from ringback.kernel.steps import Ref


class Direction(StrEnum):
    """Seen from the platform."""

    INBOUND = "INBOUND"
    """The endpoint reached the platform."""
    OUTBOUND = "OUTBOUND"
    """The platform reaches out to the endpoint."""


class CallState(StrEnum):
    """The life of a call. The connection of its media is another axis and never mixed in."""

    CALLING = "CALLING"
    RINGING = "RINGING"
    PRE_ESTABLISHED = "PRE_ESTABLISHED"
    """Media before the answer (early media)."""
    ESTABLISHED = "ESTABLISHED"
    FINISHED = "FINISHED"
    """Ended after it was established."""
    FAILED = "FAILED"
    """Ended without; the end reason tells why."""

    @property
    def is_terminal(self) -> bool:
        return self in (CallState.FINISHED, CallState.FAILED)


class EndReason(StrEnum):
    """Why a call ended: the public hangup causes, each with its public id and what it means."""

    NORMAL_HANGUP = "NORMAL_HANGUP", 10000, "The call was hung up by one of its sides or by the platform's API."
    ANSWERED_ELSEWHERE = "ANSWERED_ELSEWHERE", 10001, "Another device of the callee answered."
    MACHINE_DETECTED = "MACHINE_DETECTED", 10002, "An answering machine answered."
    HUMAN_DETECTED = "HUMAN_DETECTED", 10003, "A human answered."
    MAX_DURATION_REACHED = "MAX_DURATION_REACHED", 10004, "The call reached its longest allowed duration."
    DEVICE_FORBIDDEN = "DEVICE_FORBIDDEN", 10100, "The use of camera or microphone was not permitted."
    DEVICE_NOT_FOUND = "DEVICE_NOT_FOUND", 10101, "There is no such camera or microphone."
    DEVICE_UNAVAILABLE = "DEVICE_UNAVAILABLE", 10102, "The camera or microphone is in use by something else."
    MEDIA_ERROR = "MEDIA_ERROR", 10103, "The media of the call failed."
    FORBIDDEN_DISPLAY_SURFACE = "FORBIDDEN_DISPLAY_SURFACE", 10104, "This kind of screen may not be shared."
    SCREEN_SHARING_CONTROL_UNSUPPORTED = (
        "SCREEN_SHARING_CONTROL_UNSUPPORTED",
        10105,
        "The browser cannot restrict what is shared.",
    )
    NO_ANSWER = "NO_ANSWER", 10200, "It rang, and nobody answered."
    BUSY = "BUSY", 10201, "The callee is in another call."
    CANCELLED = "CANCELLED", 10202, "The caller hung up before anybody answered."
    REJECTED = "REJECTED", 10203, "The callee declined."
    TEMPORARILY_UNAVAILABLE = "TEMPORARILY_UNAVAILABLE", 10204, "The callee cannot be reached now."
    FORBIDDEN = "FORBIDDEN", 10300, "The request was refused."
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS", 10301, "There is no credit left."
    UNAUTHENTICATED = "UNAUTHENTICATED", 10302, "The caller has to authenticate."
    DESTINATION_NOT_FOUND = "DESTINATION_NOT_FOUND", 10303, "There is no such destination."
    DESTINATION_UNAVAILABLE = "DESTINATION_UNAVAILABLE", 10304, "The destination is out of service."
    INVALID_DESTINATION = "INVALID_DESTINATION", 10305, "The destination is malformed."
    INVALID_REQUEST = "INVALID_REQUEST", 10306, "The request is malformed."
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT", 10307, "There was no response in time."
    NETWORK_ERROR = "NETWORK_ERROR", 10308, "The network connection was lost."
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE", 10309, "The platform could not carry the call on."
    UNKNOWN = "UNKNOWN", 10310, "The reason is not known."
    FEATURE_UNAVAILABLE = "FEATURE_UNAVAILABLE", 10311, "This feature is not available here."
    CONGESTION = "CONGESTION", 10312, "The platform is overloaded."
    UNAUTHORIZED = "UNAUTHORIZED", 10313, "The callee does not accept this call."
    URL_NOT_FOUND = "URL_NOT_FOUND", 10400, "The application's URL does not exist."
    URL_UNREACHABLE = "URL_UNREACHABLE", 10401, "The application's URL could not be reached."
    INVALID_RESPONSE = "INVALID_RESPONSE", 10402, "The application answered badly."

    id: int
    description: str

    def __new__(cls, name: str, id: int, description: str) -> "EndReason":
        reason = str.__new__(cls, name)
        reason._value_ = name
        reason.id = id
        reason.description = description
        return reason


class WebrtcEndpoint(Struct, frozen=True, tag="WEBRTC", tag_field="type", rename="camel"):
    """An identity, on whichever of its devices."""

    identity: str
    display_name: str | None = None

    @property
    def identifier(self) -> str:
        return self.identity


class PhoneEndpoint(Struct, frozen=True, tag="PHONE", tag_field="type", rename="camel"):
    """A phone. No channel reaches one yet."""

    phone_number: str
    """As in E.164, without the plus sign."""

    @property
    def identifier(self) -> str:
        return self.phone_number


class ApplicationEndpoint(Struct, frozen=True, tag="APPLICATION", tag_field="type", rename="camel"):
    """A backend, which decides what becomes of the call. No channel reaches one yet."""

    calls_configuration_id: str

    @property
    def identifier(self) -> str:
        return self.calls_configuration_id


Endpoint: TypeAlias = WebrtcEndpoint | PhoneEndpoint | ApplicationEndpoint
"""A typed address. SIP and WEBSOCKET join it with their channels."""


def identity_of(endpoint: Endpoint) -> str:
    """Its identity; empty for an endpoint that has none."""
    return endpoint.identity if isinstance(endpoint, WebrtcEndpoint) else ""


class Place(Struct, frozen=True):
    """Where the media of a call is: a room on a worker of this node. The call's id is its participant id there."""

    worker: int
    room: str
    opening: int = 1
    """How often the room has been opened, on this worker or another: what is said of an earlier time is late."""


class Call(Struct, frozen=True, kw_only=True):
    """One leg. Its transitions stand in `machine.py`."""

    id: str
    account_id: str
    direction: Direction
    endpoint: Endpoint
    caller: Endpoint
    """Who started the conversation: what an outbound leg's devices show while they ring."""
    owner: Ref
    """The dialog or conference that joins it to others."""
    place: Place
    state: CallState
    microphone: bool
    """Unmuted. Of an outbound leg: what its endpoint said when it answered."""
    camera: bool
    """Sending. Of an unanswered outbound leg: whether the caller does, so that devices can show a video call."""
    custom_data: dict[str, str] = {}
    session: str | None = None
    """The SDK session that holds the leg. None while an outbound leg has not been answered."""
    ringing: tuple[str, ...] = ()
    """The sessions on which an outbound leg rings."""
    created_at: datetime
    ring_deadline: datetime | None = None
    """When an unanswered outbound leg gives up."""
    transport: Transport = Transport()
    """How the endpoint is connected, which is another axis than the state."""
    established_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None


class ParticipantState(StrEnum):
    """A participant is `JOINING` until its media is connected."""

    JOINING = "JOINING"
    JOINED = "JOINED"


class Participant(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call's presence in a dialog or conference. `id` is the call's."""

    id: str
    endpoint: Endpoint
    state: ParticipantState
    microphone: bool
    camera: bool
    screen: bool = False

    def joined(self) -> "Participant":
        """With its media connected."""
        return replace(self, state=ParticipantState.JOINED)

    def switched(
        self, *, microphone: bool | None = None, camera: bool | None = None, screen: bool | None = None
    ) -> "Participant":
        """With the microphone (un)muted, the camera and the screen share on or off; None leaves it as it is."""
        return replace(
            self,
            microphone=self.microphone if microphone is None else microphone,
            camera=self.camera if camera is None else camera,
            screen=self.screen if screen is None else screen,
        )
