"""The REST API describes itself: one OpenAPI document, whole and by product (contract §15). No credentials are needed.

FastAPI writes the document from the routes. What it does not know is finished here: who may sign in how, what the
errors look like, and that the first line of a route's docstring is a title.
"""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, FastAPI, Path, Response

from ringback.kernel.errors import NotFound
from ringback.web.auth import security_schemes
from ringback.web.errors import ErrorBody, described_answers, error_answer
from ringback.web.limits import Limit, RateLimits
from ringback.web.operations import Operation, described
from ringback.web.schemas import ResponseModel

Document = dict[str, Any]

ABOUT: Final = (
    "Backends use this API to make tokens for the people who call, to manage their account, and to read what happened. "
    "Everything is JSON over HTTP. Requests carry an API key: `Authorization: App <key>`."
)


class Product(NamedTuple):
    """A part of the API that has a document of its own; its operations carry its id as their tag."""

    id: str
    name: str
    about: str


PRODUCTS: Final = (
    Product(
        "webrtc-calls",
        "WebRTC",
        "Tokens for people who call from browsers and apps, how their devices are woken, and what they left behind.",
    ),
    Product(
        "application-entity",
        "Applications and entities",
        "Divide an account: applications are parts of your software, entities are customers of yours.",
    ),
    Product(
        "call-link",
        "Call Link",
        "Short URLs that start a call, and what their pages look like. Links can be administered; the page that they "
        "lead to is not there yet.",
    ),
    Product(
        "account-management",
        "Account",
        "Sign in, and decide which API keys open the account and what each of them may do.",
    ),
    Product("openapi", "OpenAPI", "This description of the API, for programs. No credentials are needed."),
    Product("health", "Health", "Is this node alive, and can it take work? No credentials are needed."),
)


class UnknownProduct(NotFound):
    """There is no product of this id."""

    code = "OPENAPI404"


A_PRODUCT: Final = "The id of a product, from the list of available products."


class ProductId(ResponseModel):
    id: str


class AvailableProducts(ResponseModel):
    products: list[ProductId]


def describe(app: FastAPI, limits: RateLimits) -> None:
    """Make `app.openapi()` return the finished document; `limits` are those that are in force here."""
    generate = app.openapi
    lock = threading.Lock()

    @cache
    def finished() -> Document:
        return _finished(generate(), limits)

    def openapi() -> Document:
        with lock:  # it takes half a second, so it is made in a thread, where several may ask at once
            return finished()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def of_product(document: Document, product: str) -> Document:
    """The part of the document that one product needs. Raises `UnknownProduct`."""
    tags = [tag for tag in document["tags"] if tag["name"] == product]
    if not tags:
        raise UnknownProduct
    paths = {
        path: kept
        for path, operations in document["paths"].items()
        if (
            kept := {
                method: operation for method, operation in operations.items() if product in operation.get("tags", ())
            }
        )
    }
    info = {**document["info"], "title": f"{document['info']['title']}: {tags[0]['x-displayName']}"}
    return {
        **document,
        "info": info,
        "tags": tags,
        "paths": paths,
        "components": _needed(paths, document["components"]),
    }


def openapi_routes(app: FastAPI) -> APIRouter:
    """The document of `app`, at the address where tools look for it, and at those of the contract."""
    router = APIRouter(tags=["openapi"], route_class=Operation)

    @cache
    def written(product: str | None) -> bytes:
        whole = app.openapi()
        return as_json(whole if product is None else of_product(whole, product)).encode()

    open_to_all: dict[str, Any] = {"accepts": (), "body": ErrorBody.API_ERROR}
    a_document: dict[str, Any] = {"response_model": dict[str, Any]}
    whole = {**described("get-openapi", **open_to_all), **a_document}

    @router.get("/openapi.json", include_in_schema=False, **whole)
    @router.get("/platform/1/openapi", **whole)
    async def get_document() -> Response:
        """Get the whole OpenAPI document.

        OpenAPI 3.1, as JSON. It is also at `/openapi.json`, where many tools look for it.
        """
        return _json(await asyncio.to_thread(written, None))

    @router.get("/platform/1/openapi/available-products", **described("get-openapi-products", **open_to_all))
    async def get_products() -> AvailableProducts:
        """List the products.

        A product is a part of the API with a document of its own; each operation belongs to exactly one.
        """
        tags = (await asyncio.to_thread(app.openapi))["tags"]
        return AvailableProducts(products=[ProductId(id=tag["name"]) for tag in tags])

    @router.get(
        "/platform/1/openapi/{product}", **described("get-product-openapi", errors=(404,), **open_to_all), **a_document
    )
    async def get_product_document(
        product: Annotated[str, Path(description=A_PRODUCT, examples=["webrtc-calls"])],
    ) -> Response:
        """Get the OpenAPI document of one product.

        It holds the operations of this product and the schemas they need, and nothing else.
        """
        try:
            return _json(await asyncio.to_thread(written, product))
        except UnknownProduct:
            return error_answer(HTTPStatus.NOT_FOUND, ErrorBody.API_ERROR, code=UnknownProduct.code)

    return router


def as_json(document: Document) -> str:
    """The document as text. Indented, because people read it too."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _finished(document: Document, limits: RateLimits) -> Document:
    used = set()
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        _finish(operation, limits)
        used.update(operation.get("tags", ()))
    document["tags"] = [
        {"name": product.id, "x-displayName": product.name, "description": product.about}
        for product in PRODUCTS
        if product.id in used
    ]
    components = document.setdefault("components", {})
    components["securitySchemes"] = security_schemes(document["servers"][0]["url"].rstrip("/"))
    components["responses"] = described_answers()
    document["components"] = _needed(document["paths"], components)
    return document


def _finish(operation: dict[str, Any], limits: RateLimits) -> None:
    title, _, text = operation.pop("description", operation["summary"]).partition("\n\n")
    operation["summary"] = title.removesuffix(".")
    if text:
        operation["description"] = text
    usual = operation.pop("x-rate-limit", None)
    if limit := limits.of(operation["operationId"], Limit.parse(usual) if usual else None):
        operation["x-rate-limit"] = str(limit)
    answers = operation["responses"]
    if answers.get("422", {}).get("description") == "Validation Error":
        del answers["422"]  # FastAPI writes it beside every body; we answer 400
    for status, answer in answers.items():
        if status >= "400" and "x-error" in operation:
            answers[status] = {"$ref": f"#/components/responses/{operation['x-error']}{status}"}
        elif answer["description"] == "Successful Response":
            answer["description"] = f"{HTTPStatus(int(status)).phrase}."


def _needed(paths: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """Of the components, those that are used from `paths`, directly or through others."""
    operations = [operation for path in paths.values() for operation in path.values()]
    schemes = {scheme for operation in operations for way in operation.get("security", ()) for scheme in way}
    wanted = [*_references(paths), *(("securitySchemes", scheme) for scheme in schemes)]
    found: set[tuple[str, str]] = set()
    while wanted:
        kind, name = part = wanted.pop()
        if part not in found:
            found.add(part)
            wanted += _references(components[kind][name])
    return {
        kind: kept
        for kind, parts in sorted(components.items())
        if (kept := {name: part for name, part in sorted(parts.items()) if (kind, name) in found})
    }


def _references(node: object) -> Iterator[tuple[str, str]]:
    """Kind and name of the components that a piece of the document points to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                _, _, kind, name = value.split("/")
                yield kind, name
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
