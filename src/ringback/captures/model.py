"""A capture, and how its file is named."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ringback.quarantine.model import FileFormat

_ENDINGS: Final = {"PNG": "png", "JPEG": "jpg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One picture; its bytes are the blob `key`."""

    id: str
    account_id: str
    name: str
    file_format: FileFormat
    size: int
    """Bytes."""
    created_at: datetime

    @property
    def key(self) -> str:
        return f"captures/{self.account_id}/{self.id}"


def file_name(id: str, identity: str, file_format: FileFormat, created_at: datetime) -> str:
    """`{id}_{identity}_{epochMs}.png`, of letters, digits, `.`, `_` and `-` only: clients cut it out of a header."""
    milliseconds = int(created_at.timestamp() * 1000)
    return re.sub(r"[^A-Za-z0-9._-]", "_", f"{id}_{identity}_{milliseconds}.{_ENDINGS[file_format]}")
