"""Shapes and rules of names and API keys."""

import re

import pytest

from ringback.accounts.model import api_key_from, is_name, key_hash
from ringback.kernel.redaction import Secret


def test_an_api_key_has_the_public_shape() -> None:
    key = api_key_from(bytes(range(16)), "0b8f7d6e-0000-4000-8000-000000000001").reveal()
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key)


def test_what_is_stored_of_a_key_is_not_the_key() -> None:
    assert len(key_hash(Secret("key"))) == 32
    assert key_hash(Secret("key")) == key_hash(Secret("key"))
    assert key_hash(Secret("key")) != key_hash(Secret("Key"))


@pytest.mark.parametrize("name", ["a", "Zoë & Søn", "x" * 100])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\x00b", "x" * 101, "\ud800"])
def test_what_cannot_be_a_name(name: str) -> None:
    assert not is_name(name)
