"""What can go wrong between the control plane and its media workers."""

from ringback.kernel.errors import RingbackError, Unavailable
from ringback.media.protocol import ErrorCode, RefusalCode


class MediaCommandRefused(RingbackError):
    """The media worker did not carry out the command."""

    def __init__(self, reason: ErrorCode, message: str) -> None:
        self.reason = reason
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class WorkerRefused(RingbackError):
    """The media worker obeys another controller, or does not speak our protocol."""

    def __init__(self, reason: RefusalCode, message: str) -> None:
        self.reason = reason
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class WorkerGone(Unavailable):
    """The media worker has ended."""


class WorkerStartFailed(RingbackError):
    """A media worker did not start."""
