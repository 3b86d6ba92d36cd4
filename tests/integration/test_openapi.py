"""What the platform says of itself, of all operations that it has."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from ringback.web.openapi import PRODUCTS, of_product
from tests.integration.conftest import Node

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(node: Node) -> Document:
    answer = node.client.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_valid_openapi(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    OPENAPI_31_VALIDATOR.validate(document)


def test_it_names_the_origin_that_applications_use(node: Node, document: Document) -> None:
    assert document["servers"] == [{"url": node.platform.settings.public_url}]


def test_every_operation_tells_a_newcomer_what_it_is_for(document: Document) -> None:
    mute = [
        name
        for name, operation in operations(document)
        if not (operation["summary"] and operation.get("description")) or operation["summary"].endswith(".")
    ]
    assert mute == [], "the first line of a route's docstring is its title; what follows an empty line explains it"


def test_every_operation_has_an_id_of_its_own_and_belongs_to_one_product(document: Document) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    products = {product.id for product in PRODUCTS}
    assert [name for name, operation in operations(document) if len(operation["tags"]) != 1] == []
    assert {tag for _, operation in operations(document) for tag in operation["tags"]} <= products


def test_the_products_are_those_that_have_operations(node: Node, document: Document) -> None:
    answer = node.client.get("/platform/1/openapi/available-products").json()
    listed = [product["id"] for product in answer["products"]]
    assert set(listed) == {tag for _, operation in operations(document) for tag in operation["tags"]}
    assert all(tag["description"] for tag in document["tags"])


def test_the_whole_document_has_two_addresses(node: Node, document: Document) -> None:
    assert node.client.get("/platform/1/openapi").json() == document


def test_the_products_together_are_the_whole(node: Node, document: Document) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    for product in (tag["name"] for tag in document["tags"]):
        part = node.client.get(f"/platform/1/openapi/{product}").json()
        assert [tag["name"] for tag in part["tags"]] == [product]
        OPENAPI_31_VALIDATOR.validate(part)
        told += operations(part)
    assert sorted(told, key=lambda each: each[0]) == sorted(operations(document), key=lambda each: each[0])


def test_a_products_document_holds_what_it_needs_and_nothing_else(document: Document) -> None:
    for product in (tag["name"] for tag in document["tags"]):
        part = of_product(document, product)
        held = {
            f"#/components/{kind}/{name}"
            for kind, components in part["components"].items()
            for name in components
            if kind != "securitySchemes"
        }
        assert held == set(references(part))


def test_an_unknown_product_is_a_404_with_the_contracts_code(node: Node) -> None:
    answer = node.client.get("/platform/1/openapi/faxes")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "OPENAPI404")
    assert answer.json().keys() == {"errorCode", "description", "action", "violations", "resources"}


def test_the_examples_of_errors_are_what_is_answered(node: Node, document: Document) -> None:
    examples = {
        name: answer["content"]["application/json"] for name, answer in document["components"]["responses"].items()
    }
    schemas = {"components": {"schemas": document["components"]["schemas"]}}
    for content in examples.values():
        jsonschema.validate(content["example"], {**content["schema"], **schemas})
    assert node.client.post("/webrtc/1/token").json() == examples["ApiException401"]["example"]


def test_the_examples_of_fields_keep_their_own_rules(document: Document) -> None:
    fields = [
        (f"{name}.{field}", schema)
        for name, of in document["components"]["schemas"].items()
        for field, schema in of.get("properties", {}).items()
    ]
    parameters = [
        (f"{name} {parameter['name']}", parameter["schema"])
        for name, operation in operations(document)
        for parameter in operation.get("parameters", ())
    ]
    examples = [(name, schema, value) for name, schema in fields + parameters for value in schema.get("examples", ())]
    assert examples
    components = {"components": document["components"]}
    wrong = [name for name, schema, value in examples if not jsonschema_rs.is_valid({**schema, **components}, value)]
    assert wrong == []


def test_every_error_is_one_of_the_shared_ones(document: Document) -> None:
    own = [
        f"{name}: {status}"
        for name, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status >= "400" and "x-error" in operation and "$ref" not in answer
    ]
    assert own == []


def test_the_document_can_be_kept_in_a_file(document: Document) -> None:
    assert json.loads(json.dumps(document)) == document
