"""What this node knows to be revoked: in memory, because every connecting SDK asks."""

from collections.abc import Iterable
from datetime import datetime

from ringback.identities.model import MAX_TIME_TO_LIVE, Revocation, RevocationKind, TokenClaims
from ringback.identities.ports import Sessions


class Revocations:
    """One per process. Revocations come from the service of this process, and from `RevocationWatch`."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, RevocationKind, str], datetime] = {}
        """In the order in which they were learnt."""
        self._sessions: Sessions | None = None

    def attach(self, sessions: Sessions) -> None:
        """Name who ends sessions. They are built after the identities whose tokens they check."""
        self._sessions = sessions

    def stops(self, claims: TokenClaims) -> bool:
        """Whether a token is revoked."""
        named = [(RevocationKind.IDENTITY, claims.identity), (RevocationKind.TOKEN, claims.token_id)]
        if claims.issued_by is not None:
            named.append((RevocationKind.API_KEY, claims.issued_by))
        return any(
            revoked_at is not None and claims.issued_at <= revoked_at
            for kind, subject in named
            for revoked_at in (self._latest.get((claims.account_id, kind, subject)),)
        )

    async def enforce(self, revocations: Iterable[Revocation], now: datetime) -> int | None:
        """From now on refuse these tokens; end the sessions that they opened.

        Returns how many sessions have ended here, or None in a process that has no sessions.
        """
        news = [revocation for revocation in revocations if self._learn(revocation)]
        self._forget(now - MAX_TIME_TO_LIVE)
        if self._sessions is None:
            return None
        return await self._sessions.end_sessions(self.stops) if news else 0

    def _learn(self, revocation: Revocation) -> bool:
        key = (revocation.account_id, revocation.kind, revocation.subject)
        known = self._latest.get(key)
        if known is not None and known >= revocation.revoked_at:
            return False
        self._latest.pop(key, None)
        self._latest[key] = revocation.revoked_at
        return True

    def _forget(self, until: datetime) -> None:
        while self._latest and self._latest[oldest := next(iter(self._latest))] <= until:
            del self._latest[oldest]
