"""Which credentials look as if a push service could accept them."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.redaction import Secret
from ringback.push.model import certificate_from, password_from, service_account_from
from ringback.testing.push import apns_certificate, service_account


def test_a_certificate_may_be_wrapped_into_lines() -> None:
    text = apns_certificate()
    wrapped = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76)) + "\n"
    assert certificate_from(Secret(wrapped)) == certificate_from(Secret(text)) == Secret(text)


@pytest.mark.parametrize("text", ["", " \n", "A", "AB!=", "AA==AA==", "-_-_", "é", "\x00", "=" * 4])
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        certificate_from(Secret(text))


def test_a_certificate_has_at_most_64_kibibytes() -> None:
    largest = Secret(base64.b64encode(bytes(65_536)).decode())
    assert certificate_from(largest) == largest
    with pytest.raises(ValueError, match="65536 bytes"):
        certificate_from(Secret(base64.b64encode(bytes(65_537)).decode()))


def test_a_password_has_at_most_1024_characters() -> None:
    assert password_from(Secret("é" * 1024)) == Secret("é" * 1024)
    with pytest.raises(ValueError, match="1024 characters"):
        password_from(Secret("é" * 1025))


def test_a_service_account_is_kept_as_it_was_given() -> None:
    text = json.dumps(json.loads(service_account()), indent=4)
    assert service_account_from(Secret(text)) == Secret(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "authorized_user"},
        {"type": None},
        {"project_id": None},
        {"project_id": ""},
        {"private_key": 7},
        {"private_key": ["a", "b"]},
        {"client_email": {}},
    ],
    ids=str,
)
def test_a_service_account_needs_what_nothing_can_be_sent_without(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be a service account"):
        service_account_from(Secret(json.dumps({**json.loads(service_account()), **changed})))
    for name in changed:
        without = {key: value for key, value in json.loads(service_account()).items() if key != name}
        with pytest.raises(ValueError, match="must be a service account"):
            service_account_from(Secret(json.dumps(without)))


@pytest.mark.parametrize(
    "text",
    ["", "{", "nothing", "[]", "null", '"service_account"', "7", "[" * 20_000, "1" * 10_000, '{"a":' * 5_000, "\x00"],
    ids=lambda text: repr(text)[:12],
)
def test_what_is_no_service_account(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        service_account_from(Secret(text))


def test_a_service_account_has_at_most_32_kibibytes() -> None:
    text = service_account()
    longest = Secret(text + " " * (32_768 - len(text)))
    assert service_account_from(longest) == longest
    with pytest.raises(ValueError, match="32768 characters"):
        service_account_from(Secret(text + " " * (32_769 - len(text))))


@given(text=st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    for parse in (certificate_from, service_account_from, password_from):
        with suppress(ValueError):
            parse(Secret(text))
