"""How fast sessions may be opened, in virtual time."""

from datetime import UTC, datetime, timedelta

import pytest

from ringback.identities.model import TokenClaims
from ringback.kernel.errors import Unavailable
from ringback.signaling.arrivals import PER_ACCOUNT, PER_IDENTITY, Arrivals


def token(identity: str, account_id: str = "acme") -> TokenClaims:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    return TokenClaims(
        account_id=account_id,
        identity=identity,
        display_name=None,
        recording=None,
        token_id="token-1",
        issued_by=None,
        issued_at=now,
        expires_at=now + timedelta(hours=8),
    )


def fill_account(arrivals: Arrivals, now: float) -> None:
    for number in range(PER_ACCOUNT.requests):
        arrivals.count(token(f"device-{number}"), now)


def test_an_identity_waits_for_the_next_minute_and_nobody_else_does() -> None:
    arrivals = Arrivals()
    for _ in range(PER_IDENTITY.requests):
        arrivals.count(token("boris"), 0.0)
    with pytest.raises(Unavailable):
        arrivals.count(token("boris"), 59.9)
    arrivals.count(token("anna"), 59.9)
    arrivals.count(token("boris", "another account"), 59.9)
    arrivals.count(token("boris"), 60.0)


def test_an_account_waits_for_the_next_minute_and_no_other_account_does() -> None:
    arrivals = Arrivals()
    fill_account(arrivals, 0.0)
    with pytest.raises(Unavailable):
        arrivals.count(token("anna"), 59.9)
    arrivals.count(token("anna", "another account"), 59.9)
    arrivals.count(token("anna"), 60.0)


def test_who_is_refused_takes_no_room_from_the_others_of_the_account() -> None:
    arrivals = Arrivals()
    for _ in range(PER_IDENTITY.requests):
        arrivals.count(token("boris"), 0.0)
    for _ in range(PER_ACCOUNT.requests):
        with pytest.raises(Unavailable):
            arrivals.count(token("boris"), 1.0)
    arrivals.count(token("anna"), 1.0)


def test_who_waits_for_the_account_has_not_used_up_the_own_room() -> None:
    arrivals = Arrivals()
    fill_account(arrivals, 0.0)
    for _ in range(PER_IDENTITY.requests):
        with pytest.raises(Unavailable):
            arrivals.count(token("anna"), 59.0)
    arrivals.count(token("anna"), 60.0)
