"""Whose credentials a request carries, and every reason to refuse them."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringback.accounts import COMMAND_LINE, Account, Accounts, Authentication, Role, Scope
from ringback.accounts.model import ApiKeyChange, LoginKind, parse_network
from ringback.accounts.store import logins
from ringback.kernel.errors import TooManyRequests, Unauthenticated
from ringback.kernel.redaction import Secret
from ringback.testing.clock import VirtualClock

if TYPE_CHECKING:
    from tests.unit.accounts.conftest import Process

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"
PASSWORD, WRONG = Secret("correct horse battery"), Secret("wrong horse battery")


@dataclass(frozen=True)
class Acme:
    """An account with a key, and zoe, who administers it."""

    account: Account
    key_id: str
    key: str
    user_id: str


@pytest.fixture
async def acme(accounts: Accounts) -> Acme:
    account = await accounts.create_account("acme")
    record, key = await accounts.create_api_key(account.id, "backend", by=COMMAND_LINE)
    user = await accounts.create_user(account.id, "zoe", PASSWORD, Role.ADMIN)
    return Acme(account, record.id, key.reveal(), user.id)


def basic(username: str, password: Secret) -> str:
    return base64.b64encode(f"{username}:{password.reveal()}".encode()).decode()


async def is_refused(authenticate: Callable[[str, str], Awaitable[object]], credentials: str, address: str) -> bool:
    try:
        await authenticate(credentials, address)
    except Unauthenticated:
        return True
    return False


async def test_a_key_stands_for_its_account(acme: Acme, authentication: Authentication) -> None:
    principal = await authentication.authenticate_key(acme.key, HERE)
    assert (principal.account_id, principal.credential_id) == (acme.account.id, acme.key_id)
    assert "webrtc:manage" in principal.scopes
    assert not principal.reads_only


async def test_a_user_has_the_rights_of_the_role(
    acme: Acme, accounts: Accounts, authentication: Authentication
) -> None:
    admin = await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)
    assert (admin.account_id, admin.credential_id) == (acme.account.id, acme.user_id)
    assert admin.scopes == {"*"}
    await accounts.create_user(acme.account.id, "viktor", PASSWORD, Role.VIEWER)
    viewer = await authentication.authenticate_user(basic("viktor", PASSWORD), HERE)
    assert ("webrtc:manage" in viewer.scopes, viewer.reads_only) == (True, True)


async def test_each_account_has_its_own_keys_and_users(
    acme: Acme, accounts: Accounts, authentication: Authentication
) -> None:
    other = await accounts.create_account("other")
    _, key = await accounts.create_api_key(other.id, "backend", by=COMMAND_LINE)
    await accounts.create_user(other.id, "boris", PASSWORD, Role.ADMIN)
    assert (await authentication.authenticate_key(key.reveal(), HERE)).account_id == other.id
    assert (await authentication.authenticate_user(basic("boris", PASSWORD), HERE)).account_id == other.id
    assert (await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)).account_id == acme.account.id


async def test_a_key_is_refused_before_and_after_its_time(
    acme: Acme, accounts: Accounts, authentication: Authentication, clock: VirtualClock
) -> None:
    begin = clock.now() + timedelta(seconds=10)
    _, secret = await accounts.create_api_key(
        acme.account.id, "short", by=COMMAND_LINE, valid_from=begin, valid_to=begin + timedelta(seconds=10)
    )
    key = secret.reveal()
    assert await is_refused(authentication.authenticate_key, key, HERE)
    clock.advance(10)
    assert not await is_refused(authentication.authenticate_key, key, HERE)
    clock.advance(9.9)
    assert not await is_refused(authentication.authenticate_key, key, HERE)
    clock.advance(0.1)  # it is remembered still, and refused
    assert await is_refused(authentication.authenticate_key, key, HERE)


async def test_a_key_is_refused_from_elsewhere_also_when_it_was_just_used(
    acme: Acme, accounts: Accounts, authentication: Authentication
) -> None:
    _, secret = await accounts.create_api_key(acme.account.id, "bound", by=COMMAND_LINE, networks=[parse_network(HERE)])
    assert not await is_refused(authentication.authenticate_key, secret.reveal(), HERE)
    assert await is_refused(authentication.authenticate_key, secret.reveal(), ELSEWHERE)
    assert not await is_refused(authentication.authenticate_key, secret.reveal(), HERE)


async def test_a_key_that_is_changed_here_is_changed_at_once(
    acme: Acme, accounts: Accounts, authentication: Authentication
) -> None:
    assert not await is_refused(authentication.authenticate_key, acme.key, HERE)
    change = ApiKeyChange(scopes=frozenset({Scope.CALLS}))
    await accounts.change_api_key(acme.account.id, acme.key_id, change, by=COMMAND_LINE)
    assert (await authentication.authenticate_key(acme.key, HERE)).scopes == {"calls:manage"}
    await accounts.change_api_key(acme.account.id, acme.key_id, ApiKeyChange(enabled=False), by=COMMAND_LINE)
    assert await is_refused(authentication.authenticate_key, acme.key, HERE)
    await accounts.change_api_key(acme.account.id, acme.key_id, ApiKeyChange(enabled=True), by=COMMAND_LINE)
    assert not await is_refused(authentication.authenticate_key, acme.key, HERE)


async def test_a_key_that_another_process_disables_is_refused_within_a_second(
    acme: Acme, authentication: Authentication, command: "Process", clock: VirtualClock
) -> None:
    assert not await is_refused(authentication.authenticate_key, acme.key, HERE)
    await command.accounts.change_api_key(acme.account.id, acme.key_id, ApiKeyChange(enabled=False), by=COMMAND_LINE)
    clock.advance(0.5)
    assert await is_refused(authentication.authenticate_key, acme.key, HERE)


async def test_a_key_costs_no_question_to_the_database_for_half_a_second(
    acme: Acme, server: "Process", clock: VirtualClock
) -> None:
    await server.authentication.authenticate_key(acme.key, HERE)
    await server.database.close()
    clock.advance(0.4)
    assert (await server.authentication.authenticate_key(acme.key, HERE)).credential_id == acme.key_id


@pytest.mark.parametrize(
    "credentials",
    ["", "!!!", "em9l", basic("zoe", WRONG), basic("nobody", PASSWORD), basic("zoe\0", PASSWORD), basic("", PASSWORD)]
    + [basic("zoe", Secret(password)) for password in ("", "x" * 11, "x" * 5000)]
    + [base64.b64encode(raw).decode() for raw in (b"\xff\xfe", b"no colon", b"zoe:\xed\xa0\x80" + b"x" * 20)],
)
async def test_wrong_users_and_passwords_are_all_refused_alike(
    acme: Acme, authentication: Authentication, credentials: str
) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        await authentication.authenticate_user(credentials, HERE)
    assert refusal.value.message == Unauthenticated().message


@pytest.mark.parametrize("credentials", ["", "unknown-key", "\xff", "\0", "x" * 10_000])
async def test_unknown_keys_and_tokens_are_refused(
    acme: Acme, authentication: Authentication, credentials: str
) -> None:
    assert await is_refused(authentication.authenticate_key, credentials, HERE)
    assert await is_refused(authentication.authenticate_ibsso, credentials, HERE)
    assert await is_refused(authentication.authenticate_oauth2, credentials, HERE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(credentials=st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()), address=st.text())
async def test_no_header_is_more_than_refused(
    authentication: Authentication, clock: VirtualClock, credentials: str, address: str
) -> None:
    clock.advance(60)
    header = credentials.encode("latin-1", "ignore").decode("latin-1")
    for authenticate in (
        authentication.authenticate_key,
        authentication.authenticate_user,
        authentication.authenticate_ibsso,
        authentication.authenticate_oauth2,
    ):
        assert await is_refused(authenticate, header, address)


async def signed_in(authentication: Authentication, kind: LoginKind, *, bound: bool = False) -> str:
    return (await authentication.sign_in(kind, "zoe", PASSWORD, HERE, bound=bound)).reveal()


async def test_a_login_stands_for_its_user_for_an_hour(
    acme: Acme, authentication: Authentication, clock: VirtualClock
) -> None:
    token = await signed_in(authentication, LoginKind.IBSSO)
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    clock.advance(3599.9)
    principal = await authentication.authenticate_ibsso(token, ELSEWHERE)
    assert (principal.account_id, principal.credential_id) == (acme.account.id, acme.user_id)
    clock.advance(0.1)
    assert await is_refused(authentication.authenticate_ibsso, token, ELSEWHERE)


async def test_a_login_is_good_for_its_own_scheme_only(acme: Acme, authentication: Authentication) -> None:
    session = await signed_in(authentication, LoginKind.IBSSO)
    access_token = await signed_in(authentication, LoginKind.OAUTH2)
    assert await is_refused(authentication.authenticate_oauth2, session, HERE)
    assert await is_refused(authentication.authenticate_ibsso, access_token, HERE)
    assert not await is_refused(authentication.authenticate_oauth2, access_token, HERE)


async def test_a_login_that_is_bound_to_what_is_no_address_is_good_nowhere(
    acme: Acme, authentication: Authentication
) -> None:
    token = await authentication.sign_in(LoginKind.IBSSO, "zoe", PASSWORD, "unknown", bound=True)
    for address in ("unknown", HERE, ""):
        with pytest.raises(Unauthenticated):
            await authentication.authenticate_ibsso(token.reveal(), address)


async def test_a_bound_login_is_good_at_its_address_only(acme: Acme, authentication: Authentication) -> None:
    token = await signed_in(authentication, LoginKind.IBSSO, bound=True)
    assert not await is_refused(authentication.authenticate_ibsso, token, HERE)
    assert await is_refused(authentication.authenticate_ibsso, token, ELSEWHERE)


async def test_who_signs_out_is_out_at_once_and_only_there(acme: Acme, authentication: Authentication) -> None:
    first, second = [await signed_in(authentication, LoginKind.IBSSO) for _ in range(2)]
    assert not await is_refused(authentication.authenticate_ibsso, first, HERE)
    await authentication.sign_out(Secret(first))
    assert await is_refused(authentication.authenticate_ibsso, first, HERE)
    assert not await is_refused(authentication.authenticate_ibsso, second, HERE)


async def test_a_new_password_ends_what_the_old_one_began(
    acme: Acme, accounts: Accounts, authentication: Authentication
) -> None:
    session = await signed_in(authentication, LoginKind.IBSSO)
    access_token = await signed_in(authentication, LoginKind.OAUTH2)
    assert not await is_refused(authentication.authenticate_ibsso, session, HERE)
    assert not await is_refused(authentication.authenticate_user, basic("zoe", PASSWORD), HERE)
    await accounts.change_password("zoe", Secret("another long password"))
    assert await is_refused(authentication.authenticate_ibsso, session, HERE)
    assert await is_refused(authentication.authenticate_oauth2, access_token, HERE)
    assert await is_refused(authentication.authenticate_user, basic("zoe", PASSWORD), HERE)
    assert not await is_refused(authentication.authenticate_user, basic("zoe", Secret("another long password")), HERE)


async def test_a_new_password_of_another_process_counts_within_a_second(
    acme: Acme, authentication: Authentication, command: "Process", clock: VirtualClock
) -> None:
    session = await signed_in(authentication, LoginKind.IBSSO)
    assert not await is_refused(authentication.authenticate_ibsso, session, HERE)
    assert not await is_refused(authentication.authenticate_user, basic("zoe", PASSWORD), HERE)
    await command.accounts.change_password("zoe", Secret("another long password"))
    clock.advance(0.5)
    assert await is_refused(authentication.authenticate_ibsso, session, HERE)
    assert await is_refused(authentication.authenticate_user, basic("zoe", PASSWORD), HERE)


async def test_a_password_that_was_changed_meanwhile_signs_nobody_in(
    acme: Acme, authentication: Authentication, command: "Process"
) -> None:
    await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)
    await command.accounts.change_password("zoe", Secret("another long password"))
    with pytest.raises(Unauthenticated):
        await signed_in(authentication, LoginKind.IBSSO)


async def test_expired_logins_are_forgotten(acme: Acme, server: "Process", clock: VirtualClock) -> None:
    for _ in range(3):
        await signed_in(server.authentication, LoginKind.OAUTH2)
        clock.advance(3600)
    stored = await server.database.read(lambda connection: connection.execute(logins.select()).all())
    assert len(stored) == 1


async def test_who_guesses_is_slowed_down_whether_the_user_exists_or_not(
    acme: Acme, authentication: Authentication, clock: VirtualClock
) -> None:
    for username in ("zoe", "nobody"):
        for _ in range(10):
            assert await is_refused(authentication.authenticate_user, basic(username, WRONG), HERE)
        with pytest.raises(TooManyRequests) as refusal:
            await authentication.authenticate_user(basic(username, WRONG), HERE)
        assert refusal.value.retry_seconds == 60
    with pytest.raises(TooManyRequests):  # not even the right one, or it could be guessed on
        await authentication.sign_in(LoginKind.IBSSO, "zoe", PASSWORD, HERE, bound=False)
    clock.advance(60)
    await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)


async def test_a_stranger_does_not_lock_people_out_of_their_own_place(
    acme: Acme, authentication: Authentication, clock: VirtualClock
) -> None:
    await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)
    for _ in range(3):
        for _ in range(10):
            assert await is_refused(authentication.authenticate_user, basic("zoe", WRONG), ELSEWHERE)
        await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)
        with pytest.raises(TooManyRequests):
            await authentication.authenticate_user(basic("zoe", PASSWORD), "203.0.113.7")
        clock.advance(60)
    await authentication.authenticate_user(basic("zoe", PASSWORD), "203.0.113.7")


async def test_right_passwords_are_not_counted(acme: Acme, authentication: Authentication) -> None:
    for _ in range(100):
        await authentication.authenticate_user(basic("zoe", PASSWORD), HERE)
