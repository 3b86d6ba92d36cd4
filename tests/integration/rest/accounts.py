"""Two accounts on one node, with every kind of credentials that there is."""

import asyncio
import base64
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from ringback.accounts import COMMAND_LINE, Role, Scope
from ringback.accounts.model import LoginKind
from ringback.app import openapi_document
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.events import EndpointHungUp
from ringback.calls.store import CALLS
from ringback.identities.activity import store as activity_store
from ringback.identities.activity.model import Activity, ActivityType, Note
from ringback.kernel.redaction import Secret
from ringback.storage import Connection
from ringback.storage.aggregates import Transaction
from ringback.testing.calls import KINDS, start_dialog
from tests.integration.conftest import Node
from tests.integration.rest.operations import Backend, described
from tests.integration.rest.recipes import IDENTITY

UNLIMITED: Final = "999999999/second"

PASSWORD: Final = "correct horse battery staple"

_numbers: Final = itertools.count(1)


@cache
def document() -> dict[str, Any]:
    """What `ringback openapi` prints."""
    return asyncio.run(openapi_document())


def unlimited() -> dict[str, str]:
    """The setting that lets every operation be used without end."""
    return dict.fromkeys(described(document()), UNLIMITED)


@dataclass(frozen=True)
class Party:
    """One account, and those who act for it."""

    node: Node
    account_id: str
    _headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def key(self, *scopes: str) -> dict[str, str]:
        """The header of an API key with just these scopes; without any: the scopes of the products."""

        async def create() -> str:
            created = await self.node.platform.accounts.create_api_key(
                self.account_id, "a backend", by=COMMAND_LINE, scopes=[Scope(scope) for scope in scopes]
            )
            return f"App {created[1].reveal()}"

        return self._once(f"key {scopes}", create)

    def key_without(self, *scopes: str) -> dict[str, str]:
        """The header of an API key with all scopes but these."""
        return self.key(*sorted(set(Scope) - set(scopes)))

    def user(self, role: str) -> dict[str, str]:
        """The header of a user with this role."""
        username = f"{role.lower()}-{next(_numbers)}"

        async def create() -> str:
            accounts = self.node.platform.accounts
            await accounts.create_user(self.account_id, username, Secret(PASSWORD), Role(role))
            return f"Basic {base64.b64encode(f'{username}:{PASSWORD}'.encode()).decode()}"

        return self._once(role, create)

    def has_a_past(self) -> None:
        """Somebody was connected, and called somebody who did not answer: what no operation can make."""
        name, now = f"past-{next(_numbers)}", self.node.clock.now()
        connected = Activity(self.account_id, IDENTITY, name, ActivityType.CONNECTED, now)
        started = start_dialog(id=name, account_id=self.account_id, parent=f"{name}-parent", child=f"{name}-child")

        def happen(connection: Connection) -> str:
            activity_store.add(connection, [Note(connected, None)])
            transaction = Transaction(connection, {kind.name: kind for kind in KINDS}, self.account_id, now)
            transaction.tell(DIALOGS.ref(name), started)
            transaction.tell(CALLS.ref(f"{name}-parent"), EndpointHungUp("browser"))
            transaction.store()
            return name

        self._call(lambda: self.node.platform.database.write(happen))

    def backend(self) -> Backend:
        """A program of this account, with credentials for each security scheme."""
        platform, login = self.node.platform, self.user("ADMIN")["Authorization"]
        username, _, password = base64.b64decode(login.split()[1]).decode().partition(":")

        async def sign_in(kind: LoginKind) -> str:
            signed_in = platform.authentication.sign_in(kind, username, Secret(password), "", bound=False)
            return (await signed_in).reveal()

        async def token() -> str:
            return (await platform.identities.issue_token(self.account_id, IDENTITY)).token.reveal()

        credentials = {
            "APIKeyHeader": self.key()["Authorization"],
            "Basic": login,
            "IBSSOTokenHeader": f"IBSSO {self._call(lambda: sign_in(LoginKind.IBSSO))}",
            "OAuth2": f"Bearer {self._call(lambda: sign_in(LoginKind.OAUTH2))}",
            "WebRTCToken": f"Bearer {self._call(token)}",
        }
        return Backend(self.node.client, described(document()), credentials, (username, password))

    def _call(self, work: Callable[[], Coroutine[Any, Any, str]]) -> str:
        assert self.node.client.portal is not None
        result: str = self.node.client.portal.call(work)
        return result

    def _once(self, what: str, create: Callable[[], Coroutine[Any, Any, str]]) -> dict[str, str]:
        if what not in self._headers:
            self._headers[what] = {"Authorization": self._call(create)}
        return self._headers[what]


@dataclass(frozen=True)
class Two:
    """Two accounts on one node, and a program of each."""

    us: Party
    ours: Backend
    them: Party
    theirs: Backend


def two_accounts(node: Node) -> Two:
    """The default account, and another one."""
    assert node.client.portal is not None
    other = node.client.portal.call(node.platform.accounts.create_account, "another")
    us, them = Party(node, node.first_start.account.id), Party(node, other.id)
    us.has_a_past()
    return Two(us, us.backend(), them, them.backend())
