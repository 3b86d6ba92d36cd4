"""Numbers that parts keep of themselves. They are plain; who shows them (`web/metrics.py`) reads them when asked."""

from bisect import bisect_left
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. From one write on a good disk to what no caller waits for; more bounds would be more to store, each time."""


class Durations:
    """How long something took, all the times that it was done."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts: Final = [0] * (len(BOUNDS) + 1)
        """How often it took up to each of `BOUNDS`, but longer than the bound before; the last one is for the rest."""
        self.seconds = 0.0
        """All of it together."""

    def add(self, seconds: float) -> None:
        """It was done once more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Figure(NamedTuple):
    """What is shown: a number that goes up and down, one that only grows if its name ends in `_total`, or durations."""

    name: str
    about: str
    value: float | Durations
    labels: Mapping[str, str] = MappingProxyType({})
    """A few values that are known beforehand: never ids, paths, names or anything else that callers choose."""
