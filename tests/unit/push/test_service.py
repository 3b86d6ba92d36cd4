"""What push configurations leave in the database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from ringback.accounts import store as accounts
from ringback.accounts.model import Account
from ringback.accounts.provisioning import add_default_application
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.redaction import Secret
from ringback.push import Certificates, PushConfigurations
from ringback.push.model import AppleCredentials, FirebaseCredentials, Wanted
from ringback.push.store import push_configurations
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog, latest
from ringback.storage.encryption import Encryption, Unreadable
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.testing.push import P12_PASSWORD, apns_certificate, service_account
from ringback.web import Principal

ANNA = Principal(account_id="account", credential_id="key of anna")
KEY = Secret("k" * 32)
IOS = AppleCredentials("phones.p12", Secret(apns_certificate()), Secret(P12_PASSWORD))
ANDROID = FirebaseCredentials(Secret(service_account()))
BOTH = Wanted(name="phones", ios=IOS, android=ANDROID, application_id="default")
UNKNOWN = Wanted(name="phones", ios=None, android=ANDROID, application_id="nothing")


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
def service(database: Database) -> PushConfigurations:
    clock = VirtualClock()
    return PushConfigurations(database, clock, CountingIds(), AuditLog(KEY, clock), Encryption(KEY), Certificates())


async def stored(database: Database) -> tuple[bytes, bytes]:
    columns = select(push_configurations.c.ios, push_configurations.c.android)
    row = await database.read(lambda connection: connection.execute(columns).one())
    return row.ios, row.android


async def test_credentials_are_stored_encrypted_each_for_its_place(
    service: PushConfigurations, database: Database
) -> None:
    id = (await service.create(ANNA, BOTH)).id
    ios, android = await stored(database)
    encryption = Encryption(KEY)
    assert encryption.open(ios, f"push_configurations:{id}:ios") == IOS.plaintext()
    assert encryption.open(android, f"push_configurations:{id}:android") == ANDROID.plaintext()
    with pytest.raises(Unreadable):
        encryption.open(ios, f"push_configurations:{id}:android")


def test_what_is_encrypted_is_everything_a_push_service_asks_for() -> None:
    assert IOS.plaintext().decode() == (
        f'{{"fileName": "phones.p12", "certificate": "{apns_certificate()}", "password": "{P12_PASSWORD}"}}'
    )
    assert AppleCredentials("a.p12", Secret("AAAA"), None).plaintext().endswith(b'"password": null}')
    assert ANDROID.plaintext().decode() == service_account()


async def test_every_change_is_in_the_audit_log_without_its_secrets(
    service: PushConfigurations, database: Database
) -> None:
    id = (await service.create(ANNA, BOTH)).id
    await service.change(ANNA, id, Wanted(name="tablets", ios=None, android=None, application_id=None))
    await service.replace(ANNA, id, Wanted(name=None, ios=None, android=ANDROID, application_id=None))
    await service.delete(ANNA, id)
    entries = await database.read(lambda connection: latest(connection, 10, ANNA.account_id))
    assert [(entry.action, entry.details) for entry in entries] == [
        ("push-configuration.create", {"credentials": "ios android", "applicationId": "default"}),
        ("push-configuration.update", {"credentials": ""}),
        ("push-configuration.update", {"credentials": "android"}),
        ("push-configuration.delete", {}),
    ]
    assert {(entry.actor, entry.subject) for entry in entries} == {("key of anna", id)}


async def test_what_is_refused_changes_nothing(service: PushConfigurations, database: Database) -> None:
    id = (await service.create(ANNA, BOTH)).id
    before = await stored(database)
    with pytest.raises(InvalidRequest):
        await service.replace(ANNA, id, UNKNOWN)
    with pytest.raises(InvalidRequest):
        await service.create(ANNA, UNKNOWN)
    with pytest.raises(NotFound):
        await service.change(ANNA, "nothing", BOTH)
    assert await stored(database) == before
    assert len(await database.read(lambda connection: latest(connection, 10))) == 1
