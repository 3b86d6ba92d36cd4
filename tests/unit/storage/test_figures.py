"""What the database and the outbox say of themselves."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from ringback.kernel.errors import Unavailable
from ringback.kernel.figures import Durations, Figure
from ringback.storage import Database, database, outbox
from ringback.testing.clock import VirtualClock
from ringback.testing.playbook import NOON


class Rang(Struct, frozen=True):
    bell: str


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def db(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}", clock)
    opened.migrate()
    yield opened
    await opened.close()


def shown(figures: list[Figure]) -> dict[str, float | Durations]:
    return {figure.name.removeprefix("ringback_"): figure.value for figure in figures}


def commits(db: Database) -> Durations:
    durations = shown(db.figures())["database_commit_seconds"]
    assert isinstance(durations, Durations)
    return durations


async def test_a_commit_is_timed(db: Database, clock: VirtualClock) -> None:
    await db.write(lambda _: clock.advance(0.2))
    assert sum(commits(db).counts) == 1
    assert commits(db).seconds == pytest.approx(0.2)


async def test_writes_that_are_committed_together_are_one_commit(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, release = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        entered.set()
        release.wait()

    holding = asyncio.create_task(db.write(hold))
    await asyncio.to_thread(entered.wait)
    waiting = [asyncio.create_task(db.write(lambda _: None)) for _ in range(3)]
    await asyncio.sleep(0)
    assert shown(db.figures())["database_writes_waiting"] == 3
    monkeypatch.setattr(database, "WRITE_QUEUE_LIMIT", 3)
    with pytest.raises(Unavailable):
        await db.write(lambda _: None)
    release.set()
    await asyncio.gather(holding, *waiting)
    figures = shown(db.figures())
    assert (figures["database_writes_waiting"], figures["database_refused_total"]) == (0, 1)
    assert sum(commits(db).counts) == 1


async def test_reads_are_counted_while_they_run(db: Database) -> None:
    figures = await db.read(lambda _: shown(db.figures()))
    assert (figures["database_reads"], shown(db.figures())["database_reads"]) == (1, 0)


async def test_an_error_of_the_database_holds_no_values(db: Database) -> None:
    insert = text("INSERT INTO accounts VALUES (:id, :name, 0)")
    await db.write(lambda connection: connection.execute(insert, {"id": "1", "name": "+15550100"}))
    with pytest.raises(IntegrityError) as refused:
        await db.write(lambda connection: connection.execute(insert, {"id": "1", "name": "+15550100"}))
    assert "+15550100" not in str(refused.value)


async def owed(db: Database) -> dict[str, float | Durations]:
    now = NOON + timedelta(seconds=90)
    return shown(await db.read(lambda connection: outbox.figures(connection, now)))


async def test_what_is_owed_is_counted_and_has_an_age(db: Database) -> None:
    assert await owed(db) == {"outbox_undelivered": 0, "outbox_oldest_seconds": 0}

    def ring(connection: Connection) -> None:
        for second in (0, 30):
            now = NOON + timedelta(seconds=second)
            outbox.append(connection, account_id="a", tree="t", named={f"{second}": Rang("east")}, now=now)

    await db.write(ring)
    assert await owed(db) == {"outbox_undelivered": 2, "outbox_oldest_seconds": 90}
    await db.write(lambda connection: outbox.confirm(connection, "signaling", [1]))
    assert await owed(db) == {"outbox_undelivered": 1, "outbox_oldest_seconds": 60}
