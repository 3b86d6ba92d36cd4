"""Creates, changes and deletes push configurations, with the resource associations that go with them."""

from dataclasses import replace
from typing import Final

from ringback.accounts.provisioning import (
    Association,
    Channel,
    Resource,
    ResourceType,
    applications_of,
    associate,
    dissociate,
)
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.ids import Ids
from ringback.push import store
from ringback.push.certificates import Certificates
from ringback.push.model import AppleCredentials, FirebaseCredentials, PushConfiguration, Wanted
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.storage.encryption import Encryption
from ringback.web import Paging, Principal

TYPE: Final = ResourceType.WEBRTC_PUSH_CONFIG
CHANNEL: Final = Channel.VOICE_VIDEO


class PushConfigurations:
    """The service of this noun. Ids of another account are not found."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        audit: AuditLog,
        encryption: Encryption,
        certificates: Certificates,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._encryption = encryption
        self._certificates = certificates

    async def page(self, account_id: str, asked: Paging) -> tuple[list[PushConfiguration], int]:
        """Some configurations, the newest first, and how many there are in all."""

        def work(connection: Connection) -> tuple[list[PushConfiguration], int]:
            found, total = store.page(connection, account_id, asked.page * asked.size, asked.size)
            return _with_applications(connection, account_id, found), total

        return await self._database.read(work)

    async def get(self, account_id: str, id: str) -> PushConfiguration:
        """Raises `NotFound`."""
        return await self._database.read(lambda connection: _present(connection, account_id, id))

    async def create(self, by: Principal, wanted: Wanted) -> PushConfiguration:
        """Raises `InvalidRequest` naming the field, and `Unavailable` when too many certificates are being tried."""
        await self._require_usable(wanted)
        id, now = self._ids.new(), self._clock.now()
        values = self._values(id, wanted)

        def work(connection: Connection) -> PushConfiguration:
            store.add(connection, by.account_id, id, now, values)
            return self._changed(connection, by, id, wanted, "create")

        return await self._database.write(work)

    async def replace(self, by: Principal, id: str, wanted: Wanted) -> PushConfiguration:
        """What is not wanted is removed; only the application stays as it is. Raises `NotFound`, and as `create`."""
        await self._require_usable(wanted)
        return await self._store(by, id, wanted, self._values(id, wanted))

    async def change(self, by: Principal, id: str, wanted: Wanted) -> PushConfiguration:
        """What is not wanted stays as it is. Raises `NotFound`, and as `create`."""
        await self._require_opens(wanted)
        values = {name: value for name, value in self._values(id, wanted).items() if value is not None}
        return await self._store(by, id, wanted, values)

    async def delete(self, by: Principal, id: str) -> None:
        """Raises `NotFound`."""

        def work(connection: Connection) -> None:
            if not store.remove(connection, by.account_id, id):
                raise NotFound
            dissociate(connection, by.account_id, _resource(id))
            self._note(connection, by, id, "delete", {})

        await self._database.write(work)

    async def _require_usable(self, wanted: Wanted) -> None:
        if wanted.ios is None and wanted.android is None:
            raise InvalidRequest("must be given, or android, or both", field="ios")
        await self._require_opens(wanted)

    async def _require_opens(self, wanted: Wanted) -> None:
        if wanted.ios is not None:
            await self._certificates.require_opens(wanted.ios)

    def _values(self, id: str, wanted: Wanted) -> store.Values:
        return {
            "name": wanted.name,
            "ios": self._sealed(id, "ios", wanted.ios),
            "android": self._sealed(id, "android", wanted.android),
        }

    def _sealed(self, id: str, column: str, credentials: AppleCredentials | FirebaseCredentials | None) -> bytes | None:
        if credentials is None:
            return None
        return self._encryption.seal(credentials.plaintext(), f"push_configurations:{id}:{column}")

    async def _store(self, by: Principal, id: str, wanted: Wanted, values: store.Values) -> PushConfiguration:
        def work(connection: Connection) -> PushConfiguration:
            if store.find(connection, by.account_id, id) is None:
                raise NotFound
            if values:
                store.change(connection, by.account_id, id, values)
            return self._changed(connection, by, id, wanted, "update")

        return await self._database.write(work)

    def _changed(self, connection: Connection, by: Principal, id: str, wanted: Wanted, what: str) -> PushConfiguration:
        """Associate it with the application that is wanted, write it down, and read it as it is now."""
        given = [name for name, credentials in (("ios", wanted.ios), ("android", wanted.android)) if credentials]
        details = {"credentials": " ".join(given)}
        if wanted.application_id is not None:
            details["applicationId"] = wanted.application_id
            _associate(connection, by.account_id, id, wanted.application_id)
        self._note(connection, by, id, what, details)
        return _present(connection, by.account_id, id)

    def _note(self, connection: Connection, by: Principal, id: str, what: str, details: dict[str, str]) -> None:
        self._audit.append(
            connection,
            account_id=by.account_id,
            actor=by.credential_id,
            action=f"push-configuration.{what}",
            subject=id,
            details=details,
        )


def _resource(id: str) -> Resource:
    return Resource(TYPE, CHANNEL, id)


def _associate(connection: Connection, account_id: str, id: str, application_id: str) -> None:
    """Unless it belongs to this application already, perhaps with an entity, which stays."""
    if applications_of(connection, account_id, TYPE, CHANNEL, [id]).get(id) == application_id:
        return
    try:
        associate(connection, account_id, Association(_resource(id), application_id))
    except NotFound as error:  # a 404 would speak of the configuration
        raise InvalidRequest(error.message, field=error.field) from None


def _present(connection: Connection, account_id: str, id: str) -> PushConfiguration:
    found = store.find(connection, account_id, id)
    if found is None:
        raise NotFound
    return _with_applications(connection, account_id, [found])[0]


def _with_applications(
    connection: Connection, account_id: str, found: list[PushConfiguration]
) -> list[PushConfiguration]:
    """The application of a configuration is kept in one place only: its resource association."""
    applications = applications_of(connection, account_id, TYPE, CHANNEL, [each.id for each in found])
    return [replace(each, application_id=applications.get(each.id)) for each in found]
