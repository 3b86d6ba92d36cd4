"""Issues and revokes WebRTC tokens, and says whose token a request carries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ringback.accounts import find_api_key
from ringback.identities import store
from ringback.identities.model import (
    DEFAULT_TIME_TO_LIVE,
    DISPLAY_NAME_RULE,
    IDENTITY_RULE,
    MAX_TIME_TO_LIVE,
    RecordingPolicy,
    Revocation,
    RevocationKind,
    TokenClaims,
    is_display_name,
    is_identity,
)
from ringback.identities.revocations import Revocations
from ringback.identities.tokens import TokenSigner, TokenVerifier
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound, Unauthenticated
from ringback.kernel.ids import Ids
from ringback.kernel.redaction import Token
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.web import Principal

REMEMBERED_LIMIT: Final = 100_000
"""Identities whose further tokens need no transaction, at some 200 bytes each; beyond it the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, and when it stops working."""

    token: Token
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """A revocation, and how many sessions it has ended; None where another process has them."""

    revocation: Revocation
    ended_sessions: int | None


class Identities:
    """The service of this noun."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        audit: AuditLog,
        signer: TokenSigner,
        verifier: TokenVerifier,
        revocations: Revocations,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._signer = signer
        self._verifier = verifier
        self._revocations = revocations
        self._remembered: dict[tuple[str, str], None] = {}

    async def issue_token(
        self,
        account_id: str,
        identity: str,
        *,
        display_name: str | None = None,
        time_to_live: timedelta | None = None,
        recording: RecordingPolicy | None = None,
        issued_by: str | None = None,
    ) -> IssuedToken:
        """A token for `identity` in this account, which the account knows from now on.

        `issued_by` is the id of the credentials that ask for it; who revokes those revokes the token.
        Raises `InvalidRequest` naming the field, by the rules of the public API.
        """
        lifetime = DEFAULT_TIME_TO_LIVE if time_to_live is None else time_to_live
        if not is_identity(identity):
            raise InvalidRequest(IDENTITY_RULE, field="identity")
        if display_name is not None and not is_display_name(display_name):
            raise InvalidRequest(DISPLAY_NAME_RULE, field="displayName")
        if not timedelta(0) < lifetime <= MAX_TIME_TO_LIVE:
            seconds = int(MAX_TIME_TO_LIVE.total_seconds())
            raise InvalidRequest(f"must be between 1 and {seconds} seconds", field="timeToLive")
        now = self._clock.now()
        claims = TokenClaims(
            account_id=account_id,
            identity=identity,
            display_name=display_name,
            recording=recording,
            token_id=self._ids.new(),
            issued_by=issued_by,
            issued_at=now,
            expires_at=(now + lifetime).replace(microsecond=0),  # all that a JWT's readers understand
        )
        await self._remember(account_id, identity, now)
        return IssuedToken(self._signer.sign(claims), claims.expires_at)

    async def authenticate_token(self, credentials: str, _address: str) -> Principal:
        """Whose WebRTC token this is: an identity without any scope. Raises `Unauthenticated`."""
        claims = self._verifier.verify(credentials, self._clock.now())
        return Principal(
            account_id=claims.account_id,
            credential_id=claims.token_id,
            scopes=frozenset(),
            identity=claims.identity,
        )

    async def _remember(self, account_id: str, identity: str, now: datetime) -> None:
        """Store that the account has this identity, unless this process knows that it is stored."""
        if (account_id, identity) in self._remembered:
            return
        await self._database.write(lambda connection: store.remember(connection, account_id, identity, now))
        if len(self._remembered) >= REMEMBERED_LIMIT:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[account_id, identity] = None

    async def revoke_identity(self, by: Principal, identity: str) -> Revoked:
        """Revoke all tokens of an identity that were issued up to now. Raises `NotFound` for one that never had any."""

        def check(connection: Connection) -> None:
            if not store.is_known(connection, by.account_id, identity):
                raise NotFound("There is no such identity.")

        return await self._revoke(by, RevocationKind.IDENTITY, identity, check)

    async def revoke_token(self, by: Principal, token: str) -> Revoked:
        """Revoke one token. Raises `InvalidRequest` for what is none, and `NotFound` for another account's."""
        try:
            claims = self._verifier.read(token)
        except Unauthenticated:
            raise InvalidRequest("must be a WebRTC token of this installation", field="token") from None
        if claims.account_id != by.account_id:
            raise NotFound("There is no such token.")
        return await self._revoke(by, RevocationKind.TOKEN, claims.token_id)

    async def revoke_tokens_of_api_key(self, by: Principal, api_key_id: str) -> Revoked:
        """Revoke all tokens that an API key has issued up to now. Raises `NotFound`."""

        def check(connection: Connection) -> None:
            if find_api_key(connection, by.account_id, api_key_id) is None:
                raise NotFound("There is no such API key.")

        return await self._revoke(by, RevocationKind.API_KEY, api_key_id, check)

    async def _revoke(
        self, by: Principal, kind: RevocationKind, subject: str, check: Callable[[Connection], None] = lambda _: None
    ) -> Revoked:
        revocation = Revocation(by.account_id, kind, subject, self._clock.now())

        def work(connection: Connection) -> None:
            check(connection)
            store.revoke(connection, revocation)
            self._audit.append(
                connection,
                account_id=by.account_id,
                actor=by.credential_id,
                action="token.revoke",
                subject=subject,
                details={"kind": kind},
            )

        await self._database.write(work)
        return Revoked(revocation, await self._revocations.enforce([revocation], self._clock.now()))
