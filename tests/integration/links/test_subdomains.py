"""`/call-link/1/subdomains` as the public API describes it (contract §10)."""

import itertools
from typing import TYPE_CHECKING, Final

import pytest

from tests.integration.backend import Backend

if TYPE_CHECKING:
    from tests.integration.conftest import Node

PATH: Final = "/call-link/1/subdomains"

_numbers: Final = itertools.count(1)


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, PATH)


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, PATH)


def fresh() -> str:
    return f"shop-{next(_numbers)}"


def test_one_is_created_listed_and_deleted(backend: Backend) -> None:
    name = fresh()
    made = backend.ask("POST", json={"name": name})
    assert made.status_code == 200
    assert made.json() == {"id": made.json()["id"], "name": name}
    assert backend.does("GET") == [made.json()]
    assert backend.does("DELETE", f"/{made.json()['id']}") == made.json()
    assert backend.does("GET") == []
    assert backend.is_refused(404, "DELETE", f"/{made.json()['id']}") == set()


def test_an_account_has_three_at_most(backend: Backend, stranger: Backend) -> None:
    made = [backend.does("POST", json={"name": fresh()}) for _ in range(3)]
    full = backend.ask("POST", json={"name": fresh()})
    assert (full.status_code, "at most 3 subdomains" in full.text) == (400, True)
    assert backend.does("GET") == made
    stranger.does("POST", json={"name": fresh()})
    backend.does("DELETE", f"/{made[0]['id']}")
    backend.does("POST", json={"name": fresh()})


def test_a_name_is_given_once_however_it_is_written(backend: Backend, stranger: Backend) -> None:
    name = fresh()
    made = backend.does("POST", json={"name": name.upper()})
    assert made["name"] == name
    for other in (backend, stranger):
        assert other.is_refused(400, "POST", json={"name": name.title()}) == {"name"}
    backend.does("DELETE", f"/{made['id']}")
    stranger.does("POST", json={"name": name})


@pytest.mark.parametrize("name", ["", "a.b", "-a", "a-", "a b", "a_b", "büro", "x" * 64, "shop\n"])
def test_a_name_that_no_host_can_have_is_refused(backend: Backend, name: str) -> None:
    assert backend.is_refused(400, "POST", json={"name": name}) == {"name"}


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    made = backend.does("POST", json={"name": fresh()})
    assert stranger.does("GET") == []
    assert stranger.is_refused(404, "DELETE", f"/{made['id']}") == set()
    assert backend.does("GET") == [made]
