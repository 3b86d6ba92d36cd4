"""What is told of a call that has ended (`CallLog` of the public API), and which ones are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ringback.calls.dialogs.model import Dialog
from ringback.calls.model import Call, CallState, Direction, EndReason


class FinalState(StrEnum):
    """How a call ended, in the public API's words: some of them are end reasons inside."""

    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"


_UNANSWERED: Final = {
    EndReason.CANCELLED: FinalState.CANCELLED,
    EndReason.NO_ANSWER: FinalState.NO_ANSWER,
    EndReason.BUSY: FinalState.BUSY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls are asked for; None leaves out none."""

    identity: str | None = None
    """Of the call's own endpoint."""
    direction: Direction | None = None
    started_after: datetime | None = None
    """Calls that began at this moment are among them."""
    started_before: datetime | None = None
    """Calls that began at this moment are not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLog:
    """A call that has ended, with what its owner knows of it."""

    call: Call
    dialog: Dialog | None = None
    """Its owner, if that is a dialog; else it was in a conference."""
    room_name: str | None = None
    """What the conference was joined by, if it was joined by name."""

    @property
    def state(self) -> FinalState:
        assert self.call.end_reason is not None
        if self.call.state is CallState.FINISHED:
            return FinalState.FINISHED
        return _UNANSWERED.get(self.call.end_reason, FinalState.FAILED)

    @property
    def ring_duration(self) -> timedelta:
        """Until the answer; of a call that nobody answered, all of it."""
        return (self.call.established_at or self._ended_at) - self.call.created_at

    @property
    def duration(self) -> timedelta:
        """From the answer; of a call that nobody answered, nothing."""
        return self._ended_at - (self.call.established_at or self._ended_at)

    @property
    def _ended_at(self) -> datetime:
        assert self.call.ended_at is not None
        return self.call.ended_at
