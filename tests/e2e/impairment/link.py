"""One direction of a network path, without a network: when, and whether, a packet arrives."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a path does to packets."""

    delay: float = 0.0
    """Seconds one way."""
    jitter: float = 0.0
    """Up to so many seconds more for each packet; packets do not overtake each other."""
    loss: float = 0.0
    """The share of packets that are lost, 0 ... 1."""
    burst: float = 1.0
    """How many packets are lost in a row, on average; 1 is independent losses (Gilbert-Elliott otherwise)."""
    rate: float | None = None
    """Bits per second; None for as many as come."""
    queue: float = 0.2
    """Seconds that a packet may wait for the ones before it, at `rate`; what would wait longer is dropped."""
    up: bool = True
    """False: nothing arrives."""


class Link:
    """One direction of a path. `conditions` may be exchanged at any time."""

    def __init__(self, conditions: Conditions, random: Random) -> None:
        self.conditions = conditions
        self._random = random
        self._losing = False
        self._sent_until = 0.0
        self._last_arrival = 0.0

    def carry(self, size: int, now: float) -> float | None:
        """When a packet of `size` bytes that enters now arrives; None if it does not."""
        given = self.conditions
        if not given.up or self._loses():
            return None
        begins = max(now, self._sent_until)
        if begins - now > given.queue:
            return None
        if given.rate is not None:
            self._sent_until = begins = begins + size * 8 / given.rate
        arrival = begins + given.delay + given.jitter * self._random.random()
        self._last_arrival = max(arrival, self._last_arrival)
        return self._last_arrival

    def _loses(self) -> bool:
        given = self.conditions
        if given.burst <= 1:
            return self._random.random() < given.loss
        # Two states: of the bad one, in which all is lost, the mean length is `burst`, and its share of time is `loss`.
        change = 1 / given.burst if self._losing else given.loss / (given.burst * (1 - given.loss))
        if self._random.random() < change:
            self._losing = not self._losing
        return self._losing
