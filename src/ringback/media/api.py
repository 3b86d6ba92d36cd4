"""`/operator/…`: the media workers for operators (`ringback worker status`, `capture` and `drain`)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ringback.kernel.errors import InvalidState
from ringback.media.errors import MediaCommandRefused
from ringback.media.inspection import Inspection
from ringback.web.operators import OperatorsOnly

MAX_CAPTURE_SECONDS: Final = 600
"""As the worker has it (protocol/worker, "Packet captures")."""


class Capture(BaseModel):
    """Which packets to write down."""

    model_config = ConfigDict(extra="forbid")

    room: Annotated[str, Field(min_length=1, max_length=64)]
    seconds: Annotated[int, Field(ge=1, le=MAX_CAPTURE_SECONDS)]
    payloads: bool


class Draining(BaseModel):
    """What follows when a worker has drained."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, alias_generator=to_camel)

    then_run_again: bool


def operator_routes(inspection: Inspection, only: OperatorsOnly) -> APIRouter:
    """What operators may ask and let do; no part of the public API."""
    router = APIRouter(prefix="/operator", include_in_schema=False, dependencies=[Depends(only)])

    @router.get("/workers", operation_id="operator-get-workers")
    async def workers() -> Mapping[str, Any]:
        return {"workers": [msgspec.to_builtins(asdict(worker)) for worker in inspection.workers()]}

    @router.post("/workers/{number}/drain", operation_id="operator-drain-worker", status_code=204)
    async def drain(number: int, draining: Draining) -> None:
        await inspection.drain(number, then_run_again=draining.then_run_again)

    @router.get("/snapshots", operation_id="operator-get-snapshots")
    async def snapshots(room: str | None = None) -> Response:
        found = await inspection.snapshots(room)
        body = {"snapshots": [{"number": number, "snapshot": snapshot} for number, snapshot in found.items()]}
        return Response(msgspec.json.encode(body), media_type="application/json")

    @router.post("/captures", operation_id="operator-start-capture")
    async def start_capture(capture: Capture) -> Mapping[str, str]:
        try:
            path = await inspection.start_capture(capture.room, seconds=capture.seconds, payloads=capture.payloads)
        except MediaCommandRefused as refused:
            raise InvalidState(refused.message) from None
        return {"path": str(path)}

    @router.delete("/captures/{room}", operation_id="operator-stop-capture", status_code=204)
    async def stop_capture(room: str) -> None:
        await inspection.stop_capture(room)

    return router
