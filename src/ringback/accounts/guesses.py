"""Slows down who guesses passwords, and tells nobody which usernames exist.

Two things are counted: wrong passwords from one network, and wrong passwords for one username. Who has signed in from
a network before is held only to the first, so that strangers cannot lock people out of their own place.
"""

import ipaddress
from typing import Final

from ringback.accounts.model import Address
from ringback.kernel.clock import Clock
from ringback.web.limits import Limit, RateLimits

PER_NETWORK: Final = Limit(30, 60)
"""Wrong passwords from one network: enough for an office behind one address, on a bad morning."""

PER_USERNAME: Final = Limit(10, 60)
"""Wrong passwords for one username from networks where nobody of this name was seen. More guesses per day; fewer lock
out somebody on a journey for a minute sooner.
"""

FAMILIAR_LIMIT: Final = 10_000
"""Pairs of username and network that are remembered, at some 300 bytes each; beyond it the oldest is forgotten."""


class Guesses:
    """The wrong passwords of the last minute. Of this node only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong = RateLimits()
        self._familiar: dict[tuple[str, str], None] = {}

    def require_patience(self, username: str, address: Address | None) -> None:
        """Raises `TooManyRequests` when a password for `username` may not even be tried from there now."""
        now, network = self._clock.monotonic(), _network(address)
        self._wrong.require_room("network", network, PER_NETWORK, now)
        if (username, network) not in self._familiar:
            self._wrong.require_room("username", username, PER_USERNAME, now)

    def wrong(self, username: str, address: Address | None) -> None:
        """The password was wrong, or there is nobody of this name. Raises `TooManyRequests` beyond the limits."""
        now, network = self._clock.monotonic(), _network(address)
        self._wrong.count("network", network, PER_NETWORK, now)
        if (username, network) not in self._familiar:
            self._wrong.count("username", username, PER_USERNAME, now)

    def right(self, username: str, address: Address | None) -> None:
        """The password was right: from this network, strangers cannot lock this user out any more."""
        pair = (username, _network(address))
        self._familiar.pop(pair, None)  # so that the oldest comes first
        if len(self._familiar) >= FAMILIAR_LIMIT:
            del self._familiar[next(iter(self._familiar))]
        self._familiar[pair] = None


def _network(address: Address | None) -> str:
    """Whom to count together: an IPv6 customer has at least 2^64 addresses."""
    if address is None or address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
