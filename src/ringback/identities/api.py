"""`POST /webrtc/1/token` of the public API with its twin without a key for the demo, and revocations."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter
from pydantic import AfterValidator, Field, StrictInt, StrictStr, model_validator

from ringback.accounts import DEFAULT_ACCOUNT, Accounts
from ringback.identities.model import (
    DEFAULT_TIME_TO_LIVE,
    DISPLAY_NAME_LENGTH,
    DISPLAY_NAME_RULE,
    IDENTITY_PATTERN,
    IDENTITY_RULE,
    MAX_TIME_TO_LIVE,
    RecordingPolicy,
    RevocationKind,
    is_display_name,
    is_identity,
)
from ringback.identities.service import Identities, IssuedToken, Revoked
from ringback.identities.tokens import TOKEN_LENGTH
from ringback.web import Authenticated, Moment, Operation, RequestModel, ResponseModel, Text, described

_KEY_ID_LENGTH: Final = 64

_MAX_SECONDS = int(MAX_TIME_TO_LIVE.total_seconds())

TOKEN_SCOPES: Final = ("webrtc:manage", "webrtc:identity:manage")

_DEPRECATED = Field(json_schema_extra={"deprecated": True})  # `deprecated=True` would warn whenever we read the field


def _identity(text: str) -> str:
    if not is_identity(text):
        raise ValueError(IDENTITY_RULE)
    return text


def _display_name(text: str) -> str:
    if not is_display_name(text):
        raise ValueError(DISPLAY_NAME_RULE)
    return text


# The service checks these rules for everybody; here they are checked with the other fields, so that all that is wrong
# with a request is told at once.
IdentityText = Annotated[
    StrictStr, AfterValidator(_identity), Field(json_schema_extra={"pattern": IDENTITY_PATTERN}, examples=["alice"])
]
DisplayName = Annotated[
    StrictStr,
    AfterValidator(_display_name),
    Field(
        json_schema_extra={"minLength": DISPLAY_NAME_LENGTH.start, "maxLength": DISPLAY_NAME_LENGTH.stop - 1},
        examples=["Alice"],
    ),
]


class CapabilitiesCreate(RequestModel):
    recording: RecordingPolicy | None = None
    """Instead, the account's settings say what is recorded."""


class DemoTokenCreate(RequestModel):
    identity: IdentityText
    """Who connects with this token: a name that you choose, and that others call."""

    display_name: DisplayName | None = None
    """What the others see; the identity, where there is none."""


class TokenCreate(DemoTokenCreate):
    time_to_live: Annotated[StrictInt, Field(gt=0, le=_MAX_SECONDS)] = int(DEFAULT_TIME_TO_LIVE.total_seconds())
    """Seconds until the token expires. A connection that it has opened does not end with it."""

    capabilities: Annotated[CapabilitiesCreate | None, _DEPRECATED] = None
    application_id: Annotated[Any, _DEPRECATED] = None
    """Accepted from older clients, and ignored."""


class TokenAnswer(ResponseModel):
    token: Annotated[str, Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJpZGVudGl0eSI6ImFsaWNlIn0.3fU8RzJ0kQ"])]
    """What the SDK connects with. Whoever has it can call and be called as this identity, so give it to nobody else."""

    expiration_time: Annotated[str, Field(examples=["2026-01-31T20:00:00.000Z"])]
    """ISO 8601 in UTC, ending in `Z`."""


class RevocationCreate(RequestModel):
    """Exactly one of them."""

    identity: IdentityText | None = None
    """Revokes all tokens of this identity that were issued up to now."""

    token: Annotated[Text, Field(max_length=TOKEN_LENGTH)] | None = None
    """Revokes this token."""

    api_key_id: Annotated[Text, Field(max_length=_KEY_ID_LENGTH)] | None = None
    """Revokes all tokens that this API key has issued up to now."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.identity, self.token, self.api_key_id].count(None) != 2:
            raise ValueError("must have exactly one of identity, token and apiKeyId")
        return self


class RevocationAnswer(ResponseModel):
    identity: str | None = None
    """The identity whose tokens were revoked."""

    token_id: Annotated[str | None, Field(examples=["2c9d2a2e-9f0b-4a55-8a45-0b3c7a1d9f10"])] = None
    """The id of the token that was revoked: its claim `jti`."""

    api_key_id: str | None = None
    """The API key whose tokens were revoked."""

    revoked_at: Moment
    """Tokens that were issued later are not revoked."""

    ended_sessions: int | None = None
    """How many connections have ended, with their calls."""


def token_routes(identities: Identities) -> APIRouter:
    """Tokens, and their revocation."""
    router = APIRouter(prefix="/webrtc/1", tags=["webrtc-calls"], route_class=Operation)

    @router.post("/token", **described("generate-webrtc-token", scopes=TOKEN_SCOPES, errors=(400,)))
    async def create(principal: Authenticated, body: TokenCreate) -> TokenAnswer:
        """Create a token.

        With it, an SDK in a browser or app connects as one identity. Ask for it in your backend when somebody signs in
        there: only the backend may know the API key.
        """
        issued = await identities.issue_token(
            principal.account_id,
            body.identity,
            display_name=body.display_name,
            time_to_live=timedelta(seconds=body.time_to_live),
            recording=body.capabilities.recording if body.capabilities else None,
            issued_by=principal.credential_id,
        )
        return _answer(issued)

    @router.post(
        "/revocations",
        status_code=201,
        **described(
            "create-webrtc-revocation", scopes=TOKEN_SCOPES, limit="20/second", errors=(400, 404), repeatable=True
        ),
    )
    async def revoke(principal: Authenticated, body: RevocationCreate) -> RevocationAnswer:
        """Revoke tokens.

        They open nothing any more, and the connections that they have opened end within a second, with their calls.
        Revoke an identity when somebody may not call any longer, a token when it came into wrong hands, and the tokens
        of an API key when the key did. Disabling an API key revokes its tokens as well.
        """
        if body.identity is not None:
            return _revocation(await identities.revoke_identity(principal, body.identity))
        if body.token is not None:
            return _revocation(await identities.revoke_token(principal, body.token))
        assert body.api_key_id is not None
        return _revocation(await identities.revoke_tokens_of_api_key(principal, body.api_key_id))

    return router


def demo_token_routes(identities: Identities, accounts: Accounts) -> APIRouter:
    """Tokens of the default account for anybody who can reach this server. Not even routed unless the demo is on."""
    router = APIRouter(prefix="/demo/1", include_in_schema=False, route_class=Operation)

    @router.post("/token", **described("create-demo-token", accepts=(), errors=(400,)))
    async def create(body: DemoTokenCreate) -> TokenAnswer:
        account = await accounts.find_account(DEFAULT_ACCOUNT)
        return _answer(await identities.issue_token(account.id, body.identity, display_name=body.display_name))

    return router


def _answer(issued: IssuedToken) -> TokenAnswer:
    return TokenAnswer(token=issued.token.reveal(), expiration_time=_iso(issued.expires_at))


def _revocation(revoked: Revoked) -> RevocationAnswer:
    kind, subject = revoked.revocation.kind, revoked.revocation.subject
    return RevocationAnswer(
        identity=subject if kind is RevocationKind.IDENTITY else None,
        token_id=subject if kind is RevocationKind.TOKEN else None,
        api_key_id=subject if kind is RevocationKind.API_KEY else None,
        revoked_at=revoked.revocation.revoked_at,
        ended_sessions=revoked.ended_sessions,
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
