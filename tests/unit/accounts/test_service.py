"""Accounts, users and API keys from the first start on, and who is told of it."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ringback.accounts import COMMAND_LINE, Accounts, FirstStart, Role, Scope, keys_disabled_since
from ringback.accounts.model import ApiKeyChange, ApiKeyFilter, ApiKeyOrder, parse_network
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.redaction import Secret
from ringback.testing.clock import VirtualClock

if TYPE_CHECKING:
    from tests.unit.accounts.conftest import Process

PASSWORD = Secret("correct horse battery")


async def started(accounts: Accounts, api_key: Secret | None = None) -> FirstStart:
    first_start = await accounts.bootstrap(api_key)
    assert first_start is not None
    return first_start


async def test_the_first_start_makes_an_account_an_admin_and_a_key(accounts: Accounts) -> None:
    first = await started(accounts)
    assert [account.name for account in await accounts.list_accounts()] == ["default"]
    (user,) = await accounts.list_users(first.account.id)
    assert (user.username, user.role) == (first.username, Role.ADMIN)
    ((key,), total) = await accounts.list_api_keys(first.account.id, ApiKeyFilter(), 0, 10)
    assert (total, key.name, key.valid_to, key.networks) == (1, "first start", None, ())
    assert key.prefix == first.api_key.reveal()[:8]


async def test_the_second_start_makes_nothing(accounts: Accounts) -> None:
    first = await started(accounts)
    assert await accounts.bootstrap(Secret("another-key")) is None
    assert await accounts.list_accounts() == [first.account]
    assert (await accounts.list_api_keys(first.account.id, ApiKeyFilter(), 0, 10))[1] == 1


async def test_two_first_starts_at_once_make_one(accounts: Accounts) -> None:
    starts = await asyncio.gather(accounts.bootstrap(None), accounts.bootstrap(None))
    assert sum(start is not None for start in starts) == 1


async def test_neither_key_nor_password_is_stored(accounts: Accounts, tmp_path: Path) -> None:
    first = await started(accounts)
    await accounts.create_user(first.account.id, "zoe", PASSWORD, Role.ADMIN)
    connection = sqlite3.connect(tmp_path / "test.db")
    stored = "\n".join(connection.iterdump())
    connection.close()
    assert "default" in stored
    for secret in (first.password, PASSWORD, first.api_key, Secret(first.api_key.reveal()[9:])):
        assert secret.reveal() not in stored


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


async def test_users_are_listed_for_their_account_only(accounts: Accounts) -> None:
    acme, other = await accounts.create_account("acme"), await accounts.create_account("other")
    zoe = await accounts.create_user(acme.id, "zoe", PASSWORD, Role.VIEWER)
    anna = await accounts.create_user(acme.id, "anna", PASSWORD, Role.AGENT)
    await accounts.create_user(other.id, "boris", PASSWORD, Role.ADMIN)
    assert await accounts.list_users(acme.id) == [anna, zoe]


async def test_nobody_gets_a_new_password_by_a_wrong_name(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.change_password("nobody", PASSWORD)
    with pytest.raises(InvalidRequest):
        await accounts.change_password("nobody", Secret("short"))


async def test_a_key_is_kept_as_it_was_made(accounts: Accounts, clock: VirtualClock) -> None:
    account = await accounts.create_account("acme")
    tomorrow = clock.now() + timedelta(days=1)
    made, secret = await accounts.create_api_key(
        account.id,
        "backend",
        by=COMMAND_LINE,
        scopes={Scope.WEBRTC, Scope.CALLS_LOGS},
        networks=[parse_network("192.0.2.0/24"), parse_network("2001:db8::1")],
        valid_from=tomorrow,
        valid_to=tomorrow + timedelta(days=1),
    )
    assert made.prefix == secret.reveal()[:8]
    assert await accounts.find_api_key(account.id, made.id) == made


async def test_a_change_changes_what_it_names(accounts: Accounts, clock: VirtualClock) -> None:
    account = await accounts.create_account("acme")
    end = clock.now() + timedelta(days=1)
    made, _ = await accounts.create_api_key(account.id, "backend", by=COMMAND_LINE, scopes={Scope.WEBRTC}, valid_to=end)
    change = ApiKeyChange(name="frontend", enabled=False)
    renamed = await accounts.change_api_key(account.id, made.id, change, by=COMMAND_LINE)
    assert renamed == await accounts.find_api_key(account.id, made.id)
    assert (renamed.name, renamed.enabled) == ("frontend", False)
    assert (renamed.scopes, renamed.valid_to) == (made.scopes, end)


async def test_a_key_knows_when_it_was_disabled_last_also_when_it_is_enabled_again(
    server: "Process", clock: VirtualClock
) -> None:
    account = await server.accounts.create_account("acme")
    made, _ = await server.accounts.create_api_key(account.id, "backend", by=COMMAND_LINE)
    other, _ = await server.accounts.create_api_key(account.id, "never disabled", by=COMMAND_LINE)
    told = []
    for enabled in (None, False, False, True, True, False):
        clock.advance(1)
        change = ApiKeyChange(enabled=enabled)
        told.append((await server.accounts.change_api_key(account.id, made.id, change, by=COMMAND_LINE)).disabled_at)
    start = clock.now() - timedelta(seconds=6)
    assert [at and (at - start).total_seconds() for at in told] == [None, 2, 2, 2, 2, 6]
    still = await server.accounts.change_api_key(account.id, other.id, ApiKeyChange(enabled=True), by=COMMAND_LINE)
    assert still.disabled_at is None

    async def since(seconds: float) -> list[str]:
        moment = start + timedelta(seconds=seconds)
        return [
            key.id for key in await server.database.read(lambda connection: keys_disabled_since(connection, moment))
        ]

    assert (await since(5.9), await since(6)) == ([made.id], [])


@pytest.mark.parametrize(
    ("parts", "field"),
    [({"name": ""}, "name"), ({"valid_to": -1}, "validTo"), ({"valid_to": 0}, "validTo")],
)
async def test_a_key_that_makes_no_sense_is_neither_made_nor_left(
    accounts: Accounts, clock: VirtualClock, parts: dict[str, Any], field: str
) -> None:
    account = await accounts.create_account("acme")
    if "valid_to" in parts:
        parts = {"valid_to": clock.now() + timedelta(days=parts["valid_to"])}
    with pytest.raises(InvalidRequest) as refusal:
        await accounts.create_api_key(account.id, by=COMMAND_LINE, **{"name": "backend", **parts})
    assert refusal.value.field == field
    made, _ = await accounts.create_api_key(account.id, "backend", by=COMMAND_LINE)
    with pytest.raises(InvalidRequest):
        await accounts.change_api_key(account.id, made.id, ApiKeyChange(**parts), by=COMMAND_LINE)
    assert await accounts.find_api_key(account.id, made.id) == made


async def test_another_accounts_key_is_not_found(accounts: Accounts) -> None:
    acme, other = await accounts.create_account("acme"), await accounts.create_account("other")
    made, _ = await accounts.create_api_key(acme.id, "backend", by=COMMAND_LINE)
    with pytest.raises(NotFound):
        await accounts.find_api_key(other.id, made.id)
    with pytest.raises(NotFound):
        await accounts.change_api_key(other.id, made.id, ApiKeyChange(enabled=False), by=COMMAND_LINE)
    assert await accounts.list_api_keys(other.id, ApiKeyFilter(), 0, 10) == ([], 0)
    assert (await accounts.find_api_key(acme.id, made.id)).enabled


async def test_keys_are_listed_in_the_wanted_order(accounts: Accounts, clock: VirtualClock) -> None:
    account = await accounts.create_account("acme")
    made = []
    for name, days in (("c", 1), ("a", 3), ("b", 2), ("a", 1)):
        end = clock.now() + timedelta(days=days)
        made.append((await accounts.create_api_key(account.id, name, by=COMMAND_LINE, valid_to=end))[0])
        clock.advance(1)
    first, second, third, fourth = (key.id for key in made)

    async def listed(offset: int = 0, limit: int = 10, **wanted: Any) -> tuple[list[str], int]:
        keys, total = await accounts.list_api_keys(account.id, ApiKeyFilter(**wanted), offset, limit)
        return [key.id for key in keys], total

    assert await listed() == ([first, second, third, fourth], 4)
    assert await listed(descending=True) == ([fourth, third, second, first], 4)
    assert await listed(order_by=ApiKeyOrder.NAME) == ([second, fourth, third, first], 4)
    assert await listed(order_by=ApiKeyOrder.VALID_TO) == ([first, fourth, third, second], 4)
    assert await listed(order_by=ApiKeyOrder.VALID_FROM, descending=True) == ([fourth, third, second, first], 4)
    assert await listed(offset=1, limit=2) == ([second, third], 4)
    assert await listed(name="a") == ([second, fourth], 2)
    await accounts.change_api_key(account.id, third, ApiKeyChange(enabled=False), by=COMMAND_LINE)
    assert await listed(enabled=False) == ([third], 1)
    assert await listed(enabled=True) == ([first, second, fourth], 3)


async def test_every_administrative_change_is_in_the_audit_log(server: "Process") -> None:
    accounts = server.accounts
    first = await started(accounts)
    account = await accounts.create_account("acme")
    user = await accounts.create_user(account.id, "zoe", PASSWORD, Role.DEVELOPER)
    await accounts.change_password("zoe", Secret("another long password"))
    key, secret = await accounts.create_api_key(account.id, "backend", networks=[parse_network("192.0.2.7")], by="anna")
    await accounts.change_api_key(account.id, key.id, ApiKeyChange(enabled=False), by="anna")
    entries = await server.audited()
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("command line", "account.create"),
        ("command line", "user.create"),
        ("command line", "api-key.create"),
        ("command line", "account.create"),
        ("command line", "user.create"),
        ("command line", "user.change-password"),
        ("anna", "api-key.create"),
        ("anna", "api-key.update"),
    ]
    assert [entry.account_id for entry in entries[:3]] == [first.account.id] * 3
    assert [entry.account_id for entry in entries[3:]] == [account.id] * 5
    assert [entry.subject for entry in entries[4:]] == [user.id, user.id, key.id, key.id]
    assert entries[-1].details == {"enabled": "False"}
    assert not any(told in str(entries) for told in (secret.reveal(), PASSWORD.reveal(), "192.0.2.7"))


async def test_what_is_refused_is_not_in_the_audit_log(server: "Process") -> None:
    account = await server.accounts.create_account("acme")
    before = await server.audited()
    with pytest.raises(InvalidRequest):
        await server.accounts.create_account("acme")
    with pytest.raises(NotFound):
        await server.accounts.change_api_key(account.id, "no key", ApiKeyChange(enabled=False), by=COMMAND_LINE)
    assert await server.audited() == before
