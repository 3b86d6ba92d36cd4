"""Creates, shows and deletes links."""

from collections.abc import Callable
from datetime import datetime

from ringback.accounts.passwords import Passwords
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.redaction import Secret
from ringback.links import store
from ringback.links.configurations import store as configurations
from ringback.links.configurations.model import Configuration
from ringback.links.model import Link, Terms
from ringback.links.subdomains import store as subdomains
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.web import Paging, Principal


class CallLinks:
    """The service of this noun. `new_slug` makes the ids of links, which open them."""

    def __init__(
        self, database: Database, clock: Clock, new_slug: Callable[[], str], audit: AuditLog, passwords: Passwords
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_slug = new_slug
        self._audit = audit
        self._passwords = passwords

    async def page(self, account_id: str, asked: Paging) -> tuple[list[Link], int]:
        """Some links, the newest first, and how many there are in all."""
        return await self._database.read(
            lambda connection: store.page(connection, account_id, asked.page * asked.size, asked.size)
        )

    async def get(self, account_id: str, id: str) -> Link:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _require(connection, account_id, id))

    async def create(
        self,
        by: Principal,
        terms_at: Callable[[datetime], Terms],
        configuration_id: str | None = None,
        password: Secret | None = None,
    ) -> Link:
        """Create a link, under the subdomain that its configuration has now.

        `terms_at` gives its terms for the moment of its creation, `password` is the room's. Raises `InvalidRequest`
        naming the field, and `Unavailable` when too many passwords are being hashed.
        """
        now = self._clock.now()
        terms = terms_at(now)
        terms.require_consistent()
        terms.window.require_possible(now)
        password_hash = None if password is None else await self._passwords.hash(password)
        slug = self._new_slug()

        def work(connection: Connection) -> Link:
            configuration = _configuration(connection, by.account_id, configuration_id)
            subdomain_id = None if configuration is None else configuration.subdomain_id
            name = None if subdomain_id is None else subdomains.name_of(connection, by.account_id, subdomain_id)
            link = Link(id=slug, terms=terms, configuration_id=configuration_id, subdomain=name)
            store.add(connection, by.account_id, link, subdomain_id, password_hash, now)
            self._note(connection, by, "create", slug)
            return link

        return await self._database.write(work)

    async def delete(self, by: Principal, id: str) -> Link:
        """The link that was deleted. Raises `NotFound`."""

        def work(connection: Connection) -> Link:
            link = _require(connection, by.account_id, id)
            store.remove(connection, by.account_id, id)
            self._note(connection, by, "delete", id)
            return link

        return await self._database.write(work)

    def _note(self, connection: Connection, by: Principal, what: str, slug: str) -> None:
        """Only how the slug begins: the log is kept, and the whole of it opens the link."""
        self._audit.append(
            connection,
            account_id=by.account_id,
            actor=by.credential_id,
            action=f"link.{what}",
            subject=f"{slug[:4]}…",
        )


def _configuration(connection: Connection, account_id: str, id: str | None) -> Configuration | None:
    """The one that is asked for, or the account's default. Raises `InvalidRequest`."""
    if id is None:
        return configurations.find_default(connection, account_id)
    found = configurations.find(connection, account_id, id)
    if found is None:
        raise InvalidRequest("There is no link configuration with this id.", field="callLinkConfigId")
    return found


def _require(connection: Connection, account_id: str, id: str) -> Link:
    link = store.find(connection, account_id, id)
    if link is None:
        raise NotFound
    return link
