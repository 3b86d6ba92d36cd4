"""A link: where it leads, who comes by it, and when it is open (contract §7)."""

import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from ringback.kernel.errors import InvalidRequest
from ringback.kernel.text import consists_of

NAME_LENGTH: Final = 50
"""Most characters of a name that a link shows: what tokens take as a display name."""

CUSTOM_DATA_SIZE: Final = 4096
"""Most bytes of custom data as JSON without spaces: it goes with the call, and signaling takes no more."""

LIFETIME: Final = timedelta(hours=24)
"""When a link ends that nobody gave an end, counted from its creation."""

GUEST: Final = "guest-"
"""How the identity of a link's visitors begins whom the customer gave none. The slug follows."""

ROOM_NAME_LENGTH: Final = range(3, 251)
"""Characters of the name of a room that a link leads to."""

_PUNCTUATION: Final = frozenset("-_+=/.")
_IN_PASSWORDS: Final = frozenset("-_ ")

_PASSWORD_LENGTH: Final = range(4, 21)
_CONFIGURATION_LENGTH: Final = range(1, 101)
_NUMBER_LENGTH: Final = range(1, 65)

ROOM_NAME_RULE: Final = "must have 3 to 250 letters, digits or -_+=/."
PASSWORD_RULE: Final = "must have 4 to 20 letters, digits, spaces, - or _"  # noqa: S105 - a rule
CALLS_CONFIGURATION_RULE: Final = "must have 1 to 100 letters, digits or -_+=/."
NUMBER_RULE: Final = "must have 1 to 64 digits or -_+=/."


def is_room_name(text: str) -> bool:
    """Whether `text` may name a room that links lead to."""
    return consists_of(text, ROOM_NAME_LENGTH, "LN", _PUNCTUATION)


def is_room_password(text: str) -> bool:
    """Whether `text` may be the password of a room link."""
    return consists_of(text, _PASSWORD_LENGTH, "LN", _IN_PASSWORDS)


def is_calls_configuration(text: str) -> bool:
    """Whether `text` may be the id of a calls configuration."""
    return consists_of(text, _CONFIGURATION_LENGTH, "LN", _PUNCTUATION)


def is_number(text: str) -> bool:
    """Whether the public API takes `text` for a phone number; E.164 is what can be dialled."""
    return consists_of(text, _NUMBER_LENGTH, "N", _PUNCTUATION)


class MachineDetection(Struct, frozen=True):
    """Whether an answering machine shall be told from a person."""

    enabled: bool = False
    detection_seconds: float | None = None


class WebRtcDestination(Struct, frozen=True, tag_field="type", tag="WEBRTC"):
    """Somebody who uses an SDK."""

    identity: str
    display_name: str | None = None
    """Shown in the place of the identity; the empty text shows nothing."""
    min_ringing_seconds: int | None = None


class PhoneDestination(Struct, frozen=True, tag_field="type", tag="PHONE"):
    """A phone number."""

    number: str
    caller_number: str | None = None
    display_name: str | None = None
    min_ringing_seconds: int | None = None
    machine_detection: MachineDetection | None = None


class RoomDestination(Struct, frozen=True, tag_field="type", tag="ROOM"):
    """A room; links of the same name lead to the same one. Its password is stored elsewhere, as a hash."""

    room_name: str
    display_name: str | None = None


class ConversationsDestination(Struct, frozen=True, tag_field="type", tag="CONVERSATIONS"):
    """The contact centre."""

    display_name: str | None = None


class ApplicationDestination(Struct, frozen=True, tag_field="type", tag="APPLICATION"):
    """The backend of a calls configuration."""

    calls_configuration_id: str


Destination: TypeAlias = (
    WebRtcDestination | PhoneDestination | RoomDestination | ConversationsDestination | ApplicationDestination
)


class Day(StrEnum):
    """In the order of `datetime.weekday`."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


WEEK: Final = tuple(Day)


class TimeOfDay(Struct, frozen=True, order=True):
    """A minute of every day, UTC."""

    hour: int = 0
    minute: int = 0


LAST_MINUTE: Final = TimeOfDay(23, 59)


class Standing(StrEnum):
    """What a validity window says of a moment."""

    EARLY = "EARLY"
    """The link starts later."""
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    """Not on this day, or not at this hour."""
    EXPIRED = "EXPIRED"
    """It will not open again."""


class ValidityWindow(Struct, frozen=True, kw_only=True):
    """When a link can be used."""

    one_time: bool = False
    """Only until a call that it started was established."""
    start: datetime
    end: datetime
    first_minute: TimeOfDay = TimeOfDay()
    last_minute: TimeOfDay = LAST_MINUTE
    """The whole of this minute still counts. Before `first_minute`, it is that of the next day."""
    days: tuple[Day, ...] = WEEK
    """Of UTC, by the moment itself: hours that pass midnight need both days."""

    def standing(self, now: datetime) -> Standing:
        """Whether the link can be used at `now`, which is in UTC."""
        if now >= self.end:
            return Standing.EXPIRED
        if now < self.start:
            return Standing.EARLY
        open_today = WEEK[now.weekday()] in self.days and self._is_acceptable(TimeOfDay(now.hour, now.minute))
        return Standing.OPEN if open_today else Standing.CLOSED

    def _is_acceptable(self, time: TimeOfDay) -> bool:
        if self.first_minute <= self.last_minute:
            return self.first_minute <= time <= self.last_minute
        return time >= self.first_minute or time <= self.last_minute

    def require_possible(self, now: datetime) -> None:
        """Raises `InvalidRequest` when it could never be used."""
        if self.end <= max(self.start, now):
            raise InvalidRequest(
                "must be later than startTime and than now; without one, a link ends 24 hours after it was created",
                field="validityWindow.endTime",
            )


class Terms(Struct, frozen=True, kw_only=True):
    """What a link is about, as its customer said it when it was created; nothing of it changes."""

    destination: Destination
    identity: str | None = None
    """Who comes by this link; None: a guest."""
    display_name: str | None = None
    show_identity: bool = True
    custom_data: dict[str, str] = {}
    window: ValidityWindow

    def require_consistent(self) -> None:
        """Raises `InvalidRequest` for what cannot go together."""
        if isinstance(self.destination, RoomDestination):
            reason = "must not be given for a ROOM, where many may come by one link"
            if self.identity is not None:
                raise InvalidRequest(reason, field="identity")
            if self.display_name is not None:
                raise InvalidRequest(reason, field="displayName")
            if self.window.one_time:
                raise InvalidRequest("must not be true for a ROOM", field="validityWindow.oneTime")
        if self.display_name is not None and self.identity is None:
            raise InvalidRequest("needs an identity", field="displayName")


class Link(Struct, frozen=True, kw_only=True):
    """A link as it is kept."""

    id: str
    """Its slug."""
    terms: Terms
    configuration_id: str | None = None
    """None: whatever is the account's default when somebody opens it."""
    subdomain: str | None = None
    """The name of the one that it was created under."""

    @property
    def caller(self) -> str:
        """The identity of who comes by it."""
        return self.terms.identity or f"{GUEST}{self.id}"


def url_of(public_url: str, link: Link) -> str:
    """Where people open the link. An address of the Internet Protocol has no subdomains: there, it has none either."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if link.subdomain is None or _is_address(host):
        return f"{public_url}/l/{link.id}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{link.subdomain}.{host}{port}/l/{link.id}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
