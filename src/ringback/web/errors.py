"""Every error becomes one of the bodies of the public API (contract §1.5), whatever raised it.

`ApiException` is `{requestError: {serviceException: …}}`, `ApiError` is `{errorCode, description, action, …}`, and
`OAuthApiException` is the first of them with the `error` that OAuth 2 clients read (RFC 6749 §5.2). Each operation
says which one it answers with (`web/operations.py`); what is no operation answers with the first.
"""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ringback.kernel.errors import (
    AlreadyExists,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    InvalidState,
    NotFound,
    RingbackError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

_log = structlog.get_logger(__name__)

FIELDS_TOLD: Final = 50
"""Wrong fields that an answer names: more than a person mends at once. A body of wrong items has a hundred thousand."""

RETRY_SECONDS: Final = 1
"""`Retry-After` of a 503: queues drain within a second, or the platform is down for longer than a caller waits."""

_STATUS: Final[Mapping[type[RingbackError], HTTPStatus]] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    InvalidState: HTTPStatus.CONFLICT,
    AlreadyExists: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class _Words(NamedTuple):
    message_id: str
    text: str
    action: str


_WORDS: Final[Mapping[HTTPStatus, _Words]] = {
    HTTPStatus.BAD_REQUEST: _Words("BAD_REQUEST", "Bad request", "Correct the fields that are named."),
    HTTPStatus.UNAUTHORIZED: _Words("UNAUTHORIZED", "Unauthorized", "Check the Authorization header."),
    HTTPStatus.FORBIDDEN: _Words("FORBIDDEN", "Forbidden", "Use credentials that have the scope of this operation."),
    HTTPStatus.NOT_FOUND: _Words("NOT_FOUND", "Not found", "Check the address and the ids in it."),
    HTTPStatus.METHOD_NOT_ALLOWED: _Words("METHOD_NOT_ALLOWED", "Method not allowed", "Use a method from Allow."),
    HTTPStatus.CONFLICT: _Words(
        "CONFLICT", "The state of the resource does not allow this.", "Read the resource before you change it."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _Words("REQUEST_TOO_LARGE", "The request is too large.", "Send less."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _Words(
        "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", "Send the kind of data that this operation describes."
    ),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: _Words(
        "REQUESTED_RANGE_NOT_SATISFIABLE", "Requested range is invalid.", "Ask for bytes that the file has."
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: _Words(
        "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for a different request.", "Make a new key."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: _Words("TOO_MANY_REQUESTS", "Too many requests", "Wait as long as Retry-After says."),
    HTTPStatus.INTERNAL_SERVER_ERROR: _Words(
        "GENERAL_ERROR", "Something went wrong. Please contact support.", "Give the X-Request-Id to the operator."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: _Words(
        "SERVICE_UNAVAILABLE", "The platform cannot do this now; try again later.", "Wait as long as Retry-After says."
    ),
}
"""messageId, text and action per status: the contract's words where it has any (contract §1.5)."""

_HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    # Not "Basic": a browser would then ask people for a password in a window of its own.
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "App"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_SECONDS)},
}

_OAUTH_CODES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "invalid_client",
    HTTPStatus.TOO_MANY_REQUESTS: "temporarily_unavailable",
    HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily_unavailable",
}
"""What OAuth 2 calls them; everything else is an `invalid_request`."""

_EXAMPLE: Final[Mapping[HTTPStatus, Mapping[str, list[str]]]] = {
    HTTPStatus.BAD_REQUEST: {"identity": ["must not be null"]}
}
"""The wrong fields of the example in the OpenAPI document."""


class ServiceException(BaseModel):
    messageId: str  # noqa: N815 - the contract's name
    text: str
    validationErrors: dict[str, list[str]] | None = None  # noqa: N815 - the contract's name


class RequestError(BaseModel):
    serviceException: ServiceException  # noqa: N815 - the contract's name


class ApiException(BaseModel):
    requestError: RequestError  # noqa: N815 - the contract's name


class OAuthApiException(ApiException):
    error: str


class Violation(BaseModel):
    property: str
    violation: str


class HelpfulResource(BaseModel):
    name: str
    url: str


class ApiError(BaseModel):
    errorCode: str  # noqa: N815 - the contract's name
    description: str
    action: str
    violations: list[Violation]
    resources: list[HelpfulResource]


class ErrorBody(Enum):
    """Which of the bodies an operation answers errors with."""

    API_EXCEPTION = ApiException
    OAUTH_API_EXCEPTION = OAuthApiException
    API_ERROR = ApiError


def described_errors(body: ErrorBody, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer with these errors."""
    return {status: {"model": body.value, "description": _WORDS[HTTPStatus(status)].text} for status in statuses}


def described_answers() -> dict[str, Any]:
    """Every error that an operation can answer with, as components of the OpenAPI document: `ApiException404`, …"""
    return {
        f"{body.value.__name__}{status.value}": {
            "description": words.text,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{body.value.__name__}"},
                    "example": json.loads(bytes(error_answer(status, body, fields=_EXAMPLE.get(status)).body)),
                }
            },
        }
        for body in ErrorBody
        for status, words in _WORDS.items()
    }


def error_answer(
    status: HTTPStatus,
    body: ErrorBody = ErrorBody.API_EXCEPTION,
    *,
    code: str | None = None,
    text: str | None = None,
    fields: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The body for `status`; a status without words of its own is told as the family it belongs to.

    `code` and `text` stand in the place of the general ones, `fields` says what is wrong with which field.
    """
    family = HTTPStatus.BAD_REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.INTERNAL_SERVER_ERROR
    words = _WORDS.get(status) or _WORDS[family]
    content: dict[str, Any]
    if body is not ErrorBody.API_ERROR:
        details: dict[str, Any] = {"messageId": words.message_id, "text": text or words.text}
        if fields:
            details["validationErrors"] = fields
        content = {"requestError": {"serviceException": details}}
        if body is ErrorBody.OAUTH_API_EXCEPTION:
            content["error"] = code or _OAUTH_CODES.get(status, "invalid_request")
    else:
        content = {
            "errorCode": code or f"E{status.value}",
            "description": text or words.text,
            "action": words.action,
            "violations": [
                {"property": name, "violation": what} for name, all in (fields or {}).items() for what in all
            ],
            "resources": [],
        }
    return JSONResponse(content, status, {**_HEADERS.get(status, {}), **(headers or {})})


def answer_to(error: Exception, body: ErrorBody = ErrorBody.API_EXCEPTION) -> JSONResponse:
    """What the caller is told of `error`. What nobody expected is logged, and told without details."""
    match error:
        case TooManyRequests():
            return error_answer(HTTPStatus.TOO_MANY_REQUESTS, body, headers={"Retry-After": str(error.retry_seconds)})
        case RingbackError() if status := _status_of(error):
            said = error.message != (type(error).__doc__ or "").strip()
            fields = {error.field: [error.message]} if error.field else None
            return error_answer(status, body, text=error.message if said and not fields else None, fields=fields)
        case RequestValidationError():
            return error_answer(HTTPStatus.BAD_REQUEST, body, fields=_wrong_fields(error))
        case HTTPException():
            return error_answer(HTTPStatus(error.status_code), body, headers=error.headers)
        case _:
            _log.error("A request failed unexpectedly.", exc_info=error)
            return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, body)


def _status_of(error: RingbackError) -> HTTPStatus | None:
    return next((status for family, status in _STATUS.items() if isinstance(error, family)), None)


def _wrong_fields(error: RequestValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for problem in error.errors()[:FIELDS_TOLD]:
        # The first part says where (body, query, …); numbers of a JSON syntax error are offsets, not fields.
        path = [] if problem["type"] == "json_invalid" else _path(problem["loc"][1:], error.body)
        # The contract's words where it has any; of ours only what the validator said.
        message = "must not be null" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        fields.setdefault(".".join(path) or "request", []).append(message)
    return fields


def _path(location: Sequence[str | int], body: Any) -> list[str]:
    """Where a wrong value stands. Of a choice between types, pydantic also names the type, which is no field."""
    path, place = [], body
    for part in location:
        if isinstance(place, dict) and part not in place and part == place.get("type"):
            continue
        path.append(str(part))
        place = place.get(part) if isinstance(place, dict) else None
    return path


def install_error_handlers(app: FastAPI) -> None:
    """Answer the errors of what is no operation. What nobody expects there is answered by the middleware."""

    @app.exception_handler(RingbackError)
    @app.exception_handler(RequestValidationError)
    @app.exception_handler(HTTPException)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # Starlette names the methods of the first route that has this path, and each of ours has only one.
            path = app.openapi()["paths"].get(getattr(request.scope.get("route"), "path_format", None))
            if path:
                error.headers = {"Allow": ", ".join(sorted(method.upper() for method in path))}
        return answer_to(error)
