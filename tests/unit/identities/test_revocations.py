"""What is revoked proves nothing any more; what was issued later does."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ringback.accounts import ApiKey
from ringback.accounts.model import key_hash
from ringback.accounts.store import add_api_key
from ringback.identities import Revocations, TokenClaims, TokenVerifier, store
from ringback.identities.jobs import LAST_TOKENS, OVERLAP, RevocationWatch
from ringback.identities.model import MAX_TIME_TO_LIVE, Revocation, RevocationKind
from ringback.identities.tokens import TokenSigner
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.testing.clock import VirtualClock

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
TOKEN = TokenClaims(
    account_id="a",
    identity="anna",
    display_name=None,
    recording=None,
    token_id="token-1",
    issued_by="key-1",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=8),
)


class Sessions:
    """Sessions of a node, each opened with one of these tokens."""

    def __init__(self, *tokens: TokenClaims) -> None:
        self.open = list(tokens)

    async def end_sessions(self, stopped: Callable[[TokenClaims], bool]) -> int:
        before, self.open = self.open, [claims for claims in self.open if not stopped(claims)]
        return len(before) - len(self.open)


def revocation(kind: RevocationKind, subject: str, revoked_at: datetime = NOW, account: str = "a") -> Revocation:
    return Revocation(account, kind, subject, revoked_at)


async def after(*revocations: Revocation) -> Revocations:
    known = Revocations()
    await known.enforce(revocations, NOW)
    return known


@pytest.mark.parametrize(
    ("kind", "subject"),
    [(RevocationKind.IDENTITY, "anna"), (RevocationKind.TOKEN, "token-1"), (RevocationKind.API_KEY, "key-1")],
)
async def test_a_token_is_stopped_by_its_identity_its_id_and_the_key_that_issued_it(
    kind: RevocationKind, subject: str
) -> None:
    known = await after(revocation(kind, subject))
    assert known.stops(TOKEN)
    assert not known.stops(replace(TOKEN, issued_at=NOW + MOMENT))
    assert not known.stops(replace(TOKEN, account_id="b"))
    assert not known.stops(replace(TOKEN, identity="boris", token_id="token-2", issued_by="key-2"))
    assert not known.stops(replace(TOKEN, identity="boris", token_id="token-2", issued_by=None))


@pytest.mark.parametrize("kind", RevocationKind)
async def test_one_name_does_not_stand_for_another(kind: RevocationKind) -> None:
    known = await after(revocation(kind, "same"))
    one_of_each = {
        RevocationKind.IDENTITY: replace(TOKEN, identity="same"),
        RevocationKind.TOKEN: replace(TOKEN, token_id="same"),
        RevocationKind.API_KEY: replace(TOKEN, issued_by="same"),
    }
    assert [stopped for stopped, claims in one_of_each.items() if known.stops(claims)] == [kind]


async def test_the_later_of_two_revocations_counts_in_whichever_order_they_are_learnt() -> None:
    first, second = (revocation(RevocationKind.IDENTITY, "anna", NOW + n * MOMENT) for n in (0, 2))
    for order in ((first, second), (second, first)):
        known = await after(*order)
        assert known.stops(replace(TOKEN, issued_at=NOW + MOMENT))


async def test_sessions_end_once_and_only_those_of_stopped_tokens() -> None:
    known, boris = Revocations(), replace(TOKEN, identity="boris")
    sessions = Sessions(TOKEN, TOKEN, boris)
    known.attach(sessions)
    anna = revocation(RevocationKind.IDENTITY, "anna")
    assert await known.enforce([anna], NOW) == 2
    assert sessions.open == [boris]
    assert await known.enforce([anna], NOW) == 0


async def test_a_process_without_sessions_does_not_say_that_none_ended() -> None:
    assert await Revocations().enforce([revocation(RevocationKind.IDENTITY, "anna")], NOW) is None


async def test_a_revocation_is_kept_as_long_as_a_token_can_live_and_no_longer() -> None:
    known = await after(revocation(RevocationKind.IDENTITY, "anna"))
    await known.enforce([], NOW + MAX_TIME_TO_LIVE - MOMENT)
    assert known.stops(TOKEN)
    await known.enforce([], NOW + MAX_TIME_TO_LIVE)
    assert not known.stops(TOKEN)


async def test_a_revoked_token_is_refused_whether_it_may_have_expired_or_not() -> None:
    secret = Secret("the secret key of this installation")
    token = TokenSigner(secret).sign(TOKEN).reveal()
    verifier = TokenVerifier(secret, await after(revocation(RevocationKind.TOKEN, "token-1")))
    for expired_ok in (False, True):
        with pytest.raises(Unauthenticated):
            verifier.verify(token, NOW, expired_ok=expired_ok)
    assert verifier.read(token) == TOKEN


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    await opened.write(lambda connection: connection.execute(text("INSERT INTO accounts VALUES ('a', 'a', 0)")))
    yield opened
    await opened.close()


async def stores(database: Database, *revocations: Revocation) -> None:
    for each in revocations:
        await database.write(lambda connection, each=each: store.revoke(connection, each))  # type: ignore[misc]


async def test_the_first_look_finds_all_that_still_matters(database: Database) -> None:
    clock, known = VirtualClock(NOW), Revocations()
    issued_at = NOW - MAX_TIME_TO_LIVE + timedelta(minutes=1)
    await stores(database, revocation(RevocationKind.IDENTITY, "anna", issued_at))
    await RevocationWatch(database, known, clock).look()
    assert known.stops(replace(TOKEN, issued_at=issued_at))


async def test_what_another_process_revokes_is_found_by_the_next_look(database: Database) -> None:
    clock, known = VirtualClock(NOW), Revocations()
    watch = RevocationWatch(database, known, clock)
    await watch.look()
    clock.advance(3600)
    await watch.look()
    behind = clock.now() - OVERLAP + MOMENT  # a clock that goes wrong, or a transaction that took its time
    await stores(database, revocation(RevocationKind.IDENTITY, "anna", behind))
    assert not known.stops(TOKEN)
    await watch.look()
    assert known.stops(TOKEN)


async def test_a_key_that_was_disabled_takes_along_what_it_had_issued_also_when_it_is_enabled_again(
    database: Database,
) -> None:
    key = ApiKey(
        id="key-1",
        account_id="a",
        name="backend",
        prefix="12345678",
        created_at=NOW,
        valid_from=NOW,
        enabled=True,
        disabled_at=NOW,
    )
    await database.write(lambda connection: add_api_key(connection, key, key_hash(Secret("the key itself"))))
    known = Revocations()
    await RevocationWatch(database, known, VirtualClock(NOW)).look()
    assert known.stops(TOKEN)
    assert known.stops(replace(TOKEN, issued_at=NOW + LAST_TOKENS))
    assert not known.stops(replace(TOKEN, issued_at=NOW + LAST_TOKENS + MOMENT))
    assert not known.stops(replace(TOKEN, issued_by="key-2"))


async def test_revocations_that_stop_nothing_any_more_leave_the_table(database: Database) -> None:
    later = NOW + MAX_TIME_TO_LIVE
    await stores(
        database,
        revocation(RevocationKind.IDENTITY, "anna", NOW),
        revocation(RevocationKind.IDENTITY, "boris", NOW + MOMENT),
        revocation(RevocationKind.IDENTITY, "clara", later),
    )
    left = await database.read(lambda connection: store.revoked_since(connection, NOW - MOMENT))
    assert [each.subject for each in left] == ["boris", "clara"]
