"""A backend that uses the REST API, for tests that tell of one product."""

import itertools
from typing import TYPE_CHECKING, Any, Final

import httpx2

from ringback.accounts import COMMAND_LINE, Scope

if TYPE_CHECKING:
    from tests.integration.conftest import Node

_numbers: Final = itertools.count(1)


class Backend:
    """Of a new account, unless it is given credentials. It asks one thing a second, as some limits are that low."""

    def __init__(self, node: "Node", root: str, headers: dict[str, str] | None = None) -> None:
        self.node = node
        self.root = root
        self.account = f"account {next(_numbers)}"
        self.headers = headers or node.key_of_another_account(self.account)

    def under(self, root: str) -> "Backend":
        """The same backend, using another product."""
        return Backend(self.node, root, self.headers)

    def with_only(self, *scopes: Scope) -> "Backend":
        """Another backend of the same account, whose key opens less."""
        accounts = self.node.platform.accounts

        async def create() -> str:
            account = await accounts.find_account(self.account)
            return (await accounts.create_api_key(account.id, "narrow", by=COMMAND_LINE, scopes=scopes))[1].reveal()

        assert self.node.client.portal is not None
        return Backend(self.node, self.root, {"Authorization": f"App {self.node.client.portal.call(create)}"})

    def ask(self, method: str, path: str = "", **sent: Any) -> httpx2.Response:
        self.node.clock.advance(1)
        return self.node.client.request(method, f"{self.root}{path}", headers=self.headers, **sent)

    def does(self, method: str, path: str = "", **sent: Any) -> Any:
        """Ask, and succeed; the answer's body."""
        answer = self.ask(method, path, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def is_refused(self, status: int, method: str, path: str = "", **sent: Any) -> set[str]:
        """Ask, and be refused in the contract's form; the fields that are named."""
        answer = self.ask(method, path, **sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return set(answer.json()["requestError"]["serviceException"].get("validationErrors", ()))
