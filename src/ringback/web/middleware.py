"""Around every request: its id, one line in the log, headers that protect people in browsers, no error that leaks."""

import re
from http import HTTPStatus
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringback.kernel.clock import Clock
from ringback.kernel.ids import Ids
from ringback.web.errors import ErrorBody, error_answer
from ringback.web.metrics import Answers

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
"""Starlette answers this one itself, in plain text, when the size was announced; we say it as the operation would."""

REQUEST_ID: Final = "X-Request-Id"

_REQUEST_ID: Final = re.compile("[A-Za-z0-9._-]{1,64}")
"""Ids of callers that we take over. Anything else could write lines of its own into logs."""

SLOW_SECONDS: Final = 1.0
"""Answers that begin later are worth a warning: callers that do something for people have given up by then."""


class EveryRequest:
    """The outermost ASGI layer. WebSockets pass untouched: they answer errors in their own protocol."""

    def __init__(self, app: ASGIApp, ids: Ids, clock: Clock, answers: Answers) -> None:
        self._app = app
        self._ids = ids
        self._clock = clock
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = self._clock.monotonic()
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _REQUEST_ID.fullmatch(given) else self._ids.new()
        status = 0
        replaced = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == _TOO_LARGE and headers.get("content-type") != "application/json":
                    body = getattr(scope.get("route"), "error_body", ErrorBody.API_EXCEPTION)
                    await error_answer(_TOO_LARGE, body)(scope, receive, send_with_headers)
                    replaced = True
                    return
                status = int(message["status"])
                headers[REQUEST_ID] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                self._note(scope, status, self._clock.monotonic() - begun)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception:
                _log.exception("A request failed unexpectedly.", method=scope["method"])
                if status:
                    raise  # the server cuts the connection, so that nobody takes half an answer for a whole one
                await error_answer(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send_with_headers)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        operation, method = _operation(scope), scope["method"]
        self._answers.add(operation, method, status, seconds)
        tell = _log.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR or seconds > SLOW_SECONDS else _log.debug
        tell("Answered.", operation=operation, method=method, status=status, milliseconds=round(seconds * 1000, 1))


def _operation(scope: Scope) -> str:
    """The operation that a request has reached; a route that is none has a name, and what leads nowhere has not."""
    route = scope.get("route")
    return getattr(route, "operation_id", None) or getattr(route, "name", None) or "none"
