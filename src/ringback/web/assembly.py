"""Puts routes, pages and the shared behaviour together into one ASGI application."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from ringback import __version__
from ringback.kernel.ids import Ids
from ringback.web.errors import install_error_handlers
from ringback.web.health import Check, health_routes
from ringback.web.idempotency import HEADER, REPLAYED
from ringback.web.metrics import Answers, Source, metrics_routes
from ringback.web.middleware import REQUEST_ID, EveryRequest
from ringback.web.openapi import ABOUT, describe, openapi_routes
from ringback.web.operations import Gate, Operation
from ringback.web.pages import STATIC_PAGES, Pages
from ringback.web.sdk import BUILT_SDK, Sdk

BODY_LIMIT: Final = 256 * 1024
"""Bytes of a request's body, unless a route says otherwise: ten times the largest call anybody describes in JSON."""

REFERENCE: Final = "/docs"
"""Where the page about this API is, without which nobody would look for it under /app."""

CORS_SECONDS: Final = 600
"""How long a browser may remember that it may ask; longer would keep an old answer after an upgrade."""


def assemble(
    *,
    gate: Gate,
    ids: Ids,
    routers: Iterable[APIRouter],
    checks: Mapping[str, Check],
    figures: Sequence[Source] = (),
    home: str | None,
    public_url: str = "/",
    pages: Path = STATIC_PAGES,
    sdk: Path = BUILT_SDK,
) -> FastAPI:
    """The application.

    `home` is the path that `/` leads people to; without it `/` only says what this is. `public_url` is the origin that
    the API says it has. Raises `OperationUnknown`.
    """
    # FastAPI's own documentation pages load scripts from a public host; `openapi_routes` and our own page are ours.
    app = FastAPI(
        title="Ringback",
        version=__version__,
        description=ABOUT,
        servers=[{"url": public_url}],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.gate = gate
    install_error_handlers(app)
    # Any origin may ask: what opens anything is a header that pages have to be given, never a cookie.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", HEADER, REQUEST_ID],
        expose_headers=[REQUEST_ID, "Retry-After", "Content-Disposition", REPLAYED],
        max_age=CORS_SECONDS,
    )
    answers = Answers()
    app.add_middleware(EveryRequest, ids=ids, clock=gate.clock, answers=answers)

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        if home:
            return RedirectResponse(home, HTTPStatus.TEMPORARY_REDIRECT)
        return PlainTextResponse("Ringback\n")

    describe(app, gate.limits)
    shared = (health_routes(checks), metrics_routes((answers.figures, *figures)), openapi_routes(app))
    operations = set[str]()
    for router in (*shared, *routers):
        app.include_router(router, max_body_size=BODY_LIMIT)
        operations.update(route.unique_id for route in router.routes if isinstance(route, Operation))
    gate.limits.require_known(operations)
    built = Pages(pages)

    @app.get(REFERENCE, include_in_schema=False)
    async def reference(request: Request) -> Response:
        return await built.get_response("reference", request.scope)

    app.mount("/app", built, name="page")
    app.mount("/sdk", Sdk(sdk), name="sdk")
    return app
