"""A key is stored with the work that it protects: both or neither, and once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from ringback.kernel.errors import InvalidRequest, InvalidState
from ringback.storage import Database
from ringback.storage.epochs import next_epoch
from ringback.storage.receipts import LIFETIME, ReceiptStore, receipts
from ringback.testing.clock import VirtualClock


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield database
    await database.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(database: Database, clock: VirtualClock) -> ReceiptStore:
    return ReceiptStore(database, clock)


def refuse(_connection: Connection) -> None:
    raise InvalidRequest("no")


async def stored(database: Database) -> int:
    return await database.read(lambda connection: connection.scalar(select(func.count()).select_from(receipts)) or 0)


async def test_the_first_write_claims_the_key_and_the_answer_follows(database: Database, store: ReceiptStore) -> None:
    with store.claiming("account", "key", b"f") as claimed:
        assert not claimed()
        await database.write(next_epoch)
        assert claimed()
        await database.write(next_epoch)
    found = await store.find("account", "key")
    assert found
    assert (found.fingerprint, found.status) == (b"f", None)
    await store.complete("account", "key", 201, "application/json", b"{}")
    assert await store.find("account", "key") == (b"f", 201, "application/json", b"{}")


async def test_work_that_fails_leaves_no_key(database: Database, store: ReceiptStore) -> None:
    with store.claiming("account", "key", b"f") as claimed:
        with pytest.raises(InvalidRequest):
            await database.write(refuse)
        assert not claimed()
        assert await stored(database) == 0
        await database.write(next_epoch)  # it went on, and did something after all
        assert claimed()


async def test_without_a_write_nothing_is_claimed(database: Database, store: ReceiptStore) -> None:
    with store.claiming("account", "key", b"f") as claimed:
        await stored(database)
    await database.write(next_epoch)  # outside
    assert not claimed()
    assert await store.find("account", "key") is None


async def test_of_two_who_claim_one_key_one_changes_anything(database: Database, store: ReceiptStore) -> None:
    async def claim() -> int:
        with store.claiming("account", "key", b"f"):
            return await database.write(next_epoch)

    outcomes = await asyncio.gather(*(claim() for _ in range(20)), return_exceptions=True)
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1]
    assert sum(isinstance(outcome, InvalidState) for outcome in outcomes) == 19
    assert await database.write(next_epoch) == 2


async def test_what_a_request_begins_elsewhere_does_not_claim_again(database: Database, store: ReceiptStore) -> None:
    with store.claiming("account", "key", b"f"):
        await asyncio.gather(*(asyncio.create_task(database.write(next_epoch)) for _ in range(3)))
    assert await stored(database) == 1


async def test_a_key_is_of_its_account_and_free_after_a_day(
    database: Database, store: ReceiptStore, clock: VirtualClock
) -> None:
    for account_id in ("one", "two"):
        with store.claiming(account_id, "key", account_id.encode()):
            await database.write(next_epoch)
    clock.advance((LIFETIME - timedelta(seconds=1)).total_seconds())
    found = await store.find("one", "key")
    assert found
    assert found.fingerprint == b"one"
    clock.advance(1)
    assert await store.find("one", "key") is None
    with store.claiming("one", "key", b"new"):
        await database.write(next_epoch)
    assert await stored(database) == 1  # the other account's is swept, too
