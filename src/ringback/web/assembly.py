"""Puts routes, pages and the shared behaviour together into one ASGI application."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from ringback import __version__
from ringback.kernel.ids import Ids
from ringback.web.auth import Authenticator
from ringback.web.errors import install_error_handlers
from ringback.web.health import Check, health_routes
from ringback.web.middleware import EveryRequest
from ringback.web.pages import STATIC_PAGES, Pages

BODY_LIMIT: Final = 256 * 1024
"""Bytes of a request's body, unless a route says otherwise: ten times the largest call anybody describes in JSON."""


def assemble(
    *,
    authenticator: Authenticator,
    ids: Ids,
    routers: Iterable[APIRouter],
    checks: Mapping[str, Check],
    home: str | None,
    pages: Path = STATIC_PAGES,
) -> FastAPI:
    """The application. `home` is the path that `/` leads people to; without it `/` only says what this is."""
    # FastAPI's own documentation pages load scripts from a public host.
    app = FastAPI(title="Ringback", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.authenticator = authenticator
    install_error_handlers(app)
    app.add_middleware(EveryRequest, ids=ids)

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        if home:
            return RedirectResponse(home, HTTPStatus.TEMPORARY_REDIRECT)
        return PlainTextResponse("Ringback\n")

    for router in (health_routes(checks), *routers):
        app.include_router(router, max_body_size=BODY_LIMIT)
    app.mount("/app", Pages(pages))
    _describe_errors_as_they_are(app)
    return app


def _describe_errors_as_they_are(app: FastAPI) -> None:
    """FastAPI documents a 422 for every body; here such a request gets the 400 that the routes describe."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            for path in schema["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            for name in ("HTTPValidationError", "ValidationError"):
                schema["components"]["schemas"].pop(name, None)
        return app.openapi_schema or schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
