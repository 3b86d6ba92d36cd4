"""Accounts from the first start on, and whose credentials a request carries."""

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ringback.accounts import Accounts, FirstStart, Role
from ringback.accounts import passwords as passwords_module
from ringback.accounts.passwords import Passwords
from ringback.kernel.errors import InvalidRequest, NotFound, Unauthenticated, Unavailable
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds
from ringback.web import Principal

PASSWORD = Secret("correct horse battery")


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield cheap
    cheap.close()


@pytest.fixture
async def accounts(tmp_path: Path, passwords: Passwords) -> AsyncIterator[Accounts]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield Accounts(database, VirtualClock(), CountingIds(), passwords)
    await database.close()


async def started(accounts: Accounts, api_key: Secret | None = None) -> FirstStart:
    first_start = await accounts.bootstrap(api_key)
    assert first_start is not None
    return first_start


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


async def authenticate(accounts: Accounts, authorization: str | None) -> Principal:
    scheme, _, credentials = (authorization or "").partition(" ")
    match scheme.lower():
        case "app":
            return await accounts.authenticate_key(credentials, "127.0.0.1")
        case "basic":
            return await accounts.authenticate_user(credentials, "127.0.0.1")
        case _:
            raise Unauthenticated


async def test_the_first_start_makes_an_account_an_admin_and_a_key(accounts: Accounts) -> None:
    first = await started(accounts)
    assert first.account.name == "default"
    by_key = await authenticate(accounts, f"App {first.api_key.reveal()}")
    by_password = await authenticate(accounts, basic(first.username, first.password.reveal()))
    assert by_key.account_id == by_password.account_id == first.account.id
    assert by_key.credential_id != by_password.credential_id


async def test_the_second_start_makes_nothing(accounts: Accounts) -> None:
    first = await started(accounts)
    assert await accounts.bootstrap(Secret("another-key")) is None
    with pytest.raises(Unauthenticated):
        await authenticate(accounts, "App another-key")
    assert (await authenticate(accounts, f"App {first.api_key.reveal()}")).account_id == first.account.id


async def test_two_first_starts_at_once_make_one(accounts: Accounts) -> None:
    starts = await asyncio.gather(accounts.bootstrap(None), accounts.bootstrap(None))
    assert sum(start is not None for start in starts) == 1


async def test_the_first_start_takes_the_operators_key(accounts: Accounts) -> None:
    first = await started(accounts, Secret("chosen-by-the-operator"))
    assert first.api_key == Secret("chosen-by-the-operator")
    assert (await authenticate(accounts, "App chosen-by-the-operator")).account_id == first.account.id


async def test_neither_key_nor_password_is_stored(accounts: Accounts, tmp_path: Path) -> None:
    first = await started(accounts)
    connection = sqlite3.connect(tmp_path / "test.db")
    stored = "\n".join(connection.iterdump())
    connection.close()
    assert "default" in stored
    for secret in (first.password.reveal(), first.api_key.reveal(), first.api_key.reveal()[9:]):
        assert secret not in stored


async def test_each_account_has_its_own_keys_and_users(accounts: Accounts) -> None:
    first = await started(accounts)
    other = await accounts.create_account("other")
    record, key = await accounts.create_api_key(other.id, "backend")
    await accounts.create_user(other.id, "zoë", PASSWORD, Role.ADMIN)
    assert record.prefix == key.reveal()[:8]
    assert other.id != first.account.id
    assert (await authenticate(accounts, f"App {key.reveal()}")).account_id == other.id
    assert (await authenticate(accounts, basic("zoë", PASSWORD.reveal()))).account_id == other.id


async def test_names_are_taken_once(accounts: Accounts) -> None:
    account = await accounts.create_account("acme")
    with pytest.raises(InvalidRequest) as refusal:
        await accounts.create_account("acme")
    assert refusal.value.field == "name"
    await accounts.create_user(account.id, "zoe", PASSWORD, Role.ADMIN)
    other = await accounts.create_account("other")
    with pytest.raises(InvalidRequest) as refusal:
        await accounts.create_user(other.id, "zoe", PASSWORD, Role.ADMIN)
    assert refusal.value.field == "username"


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("", "long enough for us", "username"),
        ("a:b", "long enough for us", "username"),
        ("zoe", "short", "password"),
        ("zoe", "x" * 1025, "password"),
    ],
)
async def test_a_user_needs_a_name_and_a_good_password(
    accounts: Accounts, username: str, password: str, field: str
) -> None:
    account = await accounts.create_account("acme")
    with pytest.raises(InvalidRequest) as refusal:
        await accounts.create_user(account.id, username, Secret(password), Role.ADMIN)
    assert refusal.value.field == field


async def test_an_account_is_found_by_name(accounts: Accounts) -> None:
    account = await accounts.create_account("acme")
    assert await accounts.find_account("acme") == account
    with pytest.raises(NotFound):
        await accounts.find_account("nobody")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "App",
        "App ",
        "App unknown-key",
        "App \xff",
        "Bearer something",
        "IBSSO something",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"no colon").decode(),
        basic("admin", ""),
        basic("admin", "wrong password"),
        basic("admin", "x" * 5000),
        basic("nobody", "wrong password"),
        basic("adm\x00in", "wrong password"),
    ],
)
async def test_credentials_that_are_refused(accounts: Accounts, authorization: str | None) -> None:
    await started(accounts)
    with pytest.raises(Unauthenticated):
        await authenticate(accounts, authorization)


async def test_the_scheme_may_be_written_in_any_case(accounts: Accounts) -> None:
    first = await started(accounts)
    assert (await authenticate(accounts, f"app {first.api_key.reveal()}")).account_id == first.account.id


async def test_too_many_sign_ins_at_once_are_refused(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords_module, "WAITING_LIMIT", -2)
    with pytest.raises(Unavailable):
        await passwords.hash(PASSWORD)
