"""What identities need from the world."""

from collections.abc import Callable
from typing import Protocol

from ringback.identities.model import TokenClaims


class Sessions(Protocol):
    """The sessions of this node. They are `ringback.signaling`'s."""

    async def end_sessions(self, stopped: Callable[[TokenClaims], bool]) -> int:
        """End every session whose token is `stopped`, with its calls; return how many there were.

        No session whose token was stopped before the call is left when this first waits for something.
        """
