"""Every error becomes shape A of the public API: `{requestError: {serviceException: {messageId, text, …}}}`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ringback.kernel.errors import (
    Forbidden,
    InvalidRequest,
    InvalidState,
    NotFound,
    RingbackError,
    Unauthenticated,
    Unavailable,
)

RETRY_SECONDS: Final = 1
"""`Retry-After` of a 503: queues drain within a second, or the platform is down for longer than a caller waits."""

_STATUS: Final[Mapping[type[RingbackError], HTTPStatus]] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    InvalidState: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_MESSAGES: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("BAD_REQUEST", "Bad request"),
    HTTPStatus.UNAUTHORIZED: ("UNAUTHORIZED", "Unauthorized"),
    HTTPStatus.FORBIDDEN: ("FORBIDDEN", "Forbidden"),
    HTTPStatus.NOT_FOUND: ("NOT_FOUND", "Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", "Method not allowed"),
    HTTPStatus.CONFLICT: ("CONFLICT", "The state of the resource does not allow this."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("REQUEST_TOO_LARGE", "The request is too large."),
    HTTPStatus.TOO_MANY_REQUESTS: ("TOO_MANY_REQUESTS", "Too many requests"),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("GENERAL_ERROR", "Something went wrong. Please contact support."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("SERVICE_UNAVAILABLE", "The platform cannot do this now; try again later."),
}
"""messageId and text per status: the contract's words where it has any (contract §1.5)."""

_HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    # Not "Basic": a browser would then ask people for a password in a window of its own.
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "App"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_SECONDS)},
}


class ServiceException(BaseModel):
    messageId: str  # noqa: N815 - the contract's name
    text: str
    validationErrors: dict[str, list[str]] | None = None  # noqa: N815 - the contract's name


class RequestError(BaseModel):
    serviceException: ServiceException  # noqa: N815 - the contract's name


class ApiException(BaseModel):
    requestError: RequestError  # noqa: N815 - the contract's name


ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status.value: {"model": ApiException, "description": text}
    for status, (_, text) in _MESSAGES.items()
    if status in (400, 401, 403, 500)
}
"""The errors every route with a key and a body can give, for its `responses=`."""


def error_answer(
    status: HTTPStatus,
    *,
    validation_errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Shape A for `status`; a status without words of its own is told as the family it belongs to."""
    family = HTTPStatus.BAD_REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.INTERNAL_SERVER_ERROR
    message_id, text = _MESSAGES.get(status) or _MESSAGES[family]
    details: dict[str, Any] = {"messageId": message_id, "text": text}
    if validation_errors:
        details["validationErrors"] = validation_errors
    return JSONResponse(
        {"requestError": {"serviceException": details}}, status, {**_HEADERS.get(status, {}), **(headers or {})}
    )


def install_error_handlers(app: FastAPI) -> None:
    """Answer our own errors, FastAPI's and Starlette's. What nobody expects is answered by the middleware."""

    @app.exception_handler(RingbackError)
    async def of_ours(_request: Request, error: RingbackError) -> JSONResponse:
        for family, status in _STATUS.items():
            if isinstance(error, family):
                field = {error.field: [error.message]} if error.field else None
                return error_answer(status, validation_errors=field)
        raise error

    @app.exception_handler(RequestValidationError)
    async def of_the_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields: dict[str, list[str]] = {}
        for problem in error.errors():
            # The first part says where (body, query, …); numbers of a JSON syntax error are offsets, not fields.
            path = [] if problem["type"] == "json_invalid" else [str(part) for part in problem["loc"][1:]]
            fields.setdefault(".".join(path) or "request", []).append(problem["msg"])
        return error_answer(HTTPStatus.BAD_REQUEST, validation_errors=fields)

    @app.exception_handler(HTTPException)
    async def of_the_framework(_request: Request, error: HTTPException) -> JSONResponse:
        return error_answer(HTTPStatus(error.status_code), headers=error.headers)
