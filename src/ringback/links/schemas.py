"""Bodies of links (contract §7)."""

import json
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from ringback.identities.api import IdentityText
from ringback.kernel.redaction import Secret
from ringback.links.destination_schemas import (
    DestinationAnswer,
    DestinationBody,
    RoomDestinationBody,
    ShownName,
    told,
)
from ringback.links.model import (
    CUSTOM_DATA_SIZE,
    LAST_MINUTE,
    LIFETIME,
    WEEK,
    Day,
    Link,
    Terms,
    TimeOfDay,
    ValidityWindow,
    url_of,
)
from ringback.web import Moment, RequestModel, ResponseModel, Text


class TimeOfDayBody(RequestModel):
    hour: Annotated[StrictInt, Field(ge=0, le=23)] = 0
    minute: Annotated[StrictInt, Field(ge=0, le=59)] = 0

    def time(self) -> TimeOfDay:
        return TimeOfDay(self.hour, self.minute)


class TimeOfDayAnswer(ResponseModel):
    hour: Annotated[int, Field(ge=0, le=23)]
    minute: Annotated[int, Field(ge=0, le=59)]


class AcceptableHoursBody(RequestModel):
    start: TimeOfDayBody | None = None
    """UTC. Without it, the day begins at 00:00."""

    end: TimeOfDayBody | None = None
    """The last minute. Without it, 23:59; before `start`, it is that of the next day."""


class AcceptableHoursAnswer(ResponseModel):
    start: TimeOfDayAnswer
    end: TimeOfDayAnswer


class ValidityWindowBody(RequestModel):
    one_time: StrictBool = False
    """The link has been used when a call that it started was established. Not for a ROOM."""

    start_time: Moment | None = None
    """Without it, now."""

    end_time: Moment | None = None
    """Without it, 24 hours after the link was created."""

    acceptable_hours: AcceptableHoursBody | None = None
    """Hours of the day, in UTC."""

    acceptable_days: Annotated[list[Day], Field(min_length=1, max_length=len(WEEK))] | None = None
    """Days of the week, in UTC. Without it, all."""

    def window(self, now: datetime) -> ValidityWindow:
        hours = self.acceptable_hours or AcceptableHoursBody()
        return ValidityWindow(
            one_time=self.one_time,
            start=self.start_time or now,
            end=self.end_time or now + LIFETIME,
            first_minute=TimeOfDay() if hours.start is None else hours.start.time(),
            last_minute=LAST_MINUTE if hours.end is None else hours.end.time(),
            days=WEEK if self.acceptable_days is None else tuple(day for day in WEEK if day in self.acceptable_days),
        )


class ValidityWindowAnswer(ResponseModel):
    one_time: bool
    start_time: Moment
    end_time: Moment
    acceptable_hours: AcceptableHoursAnswer
    acceptable_days: list[Day]

    @classmethod
    def of(cls, window: ValidityWindow) -> "ValidityWindowAnswer":
        first, last = window.first_minute, window.last_minute
        return cls(
            one_time=window.one_time,
            start_time=window.start,
            end_time=window.end,
            acceptable_hours=AcceptableHoursAnswer(
                start=TimeOfDayAnswer(hour=first.hour, minute=first.minute),
                end=TimeOfDayAnswer(hour=last.hour, minute=last.minute),
            ),
            acceptable_days=list(window.days),
        )


def _custom_data(data: dict[str, str]) -> dict[str, str]:
    if len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()) > CUSTOM_DATA_SIZE:
        raise ValueError(f"must have at most {CUSTOM_DATA_SIZE} bytes as JSON")
    return data


class LinkCreate(RequestModel):
    destination: DestinationBody
    """Where the link leads. Only `WEBRTC` and `ROOM` can be reached on this server so far."""

    identity: IdentityText | None = None
    """Who comes by this link; without it, a guest. Not for a ROOM."""

    display_name: Annotated[ShownName, Field(min_length=1)] | None = None
    """The name of who comes. Needs `identity`; not for a ROOM."""

    show_identity: StrictBool = True
    """Show the visitor who they are taken for."""

    custom_data: Annotated[dict[Text, Text], AfterValidator(_custom_data)] = Field({}, examples=[{"order": "17"}])
    """Goes with the call when it starts; at most 4 KiB as JSON."""

    validity_window: ValidityWindowBody | None = None
    """When the link can be used; without it, for 24 hours from now."""

    call_link_config_id: Text | None = None
    """The link configuration; without it, the account's default."""

    @property
    def password(self) -> Secret | None:
        """The room's."""
        return self.destination.password if isinstance(self.destination, RoomDestinationBody) else None

    def terms(self, now: datetime) -> Terms:
        """What the link is about, if it is created now."""
        return Terms(
            destination=self.destination.destination(),
            identity=self.identity,
            display_name=self.display_name,
            show_identity=self.show_identity,
            custom_data=self.custom_data,
            window=(self.validity_window or ValidityWindowBody()).window(now),
        )


class LinkCreated(ResponseModel):
    id: Annotated[str, Field(examples=["7Xk2mPq9LwZa"])]
    """The slug: who knows it can open the link."""

    url: Annotated[str, Field(examples=["https://example.org/l/7Xk2mPq9LwZa"])]
    """What people open."""

    @classmethod
    def of(cls, link: Link, public_url: str) -> "LinkCreated":
        return cls(id=link.id, url=url_of(public_url, link))


class LinkAnswer(ResponseModel):
    id: Annotated[str, Field(examples=["7Xk2mPq9LwZa"])]
    """The slug: who knows it can open the link."""

    url: Annotated[str, Field(examples=["https://example.org/l/7Xk2mPq9LwZa"])]
    """What people open."""

    identity: str
    """Who comes by this link; one that begins with `guest-` was chosen by the platform."""

    display_name: str | None = None
    """The name of who comes."""

    show_identity: bool
    """Show the visitor who they are taken for."""

    destination: DestinationAnswer
    """Where the link leads. A room's password is never told."""

    custom_data: dict[str, str]
    """Goes with the call when it starts."""

    validity_window: ValidityWindowAnswer
    """When the link can be used."""

    call_link_config_id: str | None = None
    """The link configuration that was chosen for it."""

    @classmethod
    def of(cls, link: Link, public_url: str) -> "LinkAnswer":
        terms = link.terms
        return cls(
            id=link.id,
            url=url_of(public_url, link),
            identity=link.caller,
            display_name=terms.display_name,
            show_identity=terms.show_identity,
            destination=told(terms.destination),
            custom_data=terms.custom_data,
            validity_window=ValidityWindowAnswer.of(terms.window),
            call_link_config_id=link.configuration_id,
        )
