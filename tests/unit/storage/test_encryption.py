"""Secrets at rest open with their key, in their place, and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.redaction import Secret
from ringback.storage.encryption import Encryption, Unreadable

KEY = Secret("the key of this installation, long enough")
HERE = "push_configurations:1"

encryption = Encryption(KEY)


@given(st.binary(max_size=100))
def test_what_is_sealed_can_be_opened(plaintext: bytes) -> None:
    sealed = encryption.seal(plaintext, HERE)
    assert len(sealed) == len(plaintext) + 29
    assert encryption.open(sealed, HERE) == plaintext


def test_a_node_with_the_same_key_opens_what_another_has_sealed() -> None:
    assert Encryption(KEY).open(encryption.seal(b"private key", HERE), HERE) == b"private key"


def test_what_an_earlier_release_has_sealed_can_be_opened() -> None:
    sealed = bytes.fromhex("0118179252ebcfb295cbad4c28f49769010c94c90ebcf06118c3d54bb3196259cebf238519efc812")
    assert encryption.open(sealed, HERE) == b"private key"


def test_the_plaintext_does_not_show_and_equal_ones_do_not_look_equal() -> None:
    first, second = (encryption.seal(b"private key", HERE) for _ in range(2))
    assert b"private" not in first
    assert first[13:] != second[13:]


def test_another_key_opens_nothing() -> None:
    other = Encryption(Secret("another key, which is just as long as it"))
    with pytest.raises(Unreadable, match="RINGBACK_SECRET_KEY"):
        other.open(encryption.seal(b"private key", HERE), HERE)


def test_a_value_cannot_be_moved_to_another_row() -> None:
    with pytest.raises(Unreadable):
        encryption.open(encryption.seal(b"private key", HERE), "push_configurations:2")


@given(st.integers(0, 39), st.integers(1, 255))
def test_a_changed_byte_is_found(position: int, change: int) -> None:
    sealed = bytearray(encryption.seal(b"private key", HERE))
    sealed[position] ^= change
    with pytest.raises(Unreadable):
        encryption.open(bytes(sealed), HERE)


@given(st.integers(0, 39))
def test_a_cut_value_is_found(length: int) -> None:
    with pytest.raises(Unreadable):
        encryption.open(encryption.seal(b"private key", HERE)[:length], HERE)
