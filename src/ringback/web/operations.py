"""An operation of the REST API: what /openapi.json says about it is what is enforced, before its body is looked at.

The order is that of what a stranger may learn: credentials (401), scope (403), rate limit (429), kind of body (415),
and only then the route itself. The answer to a POST with an `Idempotency-Key` is kept, and given again.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ringback.kernel.clock import Clock
from ringback.kernel.errors import UnsupportedMedia
from ringback.web.auth import BACKENDS, Authenticators, Principal, Scheme, authenticate
from ringback.web.errors import ErrorBody, answer_to, described_errors
from ringback.web.idempotency import HEADER, HEADER_PARAMETER, Idempotency
from ringback.web.limits import Limit, RateLimits

_JSON: Final = "application/json"
"""What a body is that does not say its kind."""

_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What every operation needs besides its own part; `assemble` puts it into `app.state.gate`."""

    authenticators: Authenticators
    limits: RateLimits
    idempotency: Idempotency
    clock: Clock


def described(
    operation_id: str,
    *,
    scopes: Sequence[str] = (),
    limit: str | None = None,
    accepts: Sequence[Scheme] = BACKENDS,
    errors: Sequence[int] = (),
    body: ErrorBody = ErrorBody.API_EXCEPTION,
    repeatable: bool = False,
) -> dict[str, Any]:
    """The arguments of a route's decorator: `@router.get("/files", **described("get-files", …))`.

    `scopes`: any one of them suffices. `limit`: per account, `100/second`. `accepts`: nothing means anybody.
    `errors`: statuses besides 401, 403, 429 and 500. `repeatable`: a POST that takes an `Idempotency-Key`.
    """
    usual = (*((401, 403) if accepts else ()), *((429,) if limit else ()), 500)
    extra: dict[str, Any] = {
        "security": [{scheme.value: []} for scheme in accepts],
        "x-scopes": list(scopes),
        "x-error": body.value.__name__,
    }
    if limit:
        Limit.parse(limit)
        extra["x-rate-limit"] = limit
    if repeatable:
        extra["parameters"] = [HEADER_PARAMETER]
        errors = (*errors, 409, 422)
    return {
        "operation_id": operation_id,
        "openapi_extra": extra,
        "responses": described_errors(body, *sorted({*errors, *usual})),
        "response_model_exclude_none": True,
    }


class Operation(APIRoute):
    """The `route_class=` of every router whose routes are `described`."""

    @property
    def error_body(self) -> ErrorBody:
        """What it answers errors with."""
        name = (self.openapi_extra or {})["x-error"]
        return next(body for body in ErrorBody if body.value.__name__ == name)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with what stands in the description before it."""
        handle = super().get_route_handler()
        extra = self.openapi_extra or {}
        accepted = [scheme for alternative in extra["security"] for scheme in alternative]
        scopes: list[str] = extra["x-scopes"]
        limit = Limit.parse(extra["x-rate-limit"]) if "x-rate-limit" in extra else None
        error_body = self.error_body
        repeatable = HEADER_PARAMETER in extra.get("parameters", ())
        takes: str | None = self.body_field.field_info.media_type if self.body_field else None  # type: ignore[attr-defined]
        operation = self.unique_id

        async def answered(request: Request) -> Response:
            try:
                return await passed(request)
            except Exception as error:
                return answer_to(error, error_body)

        async def passed(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            caller: Principal | None = None
            if accepted:
                caller = await admitted(request, gate)
            who = caller.account_id if caller else request.client.host if request.client else ""
            gate.limits.count(operation, who, limit, gate.clock.monotonic())
            if takes:
                _require_kind(request, takes)
                await request.body()
                if accepted:  # a body may take minutes, in which the credentials may have been revoked
                    caller = await admitted(request, gate)
            key = request.headers.get(HEADER) if repeatable else None
            if key is None or caller is None:
                return await handled(request)
            return await gate.idempotency.once(request, caller.account_id, key, handled)

        async def admitted(request: Request, gate: Gate) -> Principal:
            caller = await authenticate(request, accepted, gate.authenticators)
            caller.require(scopes, reading=request.method in _READING)
            return caller

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                return answer_to(error, error_body)

        return answered


def _require_kind(request: Request, wanted: str) -> None:
    kind = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if wanted == _JSON and kind.startswith("application/") and kind.endswith("+json"):
        return
    if kind != wanted:
        raise UnsupportedMedia(f"Send {wanted}, and say so in Content-Type.")
