"""What applications, entities and resource associations are (contract §14)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ringback.kernel.text import is_safe

ID_LENGTH: Final = 255
"""Most characters of the id of an application, an entity or a resource."""

NAME_LENGTH: Final = 255
"""Most characters of the name of an application or entity."""

ID_RULE: Final = (
    "must have 1 to 255 characters, none of them a control character, no blanks at its ends, and not be . or .."
)
"""What `is_id` asks for, in the words of an error."""

_NOT_IN_PATHS: Final = frozenset({".", ".."})
"""Clients resolve these in a URL, however they are written: nobody could ask for such an id."""


class ResourceType(StrEnum):
    """Of which kind a resource is: what the public API has today, and what it had before."""

    NUMBER = "NUMBER"
    DOMAIN = "DOMAIN"
    ALPHA = "ALPHA"
    RCS_RESOURCE = "RCS_RESOURCE"
    APPLE_RESOURCE = "APPLE_RESOURCE"
    WEBRTC_PUSH_CONFIG = "WEBRTC_PUSH_CONFIG"


class Channel(StrEnum):
    """What a resource is used for: what the public API has today, and what it had before."""

    SMS = "SMS"
    MMS = "MMS"
    EMAIL = "EMAIL"
    WHATSAPP = "WHATSAPP"
    RCS = "RCS"
    APPLE = "APPLE"
    VOICE_VIDEO = "VOICE_VIDEO"


@dataclass(frozen=True, slots=True)
class Application:
    """A use case or environment of a customer; the customer chooses the id, which is unique in the account."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody whom a customer acts for; the customer chooses the id, which is unique in the account."""

    id: str
    name: str | None = None


DEFAULT_APPLICATION: Final = Application("default", "default")
"""Whatever is linked to no other application belongs to this one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a customer owns, and what it is used for."""

    type: ResourceType
    channel: Channel
    id: str


@dataclass(frozen=True, slots=True)
class Association:
    """The application, and perhaps the entity, that a resource belongs to. A resource has at most one."""

    resource: Resource
    application_id: str
    entity_id: str | None = None

    @property
    def is_default(self) -> bool:
        """Whether it says no more than if it were not there."""
        return self.application_id == DEFAULT_APPLICATION.id and self.entity_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationFilter:
    """What the associations of a list have in common; None: anything."""

    resource_type: ResourceType | None = None
    channel: Channel | None = None
    resource_id: str | None = None
    application_id: str | None = None
    entity_id: str | None = None


def is_id(text: str) -> bool:
    """Whether `text` may be an id: 1 … 255 characters of any script, no blanks at the ends, no control characters."""
    return 0 < len(text) <= ID_LENGTH and is_safe(text) and text.strip() == text and text not in _NOT_IN_PATHS
