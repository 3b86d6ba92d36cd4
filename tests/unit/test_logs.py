"""What may stand in a log: plain values, and nothing that came in from outside by accident."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from http import HTTPStatus
from typing import Any

import pytest

from ringback.identities.api import TokenCreate
from ringback.kernel.redaction import IpAddress, Secret, Token
from ringback.logs import only_plain_values


class Colour(StrEnum):
    RED = "RED"


class Shape(Enum):
    ROUND = ("+15550100",)


@dataclass
class Record:
    name: str


def shown(value: object) -> Any:
    return only_plain_values(None, "info", {"it": value})["it"]


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "text"])
def test_plain_values_are_shown(value: object) -> None:
    assert shown(value) is value


def test_enums_are_shown_by_their_words() -> None:
    assert (shown(Colour.RED), type(shown(Colour.RED)), shown(Shape.ROUND)) == ("RED", str, "ROUND")
    assert (shown(HTTPStatus.OK), type(shown(HTTPStatus.OK))) == (200, int)


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        (Secret("+15550100"), "Secret(…)"),
        (Token("+15550100"), "Token(…)"),
        (IpAddress("203.0.113.77"), "203.0.113.0/24"),
    ],
)
def test_what_must_not_be_seen_is_shown_in_its_safe_form(value: object, safe: str) -> None:
    assert shown(value) == safe


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Record("+15550100"), "<Record>"),
        (TokenCreate(identity="anna"), "<TokenCreate>"),
        ({"name": "+15550100"}, "<dict>"),
        (["+15550100"], "<list>"),
        (b"+15550100", "<bytes>"),
        (ValueError("+15550100"), "<ValueError>"),
    ],
)
def test_of_anything_else_only_the_type_is_shown(value: object, name: str) -> None:
    assert shown(value) == name


def test_a_traceback_goes_through() -> None:
    error = ValueError("why")
    assert only_plain_values(None, "error", {"event": "It broke.", "exc_info": error}) == {
        "event": "It broke.",
        "exc_info": error,
    }
