"""The errors that callers of the platform can meet. The docstring is the default message.

Each family maps to exactly one answer at each edge: `web/errors.py` (HTTP) and `signaling/session.py` (SDKs).
"""

from typing import ClassVar


class RingbackError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "GENERAL_ERROR"

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.field = field
        super().__init__(self.message)


class InvalidRequest(RingbackError):
    """The request is not valid."""

    code = "INVALID_REQUEST"


class Unauthenticated(RingbackError):
    """The credentials are missing, unknown, expired or revoked."""

    code = "UNAUTHENTICATED"


class Forbidden(RingbackError):
    """The credentials are good, but they do not allow this."""

    code = "FORBIDDEN"


class NotFound(RingbackError):
    """There is no such thing in this account."""

    code = "NOT_FOUND"


class InvalidState(RingbackError):
    """The thing exists, but is in a state that does not allow this."""

    code = "INVALID_STATE"


class AlreadyExists(RingbackError):
    """There is already one with this id."""

    code = "ALREADY_EXISTS"


class TooLarge(RingbackError):
    """This is larger than the platform takes."""

    code = "TOO_LARGE"


class UnsupportedMedia(RingbackError):
    """The platform does not take data of this kind."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class IdempotencyKeyReused(RingbackError):
    """This Idempotency-Key was used for a different request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class TooManyRequests(RingbackError):
    """There were too many requests; try again later."""

    code = "TOO_MANY_REQUESTS"

    def __init__(self, retry_seconds: int) -> None:
        super().__init__()
        self.retry_seconds = retry_seconds


class Unavailable(RingbackError):
    """The platform cannot do this now; try again later."""

    code = "SERVICE_UNAVAILABLE"


class RoomFull(RingbackError):
    """The room has as many participants as it can hold."""

    code = "ROOM_FULL"
