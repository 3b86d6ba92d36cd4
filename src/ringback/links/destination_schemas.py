"""Where links lead, in the bodies of requests and answers (contract §7)."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AliasChoices, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema

from ringback.identities.api import IdentityText
from ringback.kernel.redaction import Secret
from ringback.links.model import (
    CALLS_CONFIGURATION_RULE,
    NAME_LENGTH,
    NUMBER_RULE,
    PASSWORD_RULE,
    ROOM_NAME_LENGTH,
    ROOM_NAME_RULE,
    ApplicationDestination,
    ConversationsDestination,
    Destination,
    MachineDetection,
    PhoneDestination,
    RoomDestination,
    WebRtcDestination,
    is_calls_configuration,
    is_number,
    is_room_name,
    is_room_password,
)
from ringback.web import RequestModel, ResponseModel, SecretText, Text


def _must(rule: Callable[[str], bool], text: str) -> AfterValidator:
    def checked(value: str) -> str:
        if not rule(value):
            raise ValueError(text)
        return value

    return AfterValidator(checked)


def _pattern(pattern: str, example: str) -> Any:
    """For the description; the function beside it decides (Python's `re` has no `\\p`)."""
    return Field(json_schema_extra={"pattern": pattern}, examples=[example])


def _room_password(secret: Secret) -> Secret:
    if not is_room_password(secret.reveal()):
        raise ValueError(PASSWORD_RULE)
    return secret


Number = Annotated[StrictStr, _must(is_number, NUMBER_RULE), _pattern(r"^[\p{N}\-_+=/.]+$", "41793026727")]
RoomName = Annotated[
    StrictStr,
    _must(is_room_name, ROOM_NAME_RULE),
    # Not `{3,250}`, which the regular expressions of some tools refuse as too large.
    Field(
        json_schema_extra={
            "pattern": r"^[\p{L}\p{N}\-_+=/.]+$",
            "minLength": ROOM_NAME_LENGTH.start,
            "maxLength": ROOM_NAME_LENGTH.stop - 1,
        },
        examples=["standup"],
    ),
]
RoomPassword = Annotated[
    SecretText,
    AfterValidator(_room_password),
    WithJsonSchema({"type": "string", "writeOnly": True, "pattern": r"^[\p{L}\p{N}\-_\ ]{4,20}$"}),
]
CallsConfigurationId = Annotated[
    StrictStr,
    _must(is_calls_configuration, CALLS_CONFIGURATION_RULE),
    _pattern(r"^[\p{L}\p{N}\-_+=/.]{1,100}$", "desk"),
    Field(validation_alias=AliasChoices("callsConfigurationId", "applicationId")),
]
ShownName = Annotated[Text, Field(max_length=NAME_LENGTH, examples=["Support"])]


class HangupRestrictionBody(RequestModel):
    min_ringing_time: Annotated[StrictInt, Field(ge=0, le=3600)] | None = None
    """Seconds that it rings before the visitor can hang up."""


class HangupRestrictionAnswer(ResponseModel):
    min_ringing_time: Annotated[int, Field(ge=0)]
    """Seconds that it rings before the visitor can hang up."""

    @classmethod
    def of(cls, seconds: int | None) -> "HangupRestrictionAnswer | None":
        return None if seconds is None else cls(min_ringing_time=seconds)


class MachineDetectionBody(RequestModel):
    enabled: StrictBool = False
    """Whether an answering machine shall be told from a person."""

    detection_time: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] | None = None
    """Seconds that it may take."""

    def detection(self) -> MachineDetection:
        return MachineDetection(self.enabled, self.detection_time)


class MachineDetectionAnswer(ResponseModel):
    enabled: bool
    """Whether an answering machine shall be told from a person."""

    detection_time: float | None = None
    """Seconds that it may take."""

    @classmethod
    def of(cls, detection: MachineDetection) -> "MachineDetectionAnswer":
        return cls(enabled=detection.enabled, detection_time=detection.detection_seconds)


class WebRtcDestinationBody(RequestModel):
    type: Literal["WEBRTC"]
    identity: IdentityText
    """Who is called."""

    display_name: ShownName | None = None
    """Shown in the place of the identity; the empty text shows nothing."""

    hangup_restriction: HangupRestrictionBody | None = None

    def destination(self) -> WebRtcDestination:
        return WebRtcDestination(self.identity, self.display_name, _ringing(self.hangup_restriction))


class PhoneDestinationBody(RequestModel):
    type: Literal["PHONE"]
    phone_number: Number
    """Who is called."""

    from_: Annotated[Number | None, Field(alias="from")] = None
    """The number that the callee sees."""

    display_name: ShownName | None = None
    """Shown in the place of the number; the empty text shows nothing."""

    hangup_restriction: HangupRestrictionBody | None = None
    machine_detection: MachineDetectionBody | None = None

    def destination(self) -> PhoneDestination:
        detection = self.machine_detection
        return PhoneDestination(
            number=self.phone_number,
            caller_number=self.from_,
            display_name=self.display_name,
            min_ringing_seconds=_ringing(self.hangup_restriction),
            machine_detection=None if detection is None else detection.detection(),
        )


class RoomDestinationBody(RequestModel):
    type: Literal["ROOM"]
    room_name: RoomName
    """All links with this name lead to the same room."""

    display_name: ShownName | None = None
    """Shown in the place of the room's name; the empty text shows nothing."""

    password: RoomPassword | None = None
    """What visitors of this link are asked for. Only its hash is stored."""

    def destination(self) -> RoomDestination:
        return RoomDestination(self.room_name, self.display_name)


class ConversationsDestinationBody(RequestModel):
    type: Literal["CONVERSATIONS"]
    display_name: ShownName | None = None
    """Shown to the visitor; the empty text shows nothing."""

    def destination(self) -> ConversationsDestination:
        return ConversationsDestination(self.display_name)


class ApplicationDestinationBody(RequestModel):
    type: Literal["APPLICATION"]
    calls_configuration_id: CallsConfigurationId
    """Whose backend gets the call. Older clients call it `applicationId`."""

    def destination(self) -> ApplicationDestination:
        return ApplicationDestination(self.calls_configuration_id)


DestinationBody = Annotated[
    WebRtcDestinationBody
    | ConversationsDestinationBody
    | PhoneDestinationBody
    | RoomDestinationBody
    | ApplicationDestinationBody,
    Field(discriminator="type"),
]


def _ringing(restriction: HangupRestrictionBody | None) -> int | None:
    return None if restriction is None else restriction.min_ringing_time


class WebRtcDestinationAnswer(ResponseModel):
    type: Literal["WEBRTC"] = "WEBRTC"
    identity: str
    """Who is called."""

    display_name: str | None = None
    hangup_restriction: HangupRestrictionAnswer | None = None


class PhoneDestinationAnswer(ResponseModel):
    type: Literal["PHONE"] = "PHONE"
    phone_number: str
    """Who is called."""

    from_: Annotated[str | None, Field(alias="from")] = None
    """The number that the callee sees."""

    display_name: str | None = None
    hangup_restriction: HangupRestrictionAnswer | None = None
    machine_detection: MachineDetectionAnswer | None = None


class RoomDestinationAnswer(ResponseModel):
    type: Literal["ROOM"] = "ROOM"
    room_name: str
    """All links with this name lead to the same room."""

    display_name: str | None = None


class ConversationsDestinationAnswer(ResponseModel):
    type: Literal["CONVERSATIONS"] = "CONVERSATIONS"
    display_name: str | None = None


class ApplicationDestinationAnswer(ResponseModel):
    type: Literal["APPLICATION"] = "APPLICATION"
    calls_configuration_id: str
    """Whose backend gets the call."""


AnyDestinationAnswer: TypeAlias = (
    WebRtcDestinationAnswer
    | ConversationsDestinationAnswer
    | PhoneDestinationAnswer
    | RoomDestinationAnswer
    | ApplicationDestinationAnswer
)
DestinationAnswer = Annotated[AnyDestinationAnswer, Field(discriminator="type")]


def told(destination: Destination) -> AnyDestinationAnswer:
    """What is said of it."""
    match destination:
        case WebRtcDestination():
            return WebRtcDestinationAnswer(
                identity=destination.identity,
                display_name=destination.display_name,
                hangup_restriction=HangupRestrictionAnswer.of(destination.min_ringing_seconds),
            )
        case PhoneDestination():
            detection = destination.machine_detection
            return PhoneDestinationAnswer(
                phone_number=destination.number,
                from_=destination.caller_number,
                display_name=destination.display_name,
                hangup_restriction=HangupRestrictionAnswer.of(destination.min_ringing_seconds),
                machine_detection=None if detection is None else MachineDetectionAnswer.of(detection),
            )
        case RoomDestination():
            return RoomDestinationAnswer(room_name=destination.room_name, display_name=destination.display_name)
        case ConversationsDestination():
            return ConversationsDestinationAnswer(display_name=destination.display_name)
        case ApplicationDestination():
            return ApplicationDestinationAnswer(calls_configuration_id=destination.calls_configuration_id)
