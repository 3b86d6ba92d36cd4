"""What a link is about: when it is open, what goes together, and where people open it."""

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringback.kernel.errors import InvalidRequest
from ringback.kernel.ids import new_slug
from ringback.links.model import (
    Day,
    Link,
    RoomDestination,
    Standing,
    Terms,
    TimeOfDay,
    ValidityWindow,
    WebRtcDestination,
    is_calls_configuration,
    is_number,
    is_room_name,
    is_room_password,
    url_of,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""A Tuesday."""

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def window(**chosen: Any) -> ValidityWindow:
    """From noon for two days, unless chosen otherwise."""
    return ValidityWindow(**{"start": NOON, "end": NOON + 2 * DAY, **chosen})


def terms(**chosen: Any) -> Terms:
    return Terms(**{"destination": WebRtcDestination("boris"), "window": window(), **chosen})


def test_a_link_is_open_from_its_start_to_before_its_end() -> None:
    assert window().standing(NOON - MOMENT) is Standing.EARLY
    assert window().standing(NOON) is Standing.OPEN
    assert window().standing(NOON + 2 * DAY - MOMENT) is Standing.OPEN
    assert window().standing(NOON + 2 * DAY) is Standing.EXPIRED


def test_a_link_is_open_in_its_hours_up_to_the_end_of_the_last_minute() -> None:
    office = window(start=NOON - DAY, first_minute=TimeOfDay(9, 30), last_minute=TimeOfDay(17, 0))
    half_past_nine = NOON.replace(hour=9, minute=30)
    assert office.standing(half_past_nine - MOMENT) is Standing.CLOSED
    assert office.standing(half_past_nine) is Standing.OPEN
    assert office.standing(NOON.replace(hour=17) + MINUTE - MOMENT) is Standing.OPEN
    assert office.standing(NOON.replace(hour=17) + MINUTE) is Standing.CLOSED


def test_hours_may_pass_midnight() -> None:
    night = window(start=NOON - DAY, first_minute=TimeOfDay(22, 0), last_minute=TimeOfDay(5, 59))
    assert [night.standing(NOON.replace(hour=hour)) for hour in (5, 6, 21, 22)] == [
        Standing.OPEN,
        Standing.CLOSED,
        Standing.CLOSED,
        Standing.OPEN,
    ]


def test_a_link_is_open_on_its_days_of_utc() -> None:
    tuesdays = window(start=NOON - DAY, days=(Day.TUESDAY,))
    midnight = NOON.replace(hour=0)
    assert tuesdays.standing(midnight - MOMENT) is Standing.CLOSED
    assert tuesdays.standing(midnight) is Standing.OPEN
    assert tuesdays.standing(midnight + DAY - MOMENT) is Standing.OPEN
    assert tuesdays.standing(midnight + DAY) is Standing.CLOSED


@pytest.mark.parametrize(("start", "end"), [(NOON, NOON), (NOON + DAY, NOON), (NOON - 2 * DAY, NOON - DAY)])
def test_a_window_that_never_opens_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(InvalidRequest) as refused:
        window(start=start, end=end).require_possible(NOON)
    assert refused.value.field == "validityWindow.endTime"
    window(start=start, end=max(start, NOON) + MOMENT).require_possible(NOON)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"destination": RoomDestination("standup"), "identity": "anna"}, "identity"),
        ({"destination": RoomDestination("standup"), "display_name": "Anna"}, "displayName"),
        ({"destination": RoomDestination("standup"), "window": window(one_time=True)}, "validityWindow.oneTime"),
        ({"display_name": "Anna"}, "displayName"),
    ],
)
def test_what_cannot_go_together_is_named(chosen: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        terms(**chosen).require_consistent()
    assert refused.value.field == field


def test_what_goes_together_is_taken() -> None:
    terms(identity="anna", display_name="Anna", window=window(one_time=True)).require_consistent()
    terms(destination=RoomDestination("standup")).require_consistent()


def test_who_comes_without_an_identity_is_a_guest_of_this_link() -> None:
    assert Link(id="7Xk2mPq9LwZa", terms=terms()).caller == "guest-7Xk2mPq9LwZa"
    assert Link(id="7Xk2mPq9LwZa", terms=terms(identity="anna")).caller == "anna"


@pytest.mark.parametrize(
    ("public_url", "subdomain", "url"),
    [
        ("https://example.org", None, "https://example.org/l/slug"),
        ("https://example.org", "shop", "https://shop.example.org/l/slug"),
        ("http://localhost:8080", "shop", "http://shop.localhost:8080/l/slug"),
        ("http://192.0.2.1:8080", "shop", "http://192.0.2.1:8080/l/slug"),
        ("https://[2001:db8::1]", "shop", "https://[2001:db8::1]/l/slug"),
    ],
)
def test_a_link_lives_under_its_subdomain_where_the_host_can_have_one(
    public_url: str, subdomain: str | None, url: str
) -> None:
    assert url_of(public_url, Link(id="slug", terms=terms(), subdomain=subdomain)) == url


def test_slugs_are_base62_of_the_length_that_is_asked_for_and_do_not_repeat() -> None:
    slugs = [new_slug(12) for _ in range(10_000)]
    assert len(set(slugs)) == len(slugs)
    assert {len(slug) for slug in slugs} == {12}
    assert set("".join(slugs)) == set(string.ascii_letters + string.digits)
    assert len(new_slug(40)) == 40


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (is_room_name, ["abc", "Büro/1", "会議室", "x" * 250], ["ab", "x" * 251, "a b c", "a\u202eb", "abc\n"]),
        (is_room_password, ["1234", "open sesame", "пароль-1"], ["123", "x" * 21, "a.b.c", "abc\td", "abcd\n"]),
        (is_calls_configuration, ["a", "x" * 100], ["", "x" * 101, "a b"]),
        (is_number, ["41793026727", "+41-79", "1"], ["", "1" * 65, "abc", "1 2"]),
    ],
)
def test_names_follow_the_rules_of_the_public_api(rule: Any, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not rule(text)] == []
    assert [text for text in bad if rule(text)] == []
