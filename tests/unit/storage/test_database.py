"""What `Database` promises: durable when answered, alone when failing, bounded when busy."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from ringback.kernel.errors import Unavailable
from ringback.storage import Database, DataDirectoryLock, DataDirectoryTaken, SchemaTooNew, database
from ringback.testing.clock import VirtualClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def db(file: Path, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{file}", clock)
    opened.migrate()
    yield opened
    await opened.close()


def insert(name: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO accounts VALUES (:name, :name, 0)"), {"name": name})
        return name

    return work


def insert_then_fail(name: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        insert(name)(connection)
        raise LookupError(name)

    return work


def committed(file: Path) -> set[str]:
    """What another process would find."""
    connection = sqlite3.connect(file)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM accounts")}
    finally:
        connection.close()


@asynccontextmanager
async def busy_writer(db: Database) -> AsyncIterator[None]:
    """Inside, the writer is held up by one piece of work; what is queued meanwhile joins its batch."""
    entered, release = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        entered.set()
        release.wait()

    holding = asyncio.create_task(db.write(hold))
    await asyncio.to_thread(entered.wait)
    try:
        yield
    finally:
        release.set()
        await asyncio.wait([holding])


async def queued(*writes: "asyncio.Task[object]") -> None:
    """Let tasks reach the queue."""
    await asyncio.sleep(0)
    assert not any(write.done() for write in writes)


async def test_an_answered_write_is_there_for_everybody(db: Database, file: Path) -> None:
    assert await db.write(insert("a")) == "a"
    assert committed(file) == {"a"}
    assert await db.read(lambda connection: connection.scalar(text("SELECT count(*) FROM accounts"))) == 1


async def test_a_failing_piece_of_work_fails_alone(db: Database, file: Path) -> None:
    async with busy_writer(db):
        first = asyncio.create_task(db.write(insert("first")))
        failing = asyncio.create_task(db.write(insert_then_fail("failing")))
        last = asyncio.create_task(db.write(insert("last")))
        await queued(first, failing, last)
    assert (await first, await last) == ("first", "last")
    with pytest.raises(LookupError, match="failing"):
        await failing
    assert committed(file) == {"first", "last"}


async def test_work_that_violates_a_constraint_fails_alone(db: Database, file: Path) -> None:
    async with busy_writer(db):
        first = asyncio.create_task(db.write(insert("same")))
        second = asyncio.create_task(db.write(insert("same")))
        await queued(first, second)
    assert await first == "same"
    with pytest.raises(IntegrityError):
        await second
    assert committed(file) == {"same"}


async def test_work_of_one_batch_sees_what_came_before_it(db: Database) -> None:
    async with busy_writer(db):
        write = asyncio.create_task(db.write(insert("a")))
        look = asyncio.create_task(db.write(lambda connection: connection.scalar(text("SELECT name FROM accounts"))))
        await queued(write, look)
    assert await look == "a"


async def test_when_the_commit_fails_nobody_is_answered_well(db: Database, file: Path) -> None:
    def break_the_commit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO outbox_deliveries VALUES ('signaling', 99)")  # no such event

    async with busy_writer(db):
        good = asyncio.create_task(db.write(insert("good")))
        failing = asyncio.create_task(db.write(insert_then_fail("failing")))
        breaking = asyncio.create_task(db.write(break_the_commit))
        await queued(good, failing, breaking)
    for write in (good, failing, breaking):
        with pytest.raises(Unavailable) as refusal:
            await write
        assert isinstance(refusal.value.__cause__, IntegrityError)
    assert committed(file) == set()
    assert await db.write(insert("later")) == "later"


async def test_a_batch_ends_after_its_time(db: Database, file: Path, clock: VirtualClock) -> None:
    def take_long(connection: Connection) -> None:
        insert("slow")(connection)
        clock.advance(database.BATCH_SECONDS)

    async with busy_writer(db):
        slow = asyncio.create_task(db.write(take_long))
        look = asyncio.create_task(db.write(lambda _connection: committed(file)))
        await queued(slow, look)
    assert await look == {"slow"}


async def test_a_batch_ends_at_its_size(db: Database, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BATCH_LIMIT", 3)
    async with busy_writer(db):
        looks = [asyncio.create_task(db.write(insert(str(number)))) for number in range(2)]
        last = asyncio.create_task(db.write(lambda _connection: committed(file)))
        await queued(*looks, last)
    assert await last == {"0", "1"}


async def test_a_full_queue_refuses_at_once(db: Database, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WRITE_QUEUE_LIMIT", 2)
    async with busy_writer(db):
        waiting = [asyncio.create_task(db.write(insert(str(number)))) for number in range(2)]
        await queued(*waiting)
        with pytest.raises(Unavailable):
            await db.write(insert("one too many"))
    await asyncio.gather(*waiting)
    assert committed(file) == {"0", "1"}


async def test_cancelled_work_that_has_not_begun_is_not_done(db: Database, file: Path) -> None:
    async with busy_writer(db):
        cancelled = asyncio.create_task(db.write(insert("cancelled")))
        await queued(cancelled)
        cancelled.cancel()
        await asyncio.wait([cancelled])
    await db.write(insert("next"))
    assert committed(file) == {"next"}


async def test_reads_cannot_write(db: Database, file: Path) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await db.read(insert("a"))
    assert committed(file) == set()


async def test_too_many_reads_are_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "READ_QUEUE_LIMIT", 1)
    entered, release = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        entered.set()
        release.wait()

    held = asyncio.create_task(db.read(hold))
    await asyncio.to_thread(entered.wait)
    with pytest.raises(Unavailable):
        await db.read(lambda _connection: None)
    release.set()
    await held
    assert await db.read(lambda _connection: "again") == "again"


async def test_another_process_that_keeps_the_lock_makes_writes_unavailable(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    db = Database(f"sqlite:///{file}")
    db.migrate()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await db.write(insert("a"))
    other.execute("ROLLBACK")
    other.close()
    assert await db.write(insert("b")) == "b"
    await db.close()


async def test_closing_finishes_what_is_queued_and_refuses_the_rest(db: Database, file: Path) -> None:
    async with busy_writer(db):
        write = asyncio.create_task(db.write(insert("a")))
        await queued(write)
        closing = asyncio.create_task(db.close())
        await queued(closing)
        with pytest.raises(Unavailable):
            await db.write(insert("b"))
        with pytest.raises(Unavailable):
            await db.read(lambda _connection: None)
    assert await write == "a"
    await closing
    await db.close()
    assert committed(file) == {"a"}


async def test_a_database_of_a_newer_release_is_left_alone(db: Database) -> None:
    await db.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(SchemaTooNew):
        db.migrate()


def test_only_sqlite_is_taken_yet() -> None:
    with pytest.raises(ValueError, match="SQLite"):
        Database("postgresql+psycopg://somewhere/ringback")


WRITE_UNTIL_KILLED = """
import asyncio, itertools, sys
from sqlalchemy import text
from ringback.storage import Database

async def main():
    db = Database(sys.argv[1])
    db.migrate()
    async def one(name):
        await db.write(lambda c: c.execute(text("INSERT INTO accounts VALUES (:n, :n, 0)"), {"n": name}))
        print(name, flush=True)
    for number in itertools.count():
        await asyncio.gather(*(one(f"{number}-{part}") for part in range(20)))

asyncio.run(main())
"""


def test_an_answered_write_survives_kill_9(file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, f"sqlite:///{file}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as writer:
        assert writer.stdout is not None
        answered = [writer.stdout.readline().strip() for _ in range(210)]
        writer.send_signal(signal.SIGKILL)
        answered += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert set(answered) <= committed(file)
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    lock = DataDirectoryLock(tmp_path / "data")
    with pytest.raises(DataDirectoryTaken, match=str(tmp_path / "data")):
        DataDirectoryLock(tmp_path / "data")
    lock.release()
    DataDirectoryLock(tmp_path / "data").release()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
