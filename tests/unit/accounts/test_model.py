"""Rules of names, keys, roles and addresses."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringback.accounts.model import (
    PRODUCT_SCOPES,
    RIGHTS,
    ApiKey,
    Login,
    LoginKind,
    Role,
    Scope,
    User,
    api_key_from,
    is_name,
    is_password,
    key_hash,
    parse_address,
    parse_network,
    show_network,
    shown_of,
)
from ringback.kernel.redaction import Secret

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE = parse_address("192.0.2.7")


def key(**parts: object) -> ApiKey:
    return ApiKey(
        **{"id": "1", "account_id": "2", "name": "backend", "prefix": "0011", "created_at": NOON}
        | {"valid_from": NOON}
        | parts  # type: ignore[arg-type]
    )


def test_an_api_key_has_the_public_shape() -> None:
    key = api_key_from(bytes(range(16)), "0b8f7d6e-0000-4000-8000-000000000001").reveal()
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key)


def test_what_is_stored_of_a_key_is_not_the_key() -> None:
    assert len(key_hash(Secret("key"))) == 32
    assert key_hash(Secret("key")) == key_hash(Secret("key"))
    assert key_hash(Secret("key")) != key_hash(Secret("Key"))


def test_only_a_small_part_of_a_key_is_shown() -> None:
    assert shown_of(api_key_from(bytes(range(16)), "0b8f7d6e-0000-4000-8000-000000000001")) == "00010203"
    assert shown_of(Secret("chosen-by-me")) == "cho"
    assert shown_of(Secret("abc")) == ""


@pytest.mark.parametrize("name", ["a", "Zoë & Søn", "x" * 100])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\x00b", "x" * 101, "\ud800", "gnp.exe\u202e"])
def test_what_cannot_be_a_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    ("text", "usable"),
    [("x" * 11, False), ("x" * 12, True), ("ü" * 1024, True), ("x" * 1025, False), ("x" * 12 + "\udc00", False)],
)
def test_passwords(text: str, usable: bool) -> None:
    assert is_password(text) is usable


def test_roles_open_what_their_names_say() -> None:
    everything, products, nothing = frozenset("*"), PRODUCT_SCOPES, frozenset[str]()
    assert {role: (rights.scopes, rights.reads_only) for role, rights in RIGHTS.items()} == {
        Role.ADMIN: (everything, False),
        Role.DEVELOPER: (products, False),
        Role.AGENT: (nothing, False),
        Role.VIEWER: (products, True),
    }
    assert Scope.ACCOUNT not in products


def test_a_key_without_scopes_has_those_of_the_products() -> None:
    assert key().rights.scopes == PRODUCT_SCOPES
    assert key(scopes=frozenset({Scope.WEBRTC_IDENTITY})).rights.scopes == {"webrtc:identity:manage"}


def test_a_key_is_valid_from_its_first_moment_to_before_its_last() -> None:
    bounded = key(valid_from=NOON, valid_to=NOON + SECOND)
    assert [bounded.is_valid(NOON + n * SECOND / 2) for n in (-1, 0, 1, 2)] == [False, True, True, False]
    assert key(valid_to=None).is_valid(datetime.max.replace(tzinfo=UTC))
    assert not key(enabled=False).is_valid(NOON)


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ([], "192.0.2.7", True),
        ([], "no address", True),
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "192.0.2.8", False),
        (["192.0.2.7"], "::ffff:192.0.2.7", True),
        (["192.0.2.7"], "no address", False),
        (["198.51.100.0/24", "192.0.2.0/29"], "192.0.2.7", True),
        (["192.0.2.0/29"], "192.0.2.8", False),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["2001:db8::/32"], "2001:db8:ffff::1", True),
        (["2001:db8::/32"], "2001:db9::1", False),
    ],
)
def test_a_key_may_be_bound_to_networks(networks: list[str], address: str, admitted: bool) -> None:
    assert key(networks=tuple(map(parse_network, networks))).admits(parse_address(address), NOON) is admitted


def test_the_right_address_does_not_help_an_expired_key() -> None:
    assert not key(valid_to=NOON + SECOND, networks=(parse_network("192.0.2.7"),)).admits(HERE, NOON + SECOND)


@pytest.mark.parametrize(
    ("kind", "address", "moment", "admitted"),
    [
        (LoginKind.IBSSO, "192.0.2.7", NOON, True),
        (LoginKind.IBSSO, "::ffff:192.0.2.7", NOON, True),
        (LoginKind.IBSSO, "192.0.2.8", NOON, False),
        (LoginKind.IBSSO, "no address", NOON, False),
        (LoginKind.OAUTH2, "192.0.2.7", NOON, False),
        (LoginKind.IBSSO, "192.0.2.7", NOON + SECOND, False),
    ],
)
def test_a_login_is_good_for_its_scheme_its_address_and_its_hour(
    kind: LoginKind, address: str, moment: datetime, admitted: bool
) -> None:
    user = User("1", "2", "zoe", Role.ADMIN, NOON)
    login = Login(user=user, kind=LoginKind.IBSSO, address="192.0.2.7", expires_at=NOON + SECOND)
    assert login.admits(kind, parse_address(address), moment) is admitted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_networks_are_shown_in_one_form(text: str, shown: str) -> None:
    assert show_network(parse_network(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "everywhere", "192.0.2.7/24", "192.0.2.7/33", "192.0.2", "fe80::1%1", "fe80::1%lo/128", "::ffff:192.0.2.7"],
)
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_network(text)


ADDRESSES = st.ip_addresses().map(str)
NETWORKS = st.builds(lambda address, bits: f"{address}/{bits}", ADDRESSES, st.integers(-1, 200))


@given(text=st.text(max_size=60) | NETWORKS | st.text("0123456789abcdef.:/%", max_size=40))
@example("1.2.3.4/" + "9" * 5000)
def test_every_text_is_a_network_or_refused(text: str) -> None:
    try:
        network = parse_network(text)
    except ValueError:
        return
    assert parse_network(show_network(network)) == network


@given(text=st.text(max_size=60) | ADDRESSES)
def test_every_text_is_an_address_or_none(text: str) -> None:
    address = parse_address(text)
    assert address is None or parse_address(str(address)) == address


@given(address=st.ip_addresses())
def test_a_key_that_is_bound_to_an_address_is_good_there(address: object) -> None:
    try:
        network = parse_network(str(address))
    except ValueError:
        assert str(address).startswith("::ffff:")
        return
    assert key(networks=(network,)).admits(parse_address(str(address)), NOON)
