"""How the outbox reaches a consumer: in order, at least once, whatever fails."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import Struct
from sqlalchemy import Connection
from structlog.testing import capture_logs

from ringback.kernel.errors import Unavailable
from ringback.storage import Database, dispatcher, outbox
from ringback.storage.dispatcher import Dispatcher
from ringback.storage.outbox import OutboxEvent
from ringback.testing.playbook import NOON


class Rang(Struct, frozen=True):
    bell: str


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


async def ring(database: Database, *bells: str) -> None:
    def work(connection: Connection) -> None:
        for bell in bells:
            outbox.append(connection, account_id="acme", tree="tower:1", named={bell: Rang(bell)}, now=NOON)

    await database.write(work)


class Listener:
    """A consumer that can be told to fail."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fails_at: str | None = None
        self._something = asyncio.Event()

    async def deliver(self, event: OutboxEvent) -> None:
        self.heard.append(event.name)
        self._something.set()
        if event.name == self.fails_at:
            raise LookupError(event.name)

    async def until(self, *bells: str) -> None:
        """Wait until exactly these were heard."""
        while self.heard != list(bells):
            assert self.heard == list(bells)[: len(self.heard)]
            self._something.clear()
            await self._something.wait()


@pytest.fixture
def listener() -> Listener:
    return Listener()


async def test_everything_that_is_owed_is_delivered_once_in_order(
    database: Database, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    feeding = Dispatcher(database, "signaling", listener.deliver)
    await ring(database, "a", "b", "c", "d", "e")
    await feeding.deliver_all()
    await feeding.deliver_all()
    assert listener.heard == ["a", "b", "c", "d", "e"]


async def test_an_event_that_fails_does_not_hold_up_the_others(database: Database, listener: Listener) -> None:
    feeding = Dispatcher(database, "signaling", listener.deliver)
    listener.fails_at = "b"
    await ring(database, "a", "b", "c")
    with capture_logs() as logs:
        await feeding.deliver_all()
    assert listener.heard == ["a", "b", "c"]
    assert [(log["event"], log["name"]) for log in logs] == [("event not delivered", "b")]
    assert await database.read(lambda connection: outbox.undelivered(connection, "signaling", 10)) == []


async def test_what_was_not_confirmed_is_delivered_again(database: Database, listener: Listener) -> None:
    await ring(database, "a", "b")

    async def die_at_b(event: OutboxEvent) -> None:
        await listener.deliver(event)
        if event.name == "b":
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Dispatcher(database, "signaling", die_at_b).deliver_all()
    await Dispatcher(database, "signaling", listener.deliver).deliver_all()
    assert listener.heard == ["a", "b", "a", "b"]


async def test_a_hint_wakes_it(database: Database, listener: Listener) -> None:
    await ring(database, "from before the start")
    feeding = Dispatcher(database, "signaling", listener.deliver)
    running = asyncio.create_task(feeding.run())
    await listener.until("from before the start")
    await ring(database, "a")
    feeding.hint()
    await listener.until("from before the start", "a")
    running.cancel()
    await asyncio.wait([running])


async def test_it_goes_on_after_the_database_had_no_time(
    database: Database, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "BREATHER", 0)
    refusals = iter([Unavailable(), Unavailable()])
    read = database.read

    async def busy_at_first(work: object) -> object:
        for refusal in refusals:
            raise refusal
        return await read(work)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "read", busy_at_first)
    await ring(database, "a")
    with capture_logs() as logs:
        running = asyncio.create_task(Dispatcher(database, "signaling", listener.deliver).run())
        await listener.until("a")
    assert [log["event"] for log in logs] == ["events wait for the database"] * 2
    running.cancel()
    await asyncio.wait([running])
