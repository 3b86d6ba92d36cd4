"""A tree's transaction: all of it or nothing, in one account."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from ringback.calls.dialogs.events import StartDialog
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.events import DevicesFound, EndpointHungUp, FarSideAnswered, HangUp
from ringback.calls.model import CallState, EndReason
from ringback.calls.store import CALLS
from ringback.conferences.store import CONFERENCES
from ringback.kernel.errors import InvalidState, NotFound
from ringback.storage import Database, outbox
from ringback.storage.aggregates import (
    ConcurrentChange,
    Transaction,
    command_rows,
    due,
    load,
    load_each,
    next_deadline,
    pending_commands,
    require,
    trees_with_commands,
)
from ringback.testing.calls import (
    ACCOUNT,
    CHILD,
    DIALOG,
    KINDS,
    PARENT,
    RING_DEADLINE,
    ROOM,
    accept,
    join,
    start_dialog,
)
from ringback.testing.playbook import NOON

BY_NAME = {kind.name: kind for kind in KINDS}
TABLES = (*(kind.table for kind in KINDS), command_rows, outbox.events, outbox.deliveries)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


def begin(connection: Connection, account_id: str = ACCOUNT) -> Transaction:
    return Transaction(connection, BY_NAME, account_id, NOON)


async def tell(database: Database, to: Any, *events: object, account_id: str = ACCOUNT) -> None:
    def work(connection: Connection) -> None:
        transaction = begin(connection, account_id)
        for event in events:
            transaction.tell(to, event)
        transaction.store()

    await database.write(work)


async def everything(database: Database) -> list[list[Any]]:
    return await database.read(
        lambda connection: [[tuple(row) for row in connection.execute(select(table))] for table in TABLES]
    )


async def test_states_events_and_commands_are_stored_together(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())

    def look(connection: Connection) -> None:
        assert require(connection, CALLS, ACCOUNT, "parent").state is CallState.CALLING
        assert load(connection, CALLS, ACCOUNT, "child") == (require(connection, CALLS, ACCOUNT, "child"), 1)
        events = outbox.undelivered(connection, "signaling", 10)
        assert [(event.name, event.type, event.tree) for event in events] == [
            ("dialog:dialog:1:0", "DialogCreated", "dialog:dialog"),
            ("call:parent:1:1", "CallStarted", "dialog:dialog"),
            ("call:child:1:2", "CallStarted", "dialog:dialog"),
        ]
        commands = pending_commands(connection, "dialog:dialog")
        assert [command.id for command in commands] == ["dialog:dialog:1:0", "call:child:1:1"]
        assert {command.account_id for command in commands} == {ACCOUNT}
        assert trees_with_commands(connection) == ["dialog:dialog"]

    await database.read(look)


async def test_many_are_read_at_once_but_only_ones_own(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    await tell(database, DIALOGS.ref("theirs"), foreign_dialog(), account_id="another")

    def look(connection: Connection) -> None:
        asked = ("parent", "child", "their parent", "nothing")
        found = load_each(connection, CALLS, ACCOUNT, asked)
        assert found == {id: require(connection, CALLS, ACCOUNT, id) for id in ("parent", "child")}
        assert load_each(connection, CALLS, ACCOUNT, ()) == {}
        assert load_each(connection, CALLS, "another", asked).keys() == {"their parent"}

    await database.read(look)


def foreign_dialog() -> StartDialog:
    return start_dialog(id="theirs", account_id="another", parent="their parent", child="their child")


async def test_each_transaction_is_one_version_of_what_it_changed(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    await tell(database, CHILD, DevicesFound(("laptop", "phone")), accept("phone"))

    def versions(connection: Connection) -> list[int]:
        return [
            connection.execute(select(kind.table.c.version).where(kind.table.c.id == ref.id)).scalar_one()
            for kind, ref in ((BY_NAME["call"], PARENT), (BY_NAME["call"], CHILD), (BY_NAME["dialog"], DIALOG))
        ]

    assert await database.read(versions) == [2, 2, 2]


async def test_what_is_refused_in_the_middle_leaves_nothing_behind(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    before = await everything(database)
    with pytest.raises(InvalidState):
        await tell(database, CHILD, DevicesFound(("phone",)), accept("laptop"))
    assert await everything(database) == before


async def test_old_news_are_no_new_version(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    await tell(database, PARENT, EndpointHungUp("browser"))
    before = await everything(database)
    await tell(database, CHILD, DevicesFound(("phone",)))
    await tell(database, PARENT, EndpointHungUp("browser"))
    assert await everything(database) == before


async def test_a_transaction_sees_what_it_has_done_itself(database: Database) -> None:
    def work(connection: Connection) -> None:
        transaction = begin(connection)
        transaction.tell(DIALOG, start_dialog())
        assert transaction.root == DIALOG
        assert [ref for ref, _ in transaction.commands] == [DIALOG, CHILD]
        transaction.tell(CHILD, DevicesFound(("phone",)))
        assert transaction.state(PARENT) == transaction.state(PARENT)
        state = transaction.state(PARENT)
        assert state is not None
        assert state.state is CallState.RINGING

    await database.write(work)


async def test_a_transaction_is_about_one_tree(database: Database) -> None:
    def work(connection: Connection) -> None:
        transaction = begin(connection)
        transaction.tell(DIALOG, start_dialog())
        transaction.tell(ROOM, join("ann"))

    with pytest.raises(AssertionError, match="conference:room"):
        await database.write(work)


async def test_two_writers_cannot_both_step_the_same_state(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())

    def work(connection: Connection) -> None:
        transaction = begin(connection)
        transaction.tell(PARENT, HangUp(EndReason.NORMAL_HANGUP))
        table = CALLS.table  # meanwhile, somebody else:
        connection.execute(update(table).where(table.c.id == PARENT.id).values(version=table.c.version + 1))
        transaction.store()

    before = await everything(database)
    with pytest.raises(ConcurrentChange, match="call:parent"):
        await database.write(work)
    assert await everything(database) == before


# Accounts.


async def test_another_accounts_aggregates_do_not_exist(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())

    def look(connection: Connection) -> None:
        assert load(connection, CALLS, "other", "parent") is None
        with pytest.raises(NotFound):
            require(connection, CALLS, "other", "parent")
        assert begin(connection, "other").state(PARENT) is None
        assert begin(connection).state(PARENT) is not None

    await database.read(look)


async def test_nothing_can_be_told_to_another_accounts_aggregates(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    before = await everything(database)
    for event in (HangUp(EndReason.NORMAL_HANGUP), FarSideAnswered(), EndpointHungUp("browser")):
        with pytest.raises(InvalidState):
            await tell(database, PARENT, event, account_id="other")
    with pytest.raises(AssertionError, match="another account"):
        await tell(database, CONFERENCES.ref("room"), join("ann"), account_id="other")
    assert await everything(database) == before


# Deadlines.


async def test_deadlines_are_found_until_they_have_gone(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    assert await database.read(lambda connection: next_deadline(connection, CALLS)) == RING_DEADLINE
    assert await database.read(lambda connection: due(connection, CALLS, NOON)) == []
    assert await database.read(lambda connection: due(connection, CALLS, RING_DEADLINE)) == [(ACCOUNT, "child")]
    await tell(database, CHILD, DevicesFound(("phone",)), accept("phone"))
    assert await database.read(lambda connection: due(connection, CALLS, RING_DEADLINE)) == []
    assert await database.read(lambda connection: next_deadline(connection, CALLS)) is None


async def test_what_queries_need_stands_beside_the_state(database: Database) -> None:
    await tell(database, DIALOG, start_dialog())
    await tell(database, PARENT, EndpointHungUp("browser"))
    table = CALLS.table
    counted = select(table.c.call_state, table.c.owner, func.count()).group_by(table.c.call_state, table.c.owner)
    rows = await database.read(lambda connection: [tuple(row) for row in connection.execute(counted)])
    assert rows == [("FAILED", "dialog:dialog", 2)]
