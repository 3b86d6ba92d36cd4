"""Dates out exactly and in leniently (contract §1.7); pages; names that can be read as they are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.text import is_safe
from ringback.web.paging import PageInfo, Paging
from ringback.web.schemas import parse_moment, show_moment

NOON = datetime(2026, 1, 31, 12, 0, 0, 123_000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00.123+0000",  # Java, and what we write
        "2026-01-31T12:00:00.123000+0000",  # Python, in queries
        "2026-01-31T13:00:00.123+01:00",  # PHP, C#
        "2026-01-31T05:00:00.123-0700",  # Go
        "2026-01-31T12:00:00.123Z",
        "2026-01-31T12:00:00.123",
        "2026-01-31 12:00:00.123",
        "2026-01-31T12:00:00.123 0000",  # a plus sign that nobody escaped
        "2026-01-31T13:00:00.123 01:00",
        "2026-01-31T12:00:00.123000000Z",
    ],
)
def test_every_official_client_is_understood(text: str) -> None:
    assert parse_moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "1769860800", "2026-01-31", "20260131T120000Z", "2026-W05-6T12:00"),
        *("2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z", "2026-01-31T12:00:00+99:99", "2026-01-31T12:00:00Z\0"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "٢٠٢٦-01-31T12:00:00Z"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="date and time"):
        parse_moment(text)


@pytest.mark.parametrize("value", [1769860800, 1.5, True, None, [], {}])
def test_a_number_is_no_moment(value: object) -> None:
    with pytest.raises(ValueError, match="date and time"):
        parse_moment(value)


def test_a_moment_is_written_in_utc_with_three_digits() -> None:
    assert show_moment(NOON) == "2026-01-31T12:00:00.123+0000"
    assert show_moment(NOON.replace(microsecond=999)) == "2026-01-31T12:00:00.000+0000"
    assert show_moment(NOON.astimezone(timezone(timedelta(hours=-7)))) == "2026-01-31T12:00:00.123+0000"


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_we_write_we_read(moment: datetime) -> None:
    assert parse_moment(show_moment(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(st.text())
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        assert parse_moment(text).tzinfo is UTC
    except ValueError as refusal:
        assert "date and time" in str(refusal)  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("text", ["Zoë", "田中", "👩‍👩‍👧", "a b", "‎".strip("\u200e"), "مرحبا"])
def test_names_of_all_scripts_are_safe(text: str) -> None:
    assert is_safe(text)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "\u202egnp.exe", "\u2066x", "\u200fx", "\ud800", "\x85"])
def test_text_that_shows_something_else_is_not(text: str) -> None:
    assert not is_safe(text)


def test_pages_are_counted() -> None:
    assert PageInfo.of(Paging(0, 20), 41).model_dump(by_alias=True) == {
        "page": 0,
        "size": 20,
        "totalPages": 3,
        "totalResults": 41,
    }
    assert [PageInfo.of(Paging(7, 20), total).total_pages for total in (0, 1, 20, 21)] == [0, 1, 1, 2]
    assert PageInfo.of(Paging(0, 0), 41).total_pages == 0
