"""Who speaks in a room, from how loud its microphones are. Pure.

Speech has pauses, so somebody who falls silent goes on speaking for a moment; a louder mark to begin than to end keeps
background noise from flickering.
"""

from collections.abc import Mapping
from typing import Final

BEGIN_DB: Final = -40
"""Loudness (dB of full scale) at which somebody begins to speak. Lower marks keyboards; higher misses quiet voices."""
END_DB: Final = -50
"""Loudness under which somebody is silent."""
PAUSE_SECONDS: Final = 0.8
"""How long somebody may be silent and still be speaking. Longer keeps up the last speaker; shorter flickers."""

MOST: Final = 10
"""How many speak at most. Nobody follows more, and a large room full of noise would tell everybody of everybody."""


class Speakers:
    """One room."""

    def __init__(self) -> None:
        self._heard_at: dict[str, float] = {}
        """Who speaks, and when it was last loud."""
        self._loudness: dict[str, int] = {}

    @property
    def deadline(self) -> float | None:
        """When somebody who is silent now stops speaking; call `recheck` then."""
        quiet = [at + PAUSE_SECONDS for id, at in self._heard_at.items() if self._loudness[id] <= END_DB]
        return min(quiet, default=None)

    def hear(self, loudness: Mapping[str, int], now: float) -> tuple[str, ...] | None:
        """How loud everybody in the room is. Returns who speaks, the loudest first, when that has changed."""
        before = set(self._heard_at)
        self._loudness = dict(loudness)
        for id in sorted(loudness, key=lambda id: -loudness[id]):
            goes_on = id in self._heard_at and loudness[id] > END_DB
            begins = loudness[id] >= BEGIN_DB and len(self._heard_at) < MOST
            if goes_on or begins:
                self._heard_at[id] = now
        return self._changed(before, now)

    def recheck(self, now: float) -> tuple[str, ...] | None:
        """Nothing was heard since. Returns who still speaks, when that has changed."""
        return self._changed(set(self._heard_at), now)

    def _changed(self, before: set[str], now: float) -> tuple[str, ...] | None:
        for id, at in list(self._heard_at.items()):
            level = self._loudness.get(id)
            if level is None or (level <= END_DB and now >= at + PAUSE_SECONDS):
                del self._heard_at[id]
        if set(self._heard_at) == before:
            return None
        return tuple(sorted(self._heard_at, key=lambda id: -self._loudness[id]))
