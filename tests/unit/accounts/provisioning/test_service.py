"""What provisioning writes down of itself, and what it refuses whoever asks."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringback.accounts import store as accounts
from ringback.accounts.model import Account
from ringback.accounts.provisioning import (
    Application,
    Association,
    Channel,
    Entity,
    Provisioning,
    Resource,
    ResourceType,
    add_default_application,
)
from ringback.kernel.errors import AlreadyExists, InvalidRequest, NotFound
from ringback.kernel.redaction import Secret
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog, latest
from ringback.testing.clock import VirtualClock
from ringback.web import Principal

ANNA = Principal(account_id="account", credential_id="key of anna")
NUMBER = Resource(ResourceType.NUMBER, Channel.SMS, "number-1")


def open_account(connection: Connection) -> None:
    accounts.add_account(connection, Account(ANNA.account_id, "Anna's", datetime(2030, 1, 1, tzinfo=UTC)))
    add_default_application(connection, ANNA.account_id)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    await database.write(open_account)
    yield database
    await database.close()


@pytest.fixture
def provisioning(database: Database) -> Provisioning:
    return Provisioning(database, AuditLog(Secret("k" * 32), VirtualClock()))


async def test_every_change_is_in_the_audit_log(provisioning: Provisioning, database: Database) -> None:
    await provisioning.create(ANNA, Application("shop", "The shop"))
    await provisioning.create(ANNA, Entity("bakery"))
    await provisioning.rename(ANNA, Entity("bakery", "The bakery"))
    await provisioning.associate(ANNA, Association(NUMBER, "shop", "bakery"))
    await provisioning.dissociate(ANNA, Association(NUMBER, "shop", "bakery"))
    await provisioning.delete(ANNA, Entity, "bakery")
    await provisioning.delete(ANNA, Application, "shop")
    entries = await database.read(lambda connection: latest(connection, 10, ANNA.account_id))
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("application.create", "shop"),
        ("entity.create", "bakery"),
        ("entity.rename", "bakery"),
        ("resource-association.create", "number-1"),
        ("resource-association.delete", "number-1"),
        ("entity.delete", "bakery"),
        ("application.delete", "shop"),
    ]
    assert {entry.actor for entry in entries} == {"key of anna"}
    assert entries[3].details == {
        "resourceType": "NUMBER",
        "channel": "SMS",
        "applicationId": "shop",
        "entityId": "bakery",
    }


async def test_what_is_refused_is_not_in_the_audit_log(provisioning: Provisioning, database: Database) -> None:
    with pytest.raises(AlreadyExists):
        await provisioning.create(ANNA, Application("default"))
    with pytest.raises(NotFound):
        await provisioning.rename(ANNA, Application("shop", "The shop"))
    with pytest.raises(NotFound):
        await provisioning.delete(ANNA, Application, "shop")
    with pytest.raises(NotFound):
        await provisioning.associate(ANNA, Association(NUMBER, "shop"))
    with pytest.raises(NotFound):
        await provisioning.dissociate(ANNA, Association(NUMBER, "default"))
    assert await database.read(lambda connection: latest(connection, 10)) == []


async def test_ids_that_cannot_be_are_refused_whoever_asks(provisioning: Provisioning) -> None:
    for wrong in ("", " shop", "..", "x" * 256):
        with pytest.raises(InvalidRequest) as of_application:
            await provisioning.create(ANNA, Application(wrong))
        with pytest.raises(InvalidRequest) as of_entity:
            await provisioning.create(ANNA, Entity(wrong))
        with pytest.raises(InvalidRequest) as of_resource:
            await provisioning.associate(
                ANNA, Association(Resource(ResourceType.NUMBER, Channel.SMS, wrong), "default")
            )
        refused = (of_application, of_entity, of_resource)
        assert [error.value.field for error in refused] == ["applicationId", "entityId", "resourceId"]
