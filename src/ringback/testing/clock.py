"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta


class VirtualClock:
    """`ringback.kernel.clock.Clock` for tests. Starts at a fixed moment; both of its times move together."""

    def __init__(self, now: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
