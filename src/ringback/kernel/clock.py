"""Time enters the program here and nowhere else; everything below takes `now` as an argument."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the rims read time. `ringback.testing.clock.VirtualClock` is the other implementation."""

    def now(self) -> datetime:
        """The wall clock, always in UTC. For what people read and for what is stored."""

    def monotonic(self) -> float:
        """Seconds that never jump. For time-outs and rates."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251 - the one place
