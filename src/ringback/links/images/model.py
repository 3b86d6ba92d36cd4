"""A link image, and how large each kind may be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

NAME_LENGTH: Final = 255
"""Most characters of a file's name, as most file systems have it."""

_MIB: Final = 1024 * 1024


class ImageType(StrEnum):
    """What an image is for."""

    LOGO = "LOGO"
    BACKGROUND = "BACKGROUND"


class Limits(NamedTuple):
    """How large an image may be."""

    bytes: int
    side: int
    """Pixels of its width, and of its height."""


LIMITS: Final = {ImageType.LOGO: Limits(1 * _MIB, 100), ImageType.BACKGROUND: Limits(10 * _MIB, 2000)}
"""Of the public API (contract §9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkImage:
    """One image; its bytes are the blob `key`."""

    id: str
    account_id: str
    type: ImageType
    name: str
    """As the file was called that was uploaded."""
    size: int
    """Bytes."""
    created_at: datetime

    @property
    def key(self) -> str:
        return f"link-images/{self.account_id}/{self.id}"
