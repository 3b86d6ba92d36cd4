"""Ids are made at the rims and travel inside events, so that machines stay repeatable."""

import secrets
import uuid
from typing import Protocol


class Ids(Protocol):
    """A source of new ids. `ringback.testing.ids.CountingIds` is the other implementation."""

    def new(self) -> str:
        """A new id: a UUID in its canonical text form (mobile call UIs parse call ids as UUIDs)."""


class RandomIds:
    """UUIDs of version 4."""

    def new(self) -> str:
        return str(uuid.uuid4())  # noqa: TID251 - the one place


def new_secret(size: int = 32) -> str:
    """A secret of `size` random bytes (default 256 bits) that fits into URLs and headers."""
    return secrets.token_urlsafe(size)
