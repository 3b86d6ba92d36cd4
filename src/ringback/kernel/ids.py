"""Ids are made at the rims and travel inside events, so that machines stay repeatable."""

import secrets
import string
import uuid
from typing import Final, Protocol

BASE62: Final = string.digits + string.ascii_letters
"""What slugs are made of: nothing in it has to be escaped in a URL, or is broken by a mail program."""


class Ids(Protocol):
    """A source of new ids. `ringback.testing.ids.CountingIds` is the other implementation."""

    def new(self) -> str:
        """A new id: a UUID in its canonical text form (mobile call UIs parse call ids as UUIDs)."""


class RandomIds:
    """UUIDs of version 4."""

    def new(self) -> str:
        return str(uuid.uuid4())  # noqa: TID251 - the one place


def derived_id(owner: str, name: str) -> str:
    """The id that `owner` (itself an id) gives to what it calls `name`: always the same, and nobody else's.

    What is asked for again after a crash gets it again, and so is found instead of made twice.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner} {name}"))


def new_secret(size: int = 32) -> str:
    """A secret of `size` random bytes (default 256 bits) that fits into URLs and headers."""
    return secrets.token_urlsafe(size)


def new_slug(length: int) -> str:
    """A random id that people meet in a URL: `length` characters of base62, 5.95 bits each."""
    return "".join(secrets.choice(BASE62) for _ in range(length))
