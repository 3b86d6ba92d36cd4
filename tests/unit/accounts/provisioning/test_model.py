"""What may be an id, and when an association says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.accounts.provisioning.model import Association, Channel, Resource, ResourceType, is_id


@pytest.mark.parametrize("text", ["a", "shop", "x" * 255, "a/b", "a b", "50%", "...", "магазин", "店", "😀", "default"])
def test_what_may_be_an_id(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize(
    "text", ["", " ", " a", "a ", "a\t", "\u00a0a", "x" * 256, "a\x00b", "a\nb", "a\u202eb", "\ud800"]
)
def test_what_may_not_be_an_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("text", [".", ".."])
def test_what_clients_resolve_in_a_path_is_no_id(text: str) -> None:
    assert not is_id(text)


@given(text=st.text())
def test_an_id_can_be_stored_and_sent(text: str) -> None:
    if is_id(text):
        assert text.encode().decode() == text
        assert 0 < len(text) <= 255
        assert "\x00" not in text


def test_the_default_says_no_more_than_no_association() -> None:
    number = Resource(ResourceType.NUMBER, Channel.SMS, "a number")
    assert Association(number, "default").is_default
    assert not Association(number, "default", "bakery").is_default
    assert not Association(number, "shop").is_default
