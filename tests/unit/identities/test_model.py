"""What may name a WebRTC user (contract §2)."""

import pytest

from ringback.identities.model import is_display_name, is_identity


@pytest.mark.parametrize(
    "identity",
    ["bob", "a-b_c+d=e/f.g", "ŽĐ7", "王小明", "ελένη", "عمر", "Ⅷ²½", "x" * 64, "𝒳" * 64],
)
def test_identities(identity: str) -> None:
    assert is_identity(identity)


@pytest.mark.parametrize(
    "identity",
    ["", "ab", "x" * 65, "a b c", "abc\n", "abc\x00", "a@b.c", "abc!", "ab\u0301c", "abc😀", "abc\ud800", "abc\u200d"],
)
def test_what_cannot_be_an_identity(identity: str) -> None:
    assert not is_identity(identity)


@pytest.mark.parametrize("name", ["12345", "x" * 50, "Zoë Ω 😀", "     "])
def test_display_names(name: str) -> None:
    assert is_display_name(name)


@pytest.mark.parametrize(
    "name", ["", "1234", "x" * 51, "abcd\x00", "abc\ndef", "abcde\ud800", "Alice\u202e", "\u2067Alice"]
)
def test_what_cannot_be_a_display_name(name: str) -> None:
    assert not is_display_name(name)
