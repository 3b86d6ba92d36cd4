"""Who owns what, and who may act."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ringback.kernel.redaction import Secret

PREFIX_LENGTH: Final = 8
"""Characters of an API key that are kept readable, so that people can tell their keys apart."""

NAME_LENGTH: Final = 100
"""Most characters in the name of an account, user or API key."""


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of this installation; its name is unique here."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in by name and password; the name is unique in the installation."""

    id: str
    account_id: str
    username: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's access. Of the key itself only the first characters and a hash are kept."""

    id: str
    account_id: str
    name: str
    prefix: str
    created_at: datetime


def api_key_from(random: bytes, unique: str) -> Secret:
    """A key in the public API's shape: 32 hex digits (of 128 random bits), `-`, and the id `unique`."""
    return Secret(f"{random.hex()}-{unique}")


def key_hash(key: Secret) -> bytes:
    """What is stored of a key: SHA-256. A slow hash would protect only keys that people invent."""
    return hashlib.sha256(key.reveal().encode()).digest()


def is_name(text: str) -> bool:
    """Whether `text` may name an account, user or API key: 1 … 100 printable characters, no blanks at the ends."""
    return 0 < len(text) <= NAME_LENGTH and text.isprintable() and text.strip() == text
