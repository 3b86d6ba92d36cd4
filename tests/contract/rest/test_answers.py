"""Every operation is asked for real, and its answers are what the contract's facts say, without a field more."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from ringback.settings import Settings
from tests.contract.rest.answers import refused, told_error
from tests.contract.rest.facts import Facts, contract
from tests.integration.conftest import Node, started
from tests.integration.rest.accounts import Party, Two, document, unlimited
from tests.integration.rest.operations import Asked, Backend, described
from tests.integration.rest.recipes import RECIPES

OPERATIONS: Final = described(document())

FACTS: Final[dict[str, Facts]] = {
    id: contract(product)
    for product in ("webrtc", "provisioning", "tables")
    for id in contract(product).operations
    if id in OPERATIONS
}
"""The contract's operations that are built."""

PAGED: Final = [id for id, operation in OPERATIONS.items() if {"page", "size"} <= operation.parameters("query").keys()]

RANGED: Final = [
    (id, name)
    for id, operation in OPERATIONS.items()
    for name, schema in operation.parameters("query").items()
    if schema.get("type") == "integer" or "enum" in schema
]
"""Parameters of queries that can be wrong."""


@pytest.mark.parametrize("id", FACTS)
def test_success_looks_as_the_contract_says(two: Two, id: str) -> None:
    answer = two.ours.asks(id, RECIPES[id](two.ours))
    success: dict[int, str] = FACTS[id].operations[id]["success"]
    assert answer.status_code in success, answer.text
    match success[answer.status_code]:
        case "nothing":
            assert answer.content == b""
        case "bytes as application/octet-stream":
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.content
        case line:
            assert answer.headers["content-type"] == "application/json"
            Draft202012Validator(FACTS[id].schema(line)).validate(answer.json())


@pytest.mark.parametrize("id", PAGED)
def test_a_page_repeats_what_was_asked_for(two: Two, id: str) -> None:
    asked = RECIPES[id](two.ours)
    answer = two.ours.does(id, Asked(path=asked.path, query={**asked.query, "page": 99, "size": 7}))
    (paging,) = (value for name, value in answer.items() if name in ("pageInfo", "paging"))
    size = paging.get("size", paging.get("pageSize"))
    assert (paging["page"], size) == (99, 7)
    (past_the_end,) = (value for value in answer.values() if isinstance(value, list))
    assert past_the_end == []


@pytest.mark.parametrize(("id", "name"), RANGED)
def test_a_wrong_parameter_is_named(two: Two, id: str, name: str) -> None:
    asked = RECIPES[id](two.ours)
    answer = two.ours.asks(id, Asked(path=asked.path, query={**asked.query, name: "nonsense"}))
    assert name in refused(answer, OPERATIONS[id], 400)


@pytest.mark.parametrize("id", [id for id, operation in OPERATIONS.items() if operation.takes == "application/json"])
def test_a_wrong_body_is_refused(two: Two, id: str) -> None:
    refused(two.ours.asks(id, Asked(path=RECIPES[id](two.ours).path, json=["a list"])), OPERATIONS[id], 400)


@pytest.mark.parametrize("id", ["create-application", "create-entity"])
def test_an_id_that_is_taken_is_a_conflict(two: Two, id: str) -> None:
    asked = RECIPES[id](two.ours)
    two.ours.does(id, asked)
    refused(two.ours.asks(id, asked), OPERATIONS[id], 409)


@pytest.mark.parametrize("id", [id for id, operation in OPERATIONS.items() if operation.repeatable])
def test_a_key_for_something_else_is_refused(two: Two, id: str) -> None:
    headers = {**two.ours.authorization(OPERATIONS[id]), "Idempotency-Key": f"a-key-for-{id}"}
    asked = RECIPES[id](two.ours)
    assert two.ours.asks(id, asked, headers).is_success
    refused(two.ours.asks(id, Asked(path=asked.path, json={"another": "body"}), headers), OPERATIONS[id], 422)


@pytest.mark.parametrize("id", OPERATIONS)
def test_other_methods_are_not_allowed(two: Two, id: str) -> None:
    operation = OPERATIONS[id]
    path = operation.path.replace("{", "").replace("}", "")
    answer = two.ours.client.request("TRACE", path, headers=two.ours.authorization(operation))
    assert answer.status_code == 405
    assert operation.method in answer.headers["allow"]
    told_error(answer, "ApiException")


@pytest.fixture(scope="module")
def stingy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The backend of an account that may use each operation once in an hour."""
    limits = dict.fromkeys(unlimited(), "1/hour")
    with started(Settings(data_dir=tmp_path_factory.mktemp("stingy") / "data", rate_limits=limits)) as node:
        yield Party(node, node.first_start.account.id).backend()


@pytest.mark.parametrize("id", sorted(OPERATIONS.keys() - {"destroy-session"}))  # whose second request is nobody's
def test_too_many_requests_are_told_when_to_come_back(stingy: Backend, id: str) -> None:
    operation = OPERATIONS[id]
    asked = Asked(path=dict.fromkeys(operation.parameters("path"), "x"))
    stingy.asks(id, asked)
    answer = stingy.asks(id, asked)
    assert refused(answer, operation, 429) == {}
    assert 1 <= int(answer.headers["retry-after"]) <= 3600


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend whose platform has lost its database."""

    def lose(node: Node) -> None:
        assert node.client.portal is not None
        node.client.portal.call(node.platform.database.close)

    with started(Settings(data_dir=tmp_path_factory.mktemp("broken") / "data", rate_limits=unlimited())) as node:
        backend = Party(node, node.first_start.account.id).backend()
        lose(node)
        yield backend


@pytest.mark.parametrize("id", [id for id, operation in OPERATIONS.items() if operation.accepts])
def test_a_platform_without_its_database_says_that_it_cannot(broken: Backend, id: str) -> None:
    operation = OPERATIONS[id]
    asked: Any = Asked(path=dict.fromkeys(operation.parameters("path"), "x"), json={} if operation.takes else None)
    answer = broken.asks(id, asked)
    assert answer.status_code in (400, 415, 503), answer.text
    told_error(answer, operation.error_body)
    assert answer.status_code != 503 or int(answer.headers["retry-after"]) >= 1
