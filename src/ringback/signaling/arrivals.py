"""Holds back who opens sessions too fast: each is written down twice, and the database is everybody's."""

from typing import Final

from ringback.identities.model import TokenClaims
from ringback.kernel.errors import TooManyRequests, Unavailable
from ringback.web.limits import Limit, RateLimits

PER_IDENTITY: Final = Limit(120, 60)
"""New sessions. After a restart every device comes back once: fewer would hold back an identity that a whole team
shares. More would let one token write more than some 350,000 rows a day."""

PER_ACCOUNT: Final = Limit(6_000, 60)
"""New sessions. After a restart every client comes back once: with fewer, more of a large account wait for the next
minute. More would let one account write more than some 17 million rows a day."""


class Arrivals:
    """Counts new sessions, on this node. A session that is resumed is not new."""

    def __init__(self) -> None:
        self._counted = RateLimits()

    def count(self, claims: TokenClaims, now: float) -> None:
        """One more; `now` in monotonic seconds. Raises `Unavailable` when it is one too many, and counts nothing."""
        identity = f"{claims.account_id} {claims.identity}"
        try:
            self._counted.require_room("account", claims.account_id, PER_ACCOUNT, now)
            self._counted.count("identity", identity, PER_IDENTITY, now)
            self._counted.count("account", claims.account_id, PER_ACCOUNT, now)
        except TooManyRequests:
            raise Unavailable("Too many connections were opened in a short time; try again later.") from None
