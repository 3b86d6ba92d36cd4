"""Is this node alive, and can it take work? Answered without a key, so the details hold no names or addresses."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from ringback.kernel.errors import RingbackError
from ringback.web.schemas import ResponseModel

Check = Callable[[], Awaitable[str]]
"""Says in a few words why all is well ("2 of 2 connected"), or raises a `RingbackError` that says why not."""

CHECK_SECONDS: Final = 2.0
"""A check that takes longer has failed: load balancers ask again after a few seconds."""

State = Literal["UP", "DOWN"]


class Health(ResponseModel):
    status: State


class CheckResult(ResponseModel):
    status: State
    detail: Annotated[str, Field(examples=["2 of 2 connected."])]
    """What was found, in a few words."""


class Readiness(ResponseModel):
    status: State
    """`UP` when every check passes."""

    checks: dict[str, CheckResult]
    """What was looked at, by name."""


def health_routes(checks: Mapping[str, Check]) -> APIRouter:
    """`/health/live` and `/health/ready`; ready (200, else 503) means that every check passes."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", operation_id="get-liveness")
    async def live() -> Health:
        """Is the node alive?

        Answers as long as the process can answer anything. If it does not, restart it.
        """
        return Health(status="UP")

    @router.get(
        "/ready",
        operation_id="get-readiness",
        responses={
            HTTPStatus.SERVICE_UNAVAILABLE.value: {"model": Readiness, "description": "At least one check failed."}
        },
    )
    async def ready(response: Response) -> Readiness:
        """Can the node take work?

        200 when every check passes, else 503. Load balancers send requests only to nodes that are ready.
        """
        results = await asyncio.gather(*map(_result, checks.values()))
        status: State = "UP" if all(result.status == "UP" for result in results) else "DOWN"
        if status == "DOWN":
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Readiness(status=status, checks=dict(zip(checks, results, strict=True)))

    return router


async def _result(check: Check) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return CheckResult(status="UP", detail=await check())
    except TimeoutError:
        return CheckResult(status="DOWN", detail="No answer in time.")
    except RingbackError as error:
        return CheckResult(status="DOWN", detail=error.message)
