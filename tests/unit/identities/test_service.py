"""Issuing a token: what it says, and that the account knows the identity from then on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ringback.identities import Identities, RecordingPolicy, Revocations, TokenVerifier, is_known, service
from ringback.identities.tokens import TokenSigner
from ringback.kernel.errors import InvalidRequest, Unauthenticated
from ringback.kernel.redaction import Secret
from ringback.storage import Database
from ringback.storage.audit import AuditLog
from ringback.testing.clock import VirtualClock
from ringback.testing.ids import CountingIds

SECRET = Secret("the secret key of this installation")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    await opened.write(
        lambda connection: connection.execute(text("INSERT INTO accounts VALUES ('a', 'a', 0), ('b', 'b', 0)"))
    )
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def identities(database: Database, clock: VirtualClock) -> Identities:
    audit, revocations = AuditLog(SECRET, clock), Revocations()
    verifier = TokenVerifier(SECRET, revocations)
    return Identities(database, clock, CountingIds(), audit, TokenSigner(SECRET), verifier, revocations)


async def test_a_token_says_what_was_asked_for(identities: Identities, clock: VirtualClock) -> None:
    clock.advance(0.75)
    issued = await identities.issue_token(
        "a",
        "alice",
        display_name="Alice Doe",
        time_to_live=timedelta(minutes=5),
        recording=RecordingPolicy.ON_DEMAND,
        issued_by="key-1",
    )
    claims = TokenVerifier(SECRET, Revocations()).verify(issued.token.reveal(), clock.now())
    assert (claims.account_id, claims.identity, claims.display_name) == ("a", "alice", "Alice Doe")
    assert claims.recording is RecordingPolicy.ON_DEMAND
    assert claims.issued_by == "key-1"
    assert claims.issued_at == clock.now()
    assert claims.expires_at == clock.now() + timedelta(minutes=5, seconds=-0.75)  # never longer than asked for
    assert issued.expires_at == claims.expires_at


async def test_a_token_lasts_eight_hours_unless_asked_otherwise(identities: Identities, clock: VirtualClock) -> None:
    issued = await identities.issue_token("a", "alice")
    assert issued.expires_at == clock.now() + timedelta(hours=8)


async def test_every_token_has_its_own_id(identities: Identities, clock: VirtualClock) -> None:
    tokens = [await identities.issue_token("a", "alice") for _ in range(2)]
    verifier = TokenVerifier(SECRET, Revocations())
    assert len({verifier.verify(issued.token.reveal(), clock.now()).token_id for issued in tokens}) == 2


async def test_a_token_stands_for_its_identity_over_http_and_has_no_scope(
    identities: Identities, clock: VirtualClock
) -> None:
    issued = await identities.issue_token("a", "alice", time_to_live=timedelta(seconds=60))
    principal = await identities.authenticate_token(issued.token.reveal(), "203.0.113.7")
    assert (principal.account_id, principal.identity, principal.scopes) == ("a", "alice", frozenset())
    clock.advance(60)
    with pytest.raises(Unauthenticated):
        await identities.authenticate_token(issued.token.reveal(), "203.0.113.7")


async def test_an_identity_is_known_to_its_account_once_it_has_had_a_token(
    identities: Identities, database: Database
) -> None:
    async def known(account: str, identity: str) -> bool:
        return await database.read(lambda connection: is_known(connection, account, identity))

    assert not await known("a", "alice")
    await identities.issue_token("a", "alice")
    assert await known("a", "alice")
    assert not await known("b", "alice")
    assert not await known("a", "Alice")


async def test_an_identity_is_stored_once_however_many_tokens_it_gets(
    identities: Identities, database: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "REMEMBERED_LIMIT", 1)
    first = clock.now()
    for identity in ("alice", "alice", "boris", "alice"):  # the last one has been forgotten meanwhile
        await identities.issue_token("a", identity)
        clock.advance(60)
    rows = await database.read(
        lambda connection: connection.execute(text("SELECT identity, first_seen FROM identities")).all()
    )
    since = {identity: (seen - first.timestamp() * 1e6) / 1e6 for identity, seen in rows}
    assert since == {"alice": 0, "boris": 120}


@pytest.mark.parametrize(
    ("identity", "display_name", "seconds", "field"),
    [
        ("al", None, 60, "identity"),
        ("alice", "Al", 60, "displayName"),
        ("alice", None, 0, "timeToLive"),
        ("alice", None, -1, "timeToLive"),
        ("alice", None, 86_401, "timeToLive"),
    ],
)
async def test_what_is_refused_names_the_field_and_leaves_no_trace(
    identities: Identities, database: Database, identity: str, display_name: str | None, seconds: int, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await identities.issue_token("a", identity, display_name=display_name, time_to_live=timedelta(seconds=seconds))
    assert refusal.value.field == field
    assert not await database.read(lambda connection: is_known(connection, "a", identity))
