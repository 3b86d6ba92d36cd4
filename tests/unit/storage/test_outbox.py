"""What consumers are owed: row by row, until each of them has it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import Struct
from sqlalchemy import Connection, func, select

from ringback.storage import Database, outbox
from ringback.testing.playbook import NOON


class Rang(Struct, frozen=True):
    bell: str


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(outbox, "CONSUMERS", ("signaling", "webhooks"))
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


async def ring(database: Database, *bells: str) -> None:
    def work(connection: Connection) -> None:
        named = {bell: Rang(bell) for bell in bells}
        outbox.append(connection, account_id="acme", tree="tower:1", named=named, now=NOON)

    await database.write(work)


async def owed(database: Database, consumer: str, limit: int = 10) -> list[str]:
    found = await database.read(lambda connection: outbox.undelivered(connection, consumer, limit))
    return [event.name for event in found]


async def confirm(database: Database, consumer: str, *bells: str) -> None:
    def work(connection: Connection) -> None:
        positions = {event.name: event.position for event in outbox.undelivered(connection, consumer, 10)}
        outbox.confirm(connection, consumer, [positions[bell] for bell in bells])

    await database.write(work)


async def stored(database: Database) -> int:
    return await database.read(
        lambda connection: connection.execute(select(func.count()).select_from(outbox.events)).scalar_one()
    )


async def test_an_event_comes_as_it_was_stored(database: Database) -> None:
    await ring(database, "a")
    (event,) = await database.read(lambda connection: outbox.undelivered(connection, "signaling", 10))
    assert event[1:] == ("a", "acme", "tower:1", "Rang", b'{"bell":"a"}')


async def test_the_oldest_come_first_and_not_all_at_once(database: Database) -> None:
    await ring(database, "a", "b")
    await ring(database, "c")
    assert await owed(database, "signaling", limit=2) == ["a", "b"]
    assert await owed(database, "signaling") == ["a", "b", "c"]


async def test_what_was_passed_over_is_still_owed(database: Database) -> None:
    await ring(database, "a", "b", "c")
    await confirm(database, "signaling", "c")
    assert await owed(database, "signaling") == ["a", "b"]
    await ring(database, "d")
    await confirm(database, "signaling", "a", "d")
    assert await owed(database, "signaling") == ["b"]


async def test_an_event_is_deleted_when_nobody_is_owed_it(database: Database) -> None:
    await ring(database, "a", "b")
    await confirm(database, "signaling", "a", "b")
    assert await owed(database, "webhooks") == ["a", "b"]
    assert await stored(database) == 2
    await confirm(database, "webhooks", "a")
    assert await stored(database) == 1
    assert await owed(database, "webhooks") == ["b"]


async def test_confirming_twice_is_no_harm(database: Database) -> None:
    await ring(database, "a")
    (event,) = await database.read(lambda connection: outbox.undelivered(connection, "signaling", 10))
    for _ in range(2):
        await database.write(lambda connection: outbox.confirm(connection, "signaling", [event.position]))
    assert await owed(database, "webhooks") == ["a"]


async def test_an_event_without_its_transaction_is_none(database: Database) -> None:
    def work(connection: Connection) -> None:
        outbox.append(connection, account_id="acme", tree="tower:1", named={"a": Rang("a")}, now=NOON)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)
    assert await owed(database, "signaling") == []
