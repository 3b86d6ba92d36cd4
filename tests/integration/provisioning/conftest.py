"""Backends that use `/provisioning/1`, each of an account of its own."""

import itertools
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Node

_numbers: Final = itertools.count(1)


class Backend:
    """Asks one thing a second: the public API allows no more here."""

    def __init__(self, node: "Node") -> None:
        self.node = node
        self.headers = node.key_of_another_account(f"account {next(_numbers)}")

    def ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        self.node.clock.advance(1)
        return self.node.client.request(method, f"/provisioning/1{path}", headers=self.headers, **sent)

    def does(self, method: str, path: str, **sent: Any) -> Any:
        """Ask, and succeed; the answer's body."""
        answer = self.ask(method, path, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def is_refused(self, status: int, method: str, path: str, **sent: Any) -> set[str]:
        """Ask, and be refused in the contract's form; the fields that are named."""
        answer = self.ask(method, path, **sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return set(answer.json()["requestError"]["serviceException"].get("validationErrors", ()))


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node)


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node)
