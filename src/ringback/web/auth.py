"""Who is asking. This package knows a principal; `ringback.accounts` knows how to find one."""

from dataclasses import dataclass
from typing import Annotated, Protocol

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from fastapi.security.http import HTTPBase


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever holds the credentials of a request."""

    account_id: str
    """Everything the request reads or changes belongs to this account."""

    credential_id: str
    """The API key or user that was used; for logs."""


class Authenticator(Protocol):
    """How a request's credentials are checked; `app.py` plugs one in as `app.state.authenticator`."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """The owner of an `Authorization` header. Raises `Unauthenticated`."""


# These only describe the schemes in /openapi.json, under the contract's names; the authenticator reads the header.
_api_key = APIKeyHeader(
    name="Authorization", scheme_name="APIKeyHeader", description="`App <API key>`", auto_error=False
)
_basic = HTTPBase(scheme="basic", scheme_name="Basic", auto_error=False)


async def _authenticate(
    request: Request, _app: Annotated[object, Security(_api_key)], _password: Annotated[object, Security(_basic)]
) -> Principal:
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.authenticate(request.headers.get("authorization"))
    structlog.contextvars.bind_contextvars(account_id=principal.account_id, credential_id=principal.credential_id)
    return principal


Authenticated = Annotated[Principal, Depends(_authenticate)]
"""The type of a route's parameter that makes it refuse callers without credentials (401)."""
