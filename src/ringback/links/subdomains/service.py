"""Creates, lists and deletes subdomains."""

from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.ids import Ids
from ringback.links.subdomains import store
from ringback.links.subdomains.model import MOST, Subdomain
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.web import Principal


class Subdomains:
    """The service of this noun."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, audit: AuditLog) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._audit = audit

    async def all(self, account_id: str) -> list[Subdomain]:
        """There are few of them; the oldest first."""
        return await self._database.read(lambda connection: store.all_of(connection, account_id))

    async def create(self, by: Principal, name: str) -> Subdomain:
        """Raises `InvalidRequest` for a name that is taken, or one too many. Hosts know no capital letters."""
        subdomain, now = Subdomain(self._ids.new(), name.lower()), self._clock.now()

        def work(connection: Connection) -> Subdomain:
            if len(store.all_of(connection, by.account_id)) >= MOST:
                raise InvalidRequest(f"An account has at most {MOST} subdomains: delete one.")
            if store.is_taken(connection, subdomain.name):
                raise InvalidRequest("is taken: choose another name", field="name")
            store.add(connection, by.account_id, subdomain, now)
            self._note(connection, by, "create", subdomain)
            return subdomain

        return await self._database.write(work)

    async def delete(self, by: Principal, id: str) -> Subdomain:
        """The one that was deleted, and all links under it with it. Raises `NotFound`."""

        def work(connection: Connection) -> Subdomain:
            name = store.name_of(connection, by.account_id, id)
            if name is None:
                raise NotFound
            store.remove(connection, by.account_id, id)
            self._note(connection, by, "delete", Subdomain(id, name))
            return Subdomain(id, name)

        return await self._database.write(work)

    def _note(self, connection: Connection, by: Principal, what: str, subdomain: Subdomain) -> None:
        self._audit.append(
            connection,
            account_id=by.account_id,
            actor=by.credential_id,
            action=f"subdomain.{what}",
            subject=subdomain.id,
            details={"name": subdomain.name},
        )
