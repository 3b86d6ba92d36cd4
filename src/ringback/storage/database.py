"""Runs synchronous functions on database connections, off the event loop.

All writes of a process go through one thread. It takes what is queued, runs each piece of work inside its own
savepoint, commits them together (one fsync for all), and only then answers. So an answer means: it is on disk.
"""

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url

from ringback.kernel.clock import Clock, SystemClock
from ringback.kernel.errors import RingbackError, Unavailable
from ringback.kernel.figures import Durations, Figure

T = TypeVar("T")

BATCH_LIMIT: Final = 256
"""Pieces of work in one commit. More saves fsyncs under load; fewer lose less when a commit fails."""

BATCH_SECONDS: Final = 0.005
"""How long a batch may run before it is committed. Longer saves fsyncs; shorter answers the first in it sooner."""

WRITE_QUEUE_LIMIT: Final = 2_000
"""Writes that may wait: about one second of work. More would only answer later than callers still listen."""

READ_QUEUE_LIMIT: Final = 500
"""Reads that may be under way or waiting, for the same reason."""

READER_THREADS: Final = 4
"""Reads at the same time. SQLite reads run beside the writer; more threads than this only fight for the interpreter."""

BUSY_SECONDS: Final = 5.0
"""How long SQLite waits for another process's write (the offline commands, a backup) before giving up."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class SchemaTooNew(RingbackError):
    """This data was written by a newer release of Ringback; this release cannot read it."""

    code = "SCHEMA_TOO_NEW"


class DataDirectoryTaken(RingbackError):
    """Another server is already running on this data directory."""

    code = "DATA_DIRECTORY_TAKEN"


@dataclass(slots=True)
class Companion:
    """Work that goes into the same transaction as the next write of whoever runs inside `accompanied`."""

    work: Callable[[Connection], None]
    taken: bool = False
    """It is committed, or on its way."""


_companion: ContextVar[Companion | None] = ContextVar("companion", default=None)


@contextmanager
def accompanied(work: Callable[[Connection], None]) -> Iterator[Companion]:
    """The first write of this task inside the block does `work` before its own, in one transaction: both or neither."""
    companion = Companion(work)
    token = _companion.set(companion)
    try:
        yield companion
    finally:
        _companion.reset(token)


@dataclass(frozen=True, slots=True)
class _Queued:
    work: Callable[[Connection], Any]
    future: Future[Any]


class Database:
    """One database. Build it on any thread; `write`, `read` and `close` belong to one event loop.

    `url` is an SQLAlchemy URL. Work is an ordinary function on a Core connection; it never commits, and it may run
    again only if its caller calls again.
    """

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._url = url
        self._clock = clock or SystemClock()
        self._write_engine = _engine(url, "write", connections=1)
        self._read_engine = _engine(url, "read", connections=READER_THREADS)
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_until_closed, name="database-writer", daemon=True)
        self._readers = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="database-reader")
        self._reads = 0
        self._refused = 0
        self._commits = Durations()
        self._closed = False
        self._writer.start()

    def migrate(self) -> None:
        """Bring the schema to this release's. Blocks; safe to run from two processes at once.

        Raises `SchemaTooNew` when a newer release has been here.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        engine = _engine(self._url, "migrate", connections=1)
        try:
            with engine.begin() as connection:
                known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
                if not known.issuperset(MigrationContext.configure(connection).get_current_heads()):
                    raise SchemaTooNew
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        finally:
            engine.dispose()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; returns after the commit, so the result is durable.

        What `work` raises is raised here, and only its own changes are undone. Raises `Unavailable` when too many
        writes wait, the database cannot be written, or it is closed. When the caller is cancelled, work that has
        begun is still committed.
        """
        companion = _companion.get()
        if companion is None or companion.taken:
            return await self._write(work)
        companion.taken = True  # at once: what this task does meanwhile must not take it along, too
        try:
            return await self._write(partial(_together, companion.work, work))
        except BaseException:
            companion.taken = False
            raise

    async def _write(self, work: Callable[[Connection], T]) -> T:
        if self._closed or self._queue.qsize() >= WRITE_QUEUE_LIMIT:
            self._refused += 1
            raise Unavailable
        future: Future[T] = Future()
        self._queue.put(_Queued(work, future))
        return await asyncio.wrap_future(future)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot of what is committed; it cannot write.

        Raises what `work` raises, and `Unavailable` when too many reads wait or the database is closed.
        """
        if self._closed or self._reads >= READ_QUEUE_LIMIT:
            self._refused += 1
            raise Unavailable
        self._reads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        finally:
            self._reads -= 1

    def figures(self) -> list[Figure]:
        """How busy it is."""
        return [
            Figure("ringback_database_writes_waiting", "Writes in the queue.", self._queue.qsize()),
            Figure("ringback_database_reads", "Reads that are under way or waiting.", self._reads),
            Figure("ringback_database_refused_total", "Work refused because too much of it waited.", self._refused),
            Figure("ringback_database_commit_seconds", "Seconds of a transaction, commit included.", self._commits),
        ]

    async def close(self) -> None:
        """Finish what is queued, then let go of the database. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._read_engine.connect() as connection:
            return work(connection)

    def _write_until_closed(self) -> None:
        while (first := self._queue.get()) is not None:
            self._commit_together(first)

    def _commit_together(self, first: _Queued) -> None:
        begun: list[Future[Any]] = []
        outcomes: list[Callable[[], None]] = []
        start = self._clock.monotonic()
        try:
            with self._write_engine.begin() as connection:
                for queued in self._batch(first):
                    if queued.future.set_running_or_notify_cancel():
                        begun.append(queued.future)
                        outcomes.append(_attempt(connection, queued))
        except Exception as error:
            # Nobody may believe anything of a lost transaction, not even an error that was found inside it.
            for future in begun or ([first.future] if first.future.set_running_or_notify_cancel() else []):
                refusal = Unavailable("The change could not be stored.")
                refusal.__cause__ = error
                future.set_exception(refusal)
        else:
            self._commits.add(self._clock.monotonic() - start)
            for deliver in outcomes:
                deliver()

    def _batch(self, first: _Queued) -> Iterator[_Queued]:
        """`first` and what is already queued behind it. Waiting for more is needless: they gather during the fsync."""
        deadline = self._clock.monotonic() + BATCH_SECONDS
        yield first
        for _ in range(BATCH_LIMIT - 1):
            if self._clock.monotonic() >= deadline:
                return
            try:
                queued = self._queue.get_nowait()
            except queue.Empty:
                return
            if queued is None:
                self._queue.put(None)  # `close` came last: leave its mark for the outer loop
                return
            yield queued


def _together(first: Callable[[Connection], None], second: Callable[[Connection], T], connection: Connection) -> T:
    first(connection)
    return second(connection)


def _attempt(connection: Connection, queued: _Queued) -> Callable[[], None]:
    """Run one piece of work inside its savepoint; returns how to answer once the whole batch is committed."""
    # Straight to the driver: SQLAlchemy's own savepoints would cost as much as the work between them.
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT work")
    try:
        result = queued.work(connection)
    except BaseException as error:  # whatever it is, it belongs to the caller, and the thread must go on
        # Raises when SQLite has already given up the transaction (disk full): then the batch fails.
        driver.execute("ROLLBACK TO SAVEPOINT work")
        driver.execute("RELEASE SAVEPOINT work")
        return partial(queued.future.set_exception, error)
    driver.execute("RELEASE SAVEPOINT work")
    return partial(queued.future.set_result, result)


def _engine(url: str, purpose: str, connections: int) -> Engine:
    """An engine for "write", "read" or "migrate". The only place that knows one database from another."""
    if make_url(url).get_backend_name() != "sqlite":
        raise ValueError("this release stores its data in SQLite only")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,  # what a failed statement was about would be in its error, and so in the log
    )
    pragmas = ["journal_mode=WAL", "synchronous=FULL", f"foreign_keys={'OFF' if purpose == 'migrate' else 'ON'}"]
    if purpose == "read":
        pragmas = ["query_only=ON"]

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None  # the driver would otherwise begin transactions of its own, too late
        for pragma in pragmas:
            dbapi_connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that starts as a reader cannot be made to wait for the write lock later; it just fails.
        connection.exec_driver_sql("BEGIN" if purpose == "read" else "BEGIN IMMEDIATE")

    return engine


class DataDirectoryLock:
    """Held by `serve` for as long as it runs: two servers on one data directory would both believe they own its calls.

    The kernel lets go of it when the process ends, however it ends. Offline commands do not take it: SQLite itself
    orders their writes.
    """

    def __init__(self, data_dir: Path) -> None:
        """Creates the directory (mode 0700) when it is missing. Raises `DataDirectoryTaken`."""
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(data_dir / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise DataDirectoryTaken(f"Another server is already running on {data_dir}.") from None

    def release(self) -> None:
        """Let the next server in."""
        os.close(self._descriptor)
