"""Issues WebRTC tokens, and says whose token a request carries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ringback.identities import store
from ringback.identities.model import (
    DEFAULT_TIME_TO_LIVE,
    DISPLAY_NAME_RULE,
    IDENTITY_RULE,
    MAX_TIME_TO_LIVE,
    RecordingPolicy,
    TokenClaims,
    is_display_name,
    is_identity,
)
from ringback.identities.tokens import TokenSigner, TokenVerifier
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest
from ringback.kernel.ids import Ids
from ringback.kernel.redaction import Token
from ringback.storage import Database
from ringback.web import Principal


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, and when it stops working."""

    token: Token
    expires_at: datetime


class Identities:
    """The service of this noun."""

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, signer: TokenSigner, verifier: TokenVerifier
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._signer = signer
        self._verifier = verifier

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
        await self._database.write(lambda connection: store.remember(connection, account_id, identity, now))
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
