"""The document is finished: titles, limits in force, shared errors, and the part that one product needs."""

from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from ringback.testing.ids import CountingIds
from ringback.web import ErrorBody, Operation, RequestModel, ResponseModel, Scheme, described
from ringback.web.assembly import assemble
from ringback.web.limits import Limit, RateLimits
from ringback.web.openapi import UnknownProduct, of_product
from ringback.web.operations import Gate
from tests.unit.web.test_assembly import gate


class Clapper(ResponseModel):
    weight: int


class Bell(ResponseModel):
    tone: str
    """What it sounds like."""

    clapper: Clapper | None = None


class BellCreate(RequestModel):
    tone: str


def routes() -> APIRouter:
    router = APIRouter(route_class=Operation)

    @router.post(
        "/bells",
        tags=["webrtc-calls"],
        status_code=201,
        **described("create-bell", accepts=(Scheme.API_KEY,), limit="5/second", errors=(400,)),
    )
    async def create(body: BellCreate) -> Bell:
        """Cast a bell.

        It takes
        a while.

        It is loud.
        """
        return Bell(tone=body.tone)

    @router.delete(
        "/bells/{id}",
        tags=["account-management"],
        **described("delete-bell", accepts=(Scheme.BASIC,), errors=(404,), body=ErrorBody.API_ERROR),
    )
    async def melt(id: str) -> None:
        """Melt a bell."""

    return router


def document(limits: RateLimits | None = None, public_url: str = "/") -> dict[str, Any]:
    usual = gate()
    chosen = Gate(
        authenticators=usual.authenticators,
        limits=limits or usual.limits,
        idempotency=usual.idempotency,
        clock=usual.clock,
    )
    app = assemble(gate=chosen, ids=CountingIds(), routers=[routes()], checks={}, home=None, public_url=public_url)
    return dict(TestClient(app).get("/openapi.json").json())


def create_of(document: dict[str, Any]) -> dict[str, Any]:
    return dict(document["paths"]["/bells"]["post"])


def test_the_first_line_of_a_docstring_is_the_title_and_the_rest_the_text() -> None:
    told = document()
    assert create_of(told)["summary"] == "Cast a bell"
    assert create_of(told)["description"] == "It takes\na while.\n\nIt is loud."
    melt = told["paths"]["/bells/{id}"]["delete"]
    assert (melt["summary"], "description" in melt) == ("Melt a bell", False)


def test_the_string_below_a_field_describes_it() -> None:
    assert document()["components"]["schemas"]["Bell"]["properties"]["tone"]["description"] == "What it sounds like."


def test_the_limit_is_the_one_in_force() -> None:
    assert create_of(document())["x-rate-limit"] == "5/second"
    chosen = RateLimits({"create-bell": Limit.parse("30/minute"), "delete-bell": Limit.parse("1/hour")})
    told = document(chosen)
    assert create_of(told)["x-rate-limit"] == "30/minute"
    assert told["paths"]["/bells/{id}"]["delete"]["x-rate-limit"] == "1/hour"


def test_errors_are_told_once_and_referred_to() -> None:
    told = document()
    assert create_of(told)["responses"]["400"] == {"$ref": "#/components/responses/ApiException400"}
    assert told["paths"]["/bells/{id}"]["delete"]["responses"]["404"] == {"$ref": "#/components/responses/ApiError404"}
    example = told["components"]["responses"]["ApiException400"]["content"]["application/json"]["example"]
    assert example["requestError"]["serviceException"]["validationErrors"]


def test_a_success_is_called_by_its_status() -> None:
    assert create_of(document())["responses"]["201"]["description"] == "Created."


def test_only_the_ways_to_sign_in_that_are_used_are_told() -> None:
    assert document()["components"]["securitySchemes"].keys() == {"APIKeyHeader", "Basic"}


def test_the_origin_is_the_public_one() -> None:
    assert document(public_url="https://calls.example")["servers"] == [{"url": "https://calls.example"}]


def test_a_part_has_the_schemas_that_its_operations_reach() -> None:
    part = of_product(document(), "webrtc-calls")
    assert part["paths"].keys() == {"/bells"}
    assert part["info"]["title"] == "Ringback: WebRTC"
    assert {"Bell", "Clapper", "BellCreate", "ApiException", "ServiceException"} <= part["components"]["schemas"].keys()
    assert not {"ApiError", "Health"} & part["components"]["schemas"].keys()
    assert part["components"]["securitySchemes"].keys() == {"APIKeyHeader"}


def test_there_is_no_part_without_operations() -> None:
    for product in ("application-entity", "nonsense", ""):
        with pytest.raises(UnknownProduct):
            of_product(document(), product)
