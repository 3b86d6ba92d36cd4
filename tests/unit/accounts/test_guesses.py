"""How many passwords may be tried, by whom, and on whom."""

import pytest

from ringback.accounts import guesses as guesses_module
from ringback.accounts.guesses import Guesses
from ringback.accounts.model import Address, parse_address
from ringback.kernel.errors import TooManyRequests
from ringback.testing.clock import VirtualClock


def address(text: str) -> Address:
    found = parse_address(text)
    assert found is not None
    return found


HERE, ELSEWHERE = address("192.0.2.7"), address("198.51.100.7")


@pytest.fixture
def guesses(clock: VirtualClock) -> Guesses:
    return Guesses(clock)


def allowed(guesses: Guesses, username: str, place: Address | None, tries: int = 1000) -> int:
    """How many wrong passwords it takes until no further one may be tried."""
    for done in range(tries):
        try:
            guesses.require_patience(username, place)
        except TooManyRequests:
            return done
        guesses.wrong(username, place)
    return tries


def test_one_username_is_guessed_ten_times_a_minute_from_wherever(guesses: Guesses, clock: VirtualClock) -> None:
    assert allowed(guesses, "zoe", HERE, 6) == 6
    assert allowed(guesses, "zoe", ELSEWHERE) == 4
    assert allowed(guesses, "zoe", HERE) == 0
    clock.advance(60)
    assert allowed(guesses, "zoe", HERE) == 10


def test_one_network_guesses_thirty_times_a_minute_whoever_it_is(guesses: Guesses) -> None:
    assert sum(allowed(guesses, f"user {number}", HERE) for number in range(10)) == 30
    assert allowed(guesses, "user 9", ELSEWHERE) == 10


def test_one_customers_ipv6_addresses_count_together(guesses: Guesses) -> None:
    tries = sum(allowed(guesses, f"user {number}", address(f"2001:db8::{number}"), 1) for number in range(100))
    assert tries == 30
    assert allowed(guesses, "zoe", address("2001:db8:0:1::1")) == 10


def test_clients_without_an_address_count_together(guesses: Guesses) -> None:
    assert sum(allowed(guesses, f"user {number}", None) for number in range(10)) == 30


def test_from_a_known_place_only_the_network_counts(guesses: Guesses) -> None:
    guesses.right("zoe", HERE)
    assert allowed(guesses, "zoe", ELSEWHERE) == 10
    assert allowed(guesses, "zoe", HERE) == 30
    assert allowed(guesses, "boris", HERE) == 0


def test_wrong_passwords_from_a_known_place_do_not_lock_out_the_others(guesses: Guesses) -> None:
    guesses.right("zoe", HERE)
    assert allowed(guesses, "zoe", HERE) == 30
    assert allowed(guesses, "zoe", ELSEWHERE) == 10


def test_guesses_that_were_under_way_together_are_refused_beyond_the_limit(guesses: Guesses) -> None:
    for _ in range(10):
        guesses.wrong("zoe", HERE)
    with pytest.raises(TooManyRequests):
        guesses.wrong("zoe", HERE)


def test_the_place_that_was_known_longest_ago_is_forgotten(
    guesses: Guesses, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses_module, "FAMILIAR_LIMIT", 2)
    for username in ("anna", "boris", "anna", "zoe"):
        guesses.right(username, HERE)
    for username, limit in (("anna", 30), ("boris", 10), ("zoe", 30)):
        assert allowed(guesses, username, HERE) == limit
        clock.advance(60)
