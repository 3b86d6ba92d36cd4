"""Rate limits: how often an account may use an operation. Time is an argument."""

import math
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from ringback.kernel.errors import RingbackError, TooManyRequests

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

SWEEP_SIZE: Final = 10_000
"""Counters kept before those whose window is over are thrown away; at some 200 bytes each."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """`100/second`, `10/minute`, … Raises ValueError."""
        if not (found := re.fullmatch(r"(\d{1,9})/(second|minute|hour|day)", text)) or int(found[1]) == 0:
            raise ValueError("a rate limit is written like 100/second, 10/minute, 1000/hour or 40/day")
        return cls(int(found[1]), _SECONDS[found[2]])

    def __str__(self) -> str:
        unit = next(unit for unit, seconds in _SECONDS.items() if seconds == self.seconds)
        return f"{self.requests}/{unit}"


class OperationUnknown(RingbackError):
    """A rate limit is set for an operation that does not exist."""

    code = "OPERATION_UNKNOWN"


class RateLimits:
    """Counts in windows that begin with their first request. Of this node only: a cluster allows it on each node."""

    def __init__(self, chosen: Mapping[str, Limit] | None = None) -> None:
        """`chosen` are the operator's limits by operation id; they win over those that the operations bring."""
        self._chosen = chosen or {}
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def of(self, operation: str, usual: Limit | None) -> Limit | None:
        """The limit that is in force; `usual` is the one that the operation brings."""
        return self._chosen.get(operation, usual)

    def require_known(self, operations: Set[str]) -> None:
        """Raises `OperationUnknown` unless every limit that was chosen is for one of these."""
        if unknown := self._chosen.keys() - operations:
            raise OperationUnknown(f"A rate limit is set for what is no operation: {', '.join(sorted(unknown))}.")

    def count(self, operation: str, who: str, usual: Limit | None, now: float) -> None:
        """One more request; `now` in monotonic seconds. Raises `TooManyRequests` when it is one too many."""
        limit = self.of(operation, usual)
        if limit is None:
            return
        self.require_room(operation, who, limit, now)
        end, used = self._windows.get((operation, who), (0.0, 0))
        if now >= end:
            if len(self._windows) >= SWEEP_SIZE:
                self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
            end, used = now + limit.seconds, 0
        self._windows[operation, who] = (end, used + 1)

    def require_room(self, operation: str, who: str, limit: Limit, now: float) -> None:
        """Raises `TooManyRequests` when one more would be one too many, and counts nothing."""
        end, used = self._windows.get((operation, who), (0.0, 0))
        if now < end and used >= limit.requests:
            raise TooManyRequests(max(1, math.ceil(end - now)))
