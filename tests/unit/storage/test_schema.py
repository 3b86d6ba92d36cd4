"""The types that all tables share."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from ringback.storage import UtcDateTime

TYPE = UtcDateTime()
DIALECT = sqlite.dialect()


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_comes_back_as_it_went_in(moment: datetime) -> None:
    back = TYPE.process_result_value(TYPE.process_bind_param(moment, DIALECT), DIALECT)
    assert back is not None
    assert back == moment.astimezone(UTC)
    assert back.tzinfo is UTC


def test_stored_moments_sort_like_moments() -> None:
    early = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    late = datetime(2030, 1, 1, 8, tzinfo=UTC)
    stored = [TYPE.process_bind_param(moment, DIALECT) for moment in (early, late)]
    assert stored == [1893481200000000, 1893484800000000]


def test_no_moment_stays_none() -> None:
    assert TYPE.process_bind_param(None, DIALECT) is None
    assert TYPE.process_result_value(None, DIALECT) is None


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        TYPE.process_bind_param(datetime(2030, 1, 1), DIALECT)  # noqa: DTZ001 - the point
