"""What is known of the sessions of an identity (contract §5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ringback.identities.model import TokenClaims


class ActivityType(StrEnum):
    """What happened to a session."""

    CONNECTED = "CONNECTED"
    """It is ready: the identity can call and be called there."""
    DISCONNECTED = "DISCONNECTED"
    """It is gone for good; to lose a socket and come back is not enough."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One end of a session's life."""

    account_id: str
    identity: str
    session_id: str
    type: ActivityType
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has begun and not ended, with what lets its client back in when the platform starts again."""

    id: str
    key_hash: str
    """Of the session's resume key (hexadecimal SHA-256)."""
    claims: TokenClaims
    """What its latest token proves."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to write down of one session."""

    activity: Activity | None
    """What is told of it."""
    session: OpenSession | None
    """What it is from now on. None: as it was or, after its end, no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Whose activity is asked for, and which part of it."""

    identity: str
    session_id: str | None = None
    since: datetime | None = None
    """This moment included."""

    until: datetime | None = None
    """This moment included."""
