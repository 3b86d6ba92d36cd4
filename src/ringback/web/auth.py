"""Who is asking. This package knows a principal; `ringback.accounts` and `ringback.identities` know how to find one."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Request

from ringback.kernel.errors import Forbidden, Unauthenticated
from ringback.kernel.scopes import EVERY_SCOPE


class Scheme(StrEnum):
    """The ways to prove who is asking (contract §1.2), by their names in /openapi.json."""

    API_KEY = "APIKeyHeader"
    BASIC = "Basic"
    IBSSO = "IBSSOTokenHeader"
    OAUTH2 = "OAuth2"
    WEBRTC_TOKEN = "WebRTCToken"  # noqa: S105 - a name


BACKENDS: Final = (Scheme.API_KEY, Scheme.BASIC, Scheme.IBSSO, Scheme.OAUTH2)
"""What nearly every operation accepts."""

PEOPLE: Final = (Scheme.BASIC, Scheme.IBSSO, Scheme.OAUTH2)
"""For what an API key may not do: make other API keys."""

DEVICES: Final = (Scheme.WEBRTC_TOKEN,)
"""For what SDKs do over HTTP. A token that reached a browser opens nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever holds the credentials of a request."""

    account_id: str
    """Everything the request reads or changes belongs to this account."""

    credential_id: str
    """The API key, user or token that was used; for logs and the audit log."""

    scopes: frozenset[str] = EVERY_SCOPE
    reads_only: bool = False
    """It may look at everything in its scopes, and change nothing."""

    identity: str | None = None
    """Whom a WebRTC token stands for."""

    def require(self, scopes: Collection[str], *, reading: bool) -> None:
        """Raises `Forbidden` unless it has one of `scopes` and, if it reads only, is `reading`.

        Without scopes whoever is known may, also one who reads only: it is about nobody but the caller.
        """
        if scopes and not self.scopes.intersection((*scopes, *EVERY_SCOPE)):
            raise Forbidden
        if scopes and self.reads_only and not reading:
            raise Forbidden


Authenticator = Callable[[str, str], Awaitable[Principal]]
"""Whose credentials these are: what follows the scheme's word in `Authorization`, and the address of the client.

Raises `Unauthenticated`, or `TooManyRequests` for who guesses.
"""

Authenticators = Mapping[Scheme, Authenticator]

_SCHEME_OF: Final = {"app": Scheme.API_KEY, "basic": Scheme.BASIC, "ibsso": Scheme.IBSSO, "bearer": Scheme.OAUTH2}


async def authenticate(request: Request, accepted: Collection[str], authenticators: Authenticators) -> Principal:
    """The principal of a request, by one of the `accepted` schemes. Raises `Unauthenticated`."""
    word, _, credentials = request.headers.get("authorization", "").partition(" ")
    scheme = _SCHEME_OF.get(word.lower())
    if scheme is Scheme.OAUTH2 and Scheme.WEBRTC_TOKEN in accepted:
        scheme = Scheme.WEBRTC_TOKEN  # both say Bearer; no operation accepts both
    if scheme is None or scheme not in accepted:
        raise Unauthenticated
    principal = await authenticators[scheme](credentials.strip(), request.client.host if request.client else "")
    structlog.contextvars.bind_contextvars(account_id=principal.account_id, credential_id=principal.credential_id)
    request.state.principal = principal
    return principal


async def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


Authenticated = Annotated[Principal, Depends(_principal)]
"""The type of a parameter of an operation that wants to know who is asking."""


def security_schemes(origin: str) -> dict[str, dict[str, Any]]:
    """How the OpenAPI document describes the schemes; `origin` is that of the API."""
    return {
        Scheme.API_KEY: {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "`App <API key>`",
        },
        Scheme.BASIC: {"type": "http", "scheme": "basic", "description": "Username and password of a user."},
        Scheme.IBSSO: {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "`IBSSO <token>`, from `POST /auth/1/session`.",
        },
        Scheme.OAUTH2: {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": f"{origin}/auth/1/oauth2/token", "scopes": {}}},
            "description": "`Bearer <access token>`, from `POST /auth/1/oauth2/token`.",
        },
        Scheme.WEBRTC_TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A WebRTC token, from `POST /webrtc/1/token`.",
        },
    }
