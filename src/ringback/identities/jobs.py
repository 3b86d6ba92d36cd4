"""What happens around identities without anybody asking: others revoke tokens and disable API keys, and it is found."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from ringback.accounts import keys_disabled_since
from ringback.identities import store
from ringback.identities.model import MAX_TIME_TO_LIVE, Revocation, RevocationKind
from ringback.identities.revocations import Revocations
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.storage import Connection, Database

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5
"""Between two looks. A revoked session may last for 1 s: half of it is for looking, half for ending the calls."""

OVERLAP: Final = timedelta(minutes=1)
"""How far a look reaches back behind the one before: for transactions that commit late, and clocks that differ."""


LAST_TOKENS: Final = timedelta(seconds=1)
"""How long after its end a key may still issue tokens, which are stopped, too: requests are under way, and what a
process has read of a key is believed for half a second.
"""


class RevocationWatch:
    """Brings to `revocations` what others write: accounts that disable a key, the command line, other nodes."""

    def __init__(self, database: Database, revocations: Revocations, clock: Clock) -> None:
        self._database = database
        self._revocations = revocations
        self._clock = clock
        self._looked_at: datetime | None = None

    async def look(self) -> None:
        """Learn what is new; the first time, everything. Returns when the sessions have ended."""
        now = self._clock.now()
        since = (self._looked_at or now - MAX_TIME_TO_LIVE) - OVERLAP
        await self._revocations.enforce(await self._database.read(lambda connection: _revoked(connection, since)), now)
        self._looked_at = now

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Unavailable:
                log.warning("revocations wait for the database")
            except Exception:
                log.exception("revocations not read")  # whatever it is: nobody may stay because of it


def _revoked(connection: Connection, since: datetime) -> list[Revocation]:
    ended = [
        Revocation(key.account_id, RevocationKind.API_KEY, key.id, key.disabled_at + LAST_TOKENS)
        for key in keys_disabled_since(connection, since)
        if key.disabled_at is not None
    ]
    return [*store.revoked_since(connection, since), *ended]
