"""Signs and checks WebRTC tokens: JWTs with HS256 and one key per installation.

Claims: `identity`, `name` (when there is a display name), `exp`, `iat`, `jti`, `caps` (as in the public API), and our
own `account`, `by` (the credentials that issued it, when there were any) and `recording` (when the token says anything
about it). `iat` has microseconds.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64encode

from ringback.identities.model import RecordingPolicy, TokenClaims, is_display_name, is_identity
from ringback.identities.revocations import Revocations
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.redaction import Secret, Token

TOKEN_LENGTH: Final = 4096
"""Longest token that is looked at. Ours stay under 2,300 characters, with every name at its longest."""

_HEADER: Final = {"typ": "JWT", "alg": "HS256"}  # in the order in which joserfc writes it

_HEADER_PART: Final = urlsafe_b64encode(json.dumps(_HEADER, separators=(",", ":")).encode()).decode() + "."
"""How every token of ours begins. Another header (`none`, `kid`, `jwk`, `crit`, …) is refused without being parsed."""

_RECORDING_CAPABILITY: Final = 2
"""In `caps` of the public API's example token, which was made with recording ALWAYS."""


class TokenSigner:
    """Makes tokens. `secret_key` is the installation's; the signing key is derived from it for this purpose only."""

    def __init__(self, secret_key: Secret) -> None:
        self._key = _signing_key(secret_key)

    def sign(self, claims: TokenClaims) -> Token:
        """The token that says `claims`."""
        body: dict[str, Any] = {
            "identity": claims.identity,
            "account": claims.account_id,
            "iat": claims.issued_at.timestamp(),
            "exp": int(claims.expires_at.timestamp()),
            "jti": claims.token_id,
            "caps": [_RECORDING_CAPABILITY] if claims.recording is RecordingPolicy.ALWAYS else [],
        }
        if claims.display_name is not None:
            body["name"] = claims.display_name
        if claims.issued_by is not None:
            body["by"] = claims.issued_by
        if claims.recording is not None:
            body["recording"] = claims.recording.value
        return Token(jwt.encode(_HEADER, body, self._key))


class TokenVerifier:
    """Checks tokens of this installation. Needs no database, so a connecting SDK costs microseconds."""

    def __init__(self, secret_key: Secret, revocations: Revocations) -> None:
        self._key = _signing_key(secret_key)
        self._revocations = revocations

    def verify(self, token: str, now: datetime, *, expired_ok: bool = False) -> TokenClaims:
        """What `token` proves. Raises `Unauthenticated` when it is not ours, altered, malformed, revoked or expired.

        `expired_ok` is for who only goes on with what was begun in time.
        """
        claims = self.read(token)
        if (now >= claims.expires_at and not expired_ok) or self._revocations.stops(claims):
            raise Unauthenticated
        return claims

    def read(self, token: str) -> TokenClaims:
        """What a token of this installation says, whether it still proves it or not.

        Raises `Unauthenticated` when it is not ours, altered or malformed.
        """
        if len(token) > TOKEN_LENGTH or not token.startswith(_HEADER_PART):
            raise Unauthenticated
        try:
            body = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            claims = _claims(body)
        except (JoseError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise Unauthenticated from None
        if "nbf" in body:
            raise Unauthenticated
        return claims


def _claims(body: dict[str, Any]) -> TokenClaims:
    """Raises KeyError, TypeError or ValueError for anything that `TokenSigner` would not have signed."""
    name = body.get("name")
    recording = body.get("recording")
    issued_by = body.get("by")
    texts = (body["identity"], body["account"], body["jti"], *(() if issued_by is None else (issued_by,)))
    if not all(type(text) is str and text for text in texts) or not is_identity(body["identity"]):
        raise ValueError
    if name is not None and not (type(name) is str and is_display_name(name)):
        raise ValueError
    if type(body["iat"]) not in (int, float) or type(body["exp"]) is not int:
        raise TypeError
    return TokenClaims(
        account_id=body["account"],
        identity=body["identity"],
        display_name=name,
        recording=None if recording is None else RecordingPolicy(recording),
        token_id=body["jti"],
        issued_by=issued_by,
        issued_at=datetime.fromtimestamp(body["iat"], UTC),
        expires_at=datetime.fromtimestamp(body["exp"], UTC),
    )


def _signing_key(secret_key: Secret) -> OctKey:
    purpose = b"ringback WebRTC tokens"
    return OctKey.import_key(hmac.digest(secret_key.reveal().encode(), purpose, hashlib.sha256))
