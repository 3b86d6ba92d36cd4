"""What an identity is, and what a token says about it (contract §2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ringback.kernel.text import consists_of, is_safe

IDENTITY_LENGTH: Final = range(3, 65)
"""Characters of an identity."""

DISPLAY_NAME_LENGTH: Final = range(5, 51)
"""Characters of a display name."""

DEFAULT_TIME_TO_LIVE: Final = timedelta(hours=8)
MAX_TIME_TO_LIVE: Final = timedelta(hours=24)

IDENTITY_PATTERN: Final = r"^[\p{L}\p{N}\-_+=/.]{3,64}$"
"""The public API's rule, for documentation; `is_identity` applies it."""

IDENTITY_RULE: Final = "must have 3 to 64 letters, digits or -_+=/."
DISPLAY_NAME_RULE: Final = "must have 5 to 50 characters, none of them control characters or marks of direction"

_PUNCTUATION: Final = frozenset("-_+=/.")


class RecordingPolicy(StrEnum):
    """What a token says about recording; a token without one leaves it to the account."""

    ALWAYS = "ALWAYS"
    ON_DEMAND = "ON_DEMAND"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Proof that its holder is `identity` in `account_id`, until `expires_at`."""

    account_id: str
    identity: str
    display_name: str | None
    recording: RecordingPolicy | None
    token_id: str
    issued_by: str | None
    """The API key or user whose request issued it; None: the operator's own command line, or the demo."""

    issued_at: datetime
    """To the microsecond: a token that is issued right after a revocation is not stopped by it."""

    expires_at: datetime
    """A whole second."""


class RevocationKind(StrEnum):
    """What is revoked."""

    IDENTITY = "IDENTITY"
    """All tokens of an identity."""
    TOKEN = "TOKEN"  # noqa: S105 - a name
    """One token."""
    API_KEY = "API_KEY"
    """All tokens that an API key has issued."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The tokens that `subject` names and that were issued by `revoked_at` prove nothing any more.

    It is forgotten when the last of them has expired, `MAX_TIME_TO_LIVE` later.
    """

    account_id: str
    kind: RevocationKind
    subject: str
    """The identity, the id of the token, or the id of the API key."""
    revoked_at: datetime


def is_identity(text: str) -> bool:
    """Whether `text` may name a WebRTC user: 3 … 64 letters and digits of any script, and `-_+=/.`."""
    return consists_of(text, IDENTITY_LENGTH, "LN", _PUNCTUATION)


def is_display_name(text: str) -> bool:
    """Whether `text` may be shown as somebody's name: 5 … 50 characters that show what they are."""
    return len(text) in DISPLAY_NAME_LENGTH and is_safe(text)
