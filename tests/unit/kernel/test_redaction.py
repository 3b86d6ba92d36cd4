"""Values that must not be seen are not seen, however they are printed."""

import pytest

from ringback.kernel.redaction import IpAddress, Secret, Token


@pytest.mark.parametrize("kind", [Secret, Token])
def test_a_secret_shows_only_its_kind(kind: type[Secret]) -> None:
    secret = kind("hunter2-hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr({"password": secret})):
        assert "hunter2" not in shown
        assert kind.__name__ in shown
    assert secret.reveal() == "hunter2-hunter2"


def test_secrets_compare_by_content() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("not an address", "?"),
    ],
)
def test_an_address_is_shown_without_its_last_part(address: str, shown: str) -> None:
    assert str(IpAddress(address)) == shown
    assert IpAddress(address).reveal() == address
