"""How often is too often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.errors import TooManyRequests
from ringback.web import limits
from ringback.web.limits import Limit, RateLimits


def is_refused(counted: RateLimits, operation: str, who: str, limit: Limit | None, now: float) -> bool:
    try:
        counted.count(operation, who, limit, now)
    except TooManyRequests:
        return True
    return False


def test_one_too_many_is_told_when_to_come_back() -> None:
    counted = RateLimits()
    for now in (10.0, 10.1):
        counted.count("get-files", "account", Limit(2, 60), now)
    with pytest.raises(TooManyRequests) as refusal:
        counted.count("get-files", "account", Limit(2, 60), 12.5)
    assert refusal.value.retry_seconds == 58
    counted.count("get-files", "account", Limit(2, 60), 70.0)


def test_accounts_and_operations_are_counted_apart() -> None:
    counted = RateLimits()
    once = Limit(1, 1)
    counted.count("get-files", "one", once, 0)
    assert not is_refused(counted, "get-files", "another", once, 0)
    assert not is_refused(counted, "delete-file", "one", once, 0)
    assert is_refused(counted, "get-files", "one", once, 0)


def test_the_operators_limit_wins() -> None:
    counted = RateLimits({"get-files": Limit(2, 1), "token": Limit(1, 1)})
    assert [is_refused(counted, "get-files", "account", Limit(1, 1), 0) for _ in range(3)] == [False, False, True]
    assert [is_refused(counted, "token", "account", None, 0) for _ in range(2)] == [False, True]


def test_without_a_limit_nothing_is_counted() -> None:
    counted = RateLimits()
    assert not any(is_refused(counted, "token", "account", None, 0) for _ in range(100))


def test_counters_that_are_over_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SWEEP_SIZE", 3)
    counted = RateLimits()
    for number in range(3):
        counted.count("get-files", f"old {number}", Limit(1, 1), 0)
    counted.count("get-files", "new", Limit(1, 1), 5)
    assert len(counted._windows) == 1


@pytest.mark.parametrize(
    ("text", "limit"), [("100/second", Limit(100, 1)), ("10/minute", Limit(10, 60)), ("40/day", Limit(40, 86400))]
)
def test_a_limit_is_written_in_words(text: str, limit: Limit) -> None:
    assert Limit.parse(text) == limit


@pytest.mark.parametrize(
    "text", ["", "10", "10/s", "0/second", "-1/second", "1/second ", "1 per day", "1" * 10 + "/day"]
)
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="written like"):
        Limit.parse(text)


@given(st.lists(st.floats(0, 30), max_size=50).map(sorted))
def test_no_window_lets_more_pass_than_the_limit(moments: list[float]) -> None:
    counted = RateLimits()
    passed = [now for now in moments if not is_refused(counted, "x", "account", Limit(3, 10), now)]
    # Windows begin with their first request, so two of them may meet: never more than twice the limit in one span.
    assert all(sum(start <= now < start + 10 for now in passed) <= 6 for start in passed)
