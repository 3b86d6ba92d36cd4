"""What is written of the sessions of identities, however busy the database is, and what is told of it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ringback.identities.activity import ActivityJournal, UserActivity
from ringback.identities.activity.jobs import BATCH
from ringback.identities.activity.model import Activity, ActivityFilter, ActivityType, OpenSession
from ringback.identities.activity.store import still_open
from ringback.identities.model import RecordingPolicy
from ringback.kernel.errors import Unavailable
from ringback.storage import Database
from ringback.testing.clock import VirtualClock
from ringback.web import Paging
from tests.unit.signaling.greeting import CLAIMS

CONNECTED, DISCONNECTED = ActivityType

RETENTION = timedelta(days=30)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def journal(database: Database, clock: VirtualClock) -> ActivityJournal:
    return ActivityJournal(database, clock, RETENTION)


def session(identity: str, id: str, account: str = "a") -> OpenSession:
    return OpenSession(id, "hash of its key", replace(CLAIMS, account_id=account, identity=identity))


async def told(database: Database, identity: str = "anna", account: str = "a", size: int = 100) -> list[Activity]:
    return (await UserActivity(database).page(account, ActivityFilter(identity=identity), Paging(0, size)))[0]


async def rows(database: Database) -> int:
    counting = text("SELECT count(*) FROM user_activity")
    return int(await database.read(lambda connection: connection.scalar(counting)) or 0)


class Obstacle:
    """Something that the database carries out, and that takes its time."""

    def __init__(self, database: Database) -> None:
        self._begun = threading.Event()
        self._go_on = threading.Event()
        self._work = asyncio.create_task(database.write(self._wait))

    def _wait(self, _connection: object) -> None:
        self._begun.set()
        self._go_on.wait()

    async def is_reached(self) -> None:
        await asyncio.to_thread(self._begun.wait)

    def gives_way(self) -> None:
        self._go_on.set()


async def test_a_session_leaves_its_beginning_and_its_end_the_newest_first(
    database: Database, journal: ActivityJournal, clock: VirtualClock
) -> None:
    begun = clock.now()
    journal.connected(session("anna", "s1"))
    clock.advance(60)
    journal.disconnected(session("anna", "s1"))
    await journal.write()
    assert await told(database) == [
        Activity("a", "anna", "s1", DISCONNECTED, clock.now()),
        Activity("a", "anna", "s1", CONNECTED, begun),
    ]


async def test_what_happens_in_one_moment_is_told_in_its_order(database: Database, journal: ActivityJournal) -> None:
    for id in ("s1", "s2"):
        journal.connected(session("anna", id))
        journal.disconnected(session("anna", id))
    await journal.write()
    assert [(each.session_id, each.type) for each in reversed(await told(database))] == [
        ("s1", CONNECTED),
        ("s1", DISCONNECTED),
        ("s2", CONNECTED),
        ("s2", DISCONNECTED),
    ]


async def test_each_is_told_of_its_own_account_and_identity(database: Database, journal: ActivityJournal) -> None:
    journal.connected(session("anna", "s1"))
    journal.connected(session("anna", "s2", account="b"))
    journal.connected(session("boris", "s3"))
    await journal.write()
    assert [each.session_id for each in await told(database, "anna", "a")] == ["s1"]
    assert [each.session_id for each in await told(database, "anna", "b")] == ["s2"]
    assert [each.session_id for each in await told(database, "boris", "a")] == ["s3"]


async def test_nobody_waits_for_a_busy_database_and_nothing_is_lost(
    database: Database, journal: ActivityJournal
) -> None:
    obstacle = Obstacle(database)
    await obstacle.is_reached()
    for number in range(2 * BATCH + 1):
        journal.connected(session("anna", f"s{number}"))
    assert await told(database) == []
    obstacle.gives_way()
    await journal.write()
    assert await rows(database) == 2 * BATCH + 1


async def test_no_session_begins_while_too_much_waits_and_those_that_are_there_can_end(
    database: Database, journal: ActivityJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.identities.activity.jobs.UNWRITTEN_LIMIT", 2)
    room = []
    for id in ("s1", "s2"):
        room.append(journal.has_room)
        journal.connected(session("anna", id))
    journal.disconnected(session("anna", "s1"))
    assert [*room, journal.has_room] == [True, True, False]
    await journal.write()
    assert journal.has_room
    assert [each.type for each in await told(database)] == [DISCONNECTED, CONNECTED, CONNECTED]


async def test_what_the_database_had_no_time_for_is_written_later(
    database: Database, journal: ActivityJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.connected(session("anna", "s1"))
    with monkeypatch.context() as patch:
        patch.setattr("ringback.storage.database.WRITE_QUEUE_LIMIT", 0)
        with pytest.raises(Unavailable):
            await journal.write()
    running = asyncio.create_task(journal.run())
    while not await told(database):  # noqa: ASYNC110 - nothing tells, and nothing needs to
        await asyncio.sleep(0)
    running.cancel()
    assert len(await told(database)) == 1


async def test_what_is_being_written_when_the_writer_is_cancelled_is_written_once(
    database: Database, journal: ActivityJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.storage.database.BATCH_SECONDS", 60.0)
    before = Obstacle(database)
    await before.is_reached()
    journal.connected(session("anna", "s1"))
    running = asyncio.create_task(journal.run())
    for _ in range(3):
        await asyncio.sleep(0)  # until it is in the queue
    behind = Obstacle(database)
    await asyncio.sleep(0)
    before.gives_way()
    await behind.is_reached()  # in the same transaction, which lasts as long as this does
    running.cancel()
    await asyncio.wait([running])
    behind.gives_way()
    journal.connected(session("anna", "s2"))
    await journal.write()
    assert [each.session_id for each in await told(database)] == ["s2", "s1"]


async def opened(database: Database) -> list[OpenSession]:
    return await database.read(still_open)


async def test_a_session_is_kept_from_its_beginning_to_its_end(database: Database, journal: ActivityJournal) -> None:
    for name in ("ended", "open"):
        journal.connected(session("anna", name))
    journal.disconnected(session("anna", "ended"))
    await journal.write()
    assert await opened(database) == [session("anna", "open")]
    journal.disconnected(session("anna", "open"))
    await journal.write()
    assert await opened(database) == []


async def test_a_session_is_kept_with_its_latest_token_and_tells_nothing_of_that(
    database: Database, journal: ActivityJournal
) -> None:
    first = session("anna", "s1")
    claims = replace(first.claims, token_id="another", display_name="Anna", recording=RecordingPolicy.ALWAYS)
    renewed = replace(first, claims=claims)
    journal.connected(first)
    journal.connected(session("anna", "s2"))
    journal.renewed(renewed)
    await journal.write()
    assert await opened(database) == [renewed, session("anna", "s2")]
    assert await rows(database) == 2


async def test_a_session_that_is_renewed_and_ends_is_kept_no_more(database: Database, journal: ActivityJournal) -> None:
    journal.connected(session("anna", "s1"))
    journal.renewed(session("anna", "s1"))
    journal.disconnected(session("anna", "s1"))
    await journal.write()
    assert await opened(database) == []


async def test_what_is_too_old_is_forgotten(database: Database, journal: ActivityJournal, clock: VirtualClock) -> None:
    for number in range(BATCH + 1):
        journal.connected(session("anna", f"old {number}"))
    clock.advance(0.001)
    journal.connected(session("anna", "just young enough"))
    await journal.write()
    clock.advance(RETENTION.total_seconds())
    await journal.forget()
    assert [each.session_id for each in await told(database)] == ["just young enough"]
    assert await rows(database) == 1


@pytest.mark.parametrize(
    ("wanted", "sessions"),
    [
        ({}, ["s3", "s2", "s1"]),
        ({"session_id": "s2"}, ["s2"]),
        ({"session_id": "s9"}, []),
        ({"since": 2}, ["s3", "s2"]),
        ({"until": 2}, ["s2", "s1"]),
        ({"since": 2, "until": 2}, ["s2"]),
        ({"since": 3, "until": 1}, []),
    ],
)
async def test_one_can_ask_for_a_session_and_a_time(
    database: Database,
    journal: ActivityJournal,
    clock: VirtualClock,
    wanted: dict[str, Any],
    sessions: list[str],
) -> None:
    start = clock.now()
    for id in ("s1", "s2", "s3"):
        clock.advance(1)
        journal.connected(session("anna", id))
    await journal.write()
    parts: dict[str, Any] = {
        name: start + timedelta(seconds=value) if isinstance(value, int) else value for name, value in wanted.items()
    }
    asked = ActivityFilter(**{"identity": "anna", **parts})
    found, total = await UserActivity(database).page("a", asked, Paging(0, 20))
    assert ([each.session_id for each in found], total) == (sessions, len(sessions))


async def test_pages_are_parts_of_the_whole(database: Database, journal: ActivityJournal, clock: VirtualClock) -> None:
    for id in ("s1", "s2", "s3"):
        clock.advance(1)
        journal.connected(session("anna", id))
    await journal.write()
    pages = [
        await UserActivity(database).page("a", ActivityFilter(identity="anna"), Paging(*asked))
        for asked in ((0, 2), (1, 2), (2, 2), (0, 0))
    ]
    assert [([each.session_id for each in found], total) for found, total in pages] == [
        (["s3", "s2"], 3),
        (["s1"], 3),
        ([], 3),
        ([], 3),
    ]
