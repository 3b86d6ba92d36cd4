"""`/auth/1`: users sign in and out."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Header, Request, Response
from pydantic import Field, StrictBool, StrictStr

from ringback.accounts.authentication import Authentication
from ringback.accounts.model import LOGIN_LIFETIME, LoginKind
from ringback.kernel.redaction import Secret
from ringback.web import ErrorBody, Operation, RequestModel, ResponseModel, Scheme, described
from ringback.web.errors import error_answer

SIGN_IN_LIMIT: Final = "10/second"

GRANT: Final = "client_credentials"


async def _kept_nowhere(response: Response) -> None:
    """RFC 6749 §5.1: what opens something stays in no cache on its way."""
    response.headers["Cache-Control"] = "no-store"


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


Address = Annotated[str, Depends(_address)]


class SessionCreate(RequestModel):
    username: Annotated[StrictStr, Field(examples=["anna"])]
    password: Annotated[StrictStr, Field(examples=["correct horse battery staple"])]
    unsafe: StrictBool = False
    """The session is good from every address, and not only from the one that asks for it."""


class SessionAnswer(ResponseModel):
    token: Annotated[str, Field(examples=["v0mG6nJ4xvRk2sQ0bFhZ8w1dYtLc"])]
    """For `Authorization: IBSSO <token>`. It is good for 60 minutes."""


class AccessTokenCreate(RequestModel):
    client_id: Annotated[StrictStr, Field(alias="client_id", examples=["anna"])]
    """The username."""

    client_secret: Annotated[StrictStr, Field(alias="client_secret", examples=["correct horse battery staple"])]
    """The password."""

    grant_type: Annotated[StrictStr, Field(alias="grant_type", examples=[GRANT])]
    """`client_credentials`; there are no others."""


class AccessTokenAnswer(ResponseModel):
    access_token: Annotated[str, Field(alias="access_token", examples=["v0mG6nJ4xvRk2sQ0bFhZ8w1dYtLc"])]
    """For `Authorization: Bearer <token>`."""

    expires_in: Annotated[int, Field(alias="expires_in", examples=[3600])]
    """Seconds."""

    token_type: Annotated[str, Field(alias="token_type")] = "Bearer"  # noqa: S105 - a name


def auth_routes(authentication: Authentication) -> APIRouter:
    """Sign in and out."""
    router = APIRouter(
        prefix="/auth/1", tags=["account-management"], route_class=Operation, dependencies=[Depends(_kept_nowhere)]
    )

    @router.post("/session", **described("create-session", accepts=(), limit=SIGN_IN_LIMIT, errors=(400, 401)))
    async def create_session(body: SessionCreate, address: Address) -> SessionAnswer:
        """Sign in.

        The session opens what the user's role allows, for 60 minutes. A user may have several sessions. After some
        wrong passwords the answer is 429 for a minute.
        """
        token = await authentication.sign_in(
            LoginKind.IBSSO, body.username, Secret(body.password), address, bound=not body.unsafe
        )
        return SessionAnswer(token=token.reveal())

    @router.delete(
        "/session",
        **described("destroy-session", accepts=(Scheme.IBSSO,), limit=SIGN_IN_LIMIT),
        response_class=Response,
    )
    async def destroy_session(authorization: Annotated[str, Header(include_in_schema=False)]) -> Response:
        """Sign out.

        The session that carries this request ends at once; the user's other sessions go on.
        """
        await authentication.sign_out(Secret(authorization.partition(" ")[2].strip()))
        return Response()

    @router.post(
        "/oauth2/token",
        **described(
            "create-oauth2-token",
            accepts=(),
            limit=SIGN_IN_LIMIT,
            errors=(400, 401),
            body=ErrorBody.OAUTH_API_EXCEPTION,
        ),
        response_model=AccessTokenAnswer,
    )
    async def create_access_token(
        body: Annotated[AccessTokenCreate, Form()], address: Address
    ) -> AccessTokenAnswer | Response:
        """Sign in by OAuth 2.

        The access token opens what the user's role allows. `expires_in` says for how many seconds.
        """
        if body.grant_type != GRANT:
            return error_answer(
                HTTPStatus.BAD_REQUEST,
                ErrorBody.OAUTH_API_EXCEPTION,
                code="unsupported_grant_type",
                fields={"grant_type": [f"must be {GRANT}"]},
            )
        token = await authentication.sign_in(
            LoginKind.OAUTH2, body.client_id, Secret(body.client_secret), address, bound=False
        )
        return AccessTokenAnswer(access_token=token.reveal(), expires_in=int(LOGIN_LIFETIME.total_seconds()))

    return router
