"""Around every request: an id for the log, headers that protect people in browsers, and no error that leaks."""

from http import HTTPStatus
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringback.kernel.ids import Ids
from ringback.web.errors import ErrorBody, error_answer

_log = structlog.get_logger(__name__)

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Our pages load nothing from other hosts (DESIGN, decision 10); blob: is where recorders and worklets live."""

PERMISSIONS_POLICY: Final = ", ".join(
    [f"{feature}=(self)" for feature in ("camera", "microphone", "display-capture", "autoplay", "fullscreen")]
    + ["screen-wake-lock=(self)", "picture-in-picture=(self)", "geolocation=()"]
)
"""A page framed from elsewhere inside ours gets no camera."""

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",  # the path of a call link opens the call
    "X-Content-Type-Options": "nosniff",
}

_TOO_LARGE: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
"""Starlette answers this one itself, in plain text, when the size was announced; we say it in shape A."""


class EveryRequest:
    """The outermost ASGI layer. WebSockets pass untouched: they answer errors in their own protocol."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.new()
        started = replaced = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == _TOO_LARGE and headers.get("content-type") != "application/json":
                    body = getattr(scope.get("route"), "error_body", ErrorBody.API_EXCEPTION)
                    await error_answer(_TOO_LARGE, body)(scope, receive, send_with_headers)
                    replaced = True
                    return
                started = True
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception:
                _log.exception("A request failed unexpectedly.", method=scope["method"])
                if started:
                    raise  # the server cuts the connection, so that nobody takes half an answer for a whole one
                await error_answer(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send_with_headers)
