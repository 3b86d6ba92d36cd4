"""What was read from the database a moment ago, so that not every request has to ask it again."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from ringback.kernel.clock import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

RECENT_SECONDS: Final = 0.5
"""How old an answer may be. Another process (the command line) may have changed it meanwhile, and what is revoked has
to end within a second.
"""

RECENT_LIMIT: Final = 10_000
"""Answers that are kept at once, at about 1 KiB each."""


class Recent(Generic[Key, Value]):
    """Remembers for half a second what was found; what was not found is looked up each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[Key, tuple[float, Value]] = {}
        self._forgotten = 0

    async def find(self, key: Key, look_up: Callable[[], Awaitable[Value | None]]) -> Value | None:
        """What `look_up` finds, or has found for this key."""
        now = self._clock.monotonic()
        if (kept := self._found.get(key)) is not None and now < kept[0]:
            return kept[1]
        forgotten = self._forgotten
        value = await look_up()
        # What was read before a change may come back after it: then it is this request's, and nobody else's.
        if value is not None and forgotten == self._forgotten:
            if len(self._found) >= RECENT_LIMIT:
                self._found.clear()
            self._found[key] = (now + RECENT_SECONDS, value)
        return value

    def forget(self) -> None:
        """Something has changed: ask again, whatever it was."""
        self._found.clear()
        self._forgotten += 1
