"""Running call trees: commands after the commit and in order, once more after a crash; deadlines in virtual time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update
from structlog.testing import capture_logs

from ringback.calls.commands import AlertDevices, Command, RunMedia
from ringback.calls.events import DevicesFound, EndpointHungUp, HangUp, NoDeviceFound
from ringback.calls.model import CallState, EndReason
from ringback.calls.store import CALLS
from ringback.kernel.errors import InvalidState, Unavailable
from ringback.kernel.steps import Ref
from ringback.storage import Database, mailboxes
from ringback.storage.aggregates import Transaction, command_rows, pending_commands, require, trees_with_commands
from ringback.storage.mailboxes import Execution, Mailboxes
from ringback.testing.calls import ACCOUNT, CHILD, DIALOG, KINDS, PARENT, RING_DEADLINE, accept, start_dialog
from ringback.testing.clock import VirtualClock
from ringback.testing.playbook import NOON

BEGINNING = ["RunMedia", "AlertDevices"]
"""What a dialog wants done when it begins."""


class Executors:
    """They only write down what they are given; a test can hold them up or let them fail."""

    def __init__(self) -> None:
        self.done: list[Execution] = []
        self.failing: dict[str, list[Exception]] = {}
        """By command: what its next attempts raise."""
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, execution: Execution) -> None:
        self.reached.set()
        await self.gate.wait()
        self.done.append(execution)
        if failures := self.failing.get(name(execution)):
            raise failures.pop(0)

    @property
    def names(self) -> list[str]:
        return [name(execution) for execution in self.done]

    @property
    def ids(self) -> list[str]:
        return [execution.id for execution in self.done]


def name(execution: Execution) -> str:
    return type(execution.command).__name__


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def executors() -> Executors:
    return Executors()


@pytest.fixture
async def boxes(database: Database, clock: VirtualClock, executors: Executors) -> AsyncIterator[Mailboxes]:
    opened = mailboxes_of(database, clock, executors)
    yield opened
    await opened.close()


def mailboxes_of(
    database: Database, clock: VirtualClock, executors: Executors, after_commit: Callable[[], None] = lambda: None
) -> Mailboxes:
    """One run of the platform on this database."""
    boxes = Mailboxes(database, clock, KINDS, Command, after_commit)
    for command in (AlertDevices, RunMedia):
        boxes.execute(command, executors)
    return boxes


async def pending(database: Database) -> int:
    return len(await database.read(lambda connection: pending_commands(connection, str(DIALOG))))


async def state_of(database: Database, ref: Ref) -> Any:
    return (await database.read(lambda connection: require(connection, CALLS, ACCOUNT, ref.id))).state


# Commands.


async def test_commands_are_carried_out_in_order_and_forgotten(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.settled(DIALOG)
    assert executors.names == BEGINNING
    assert executors.ids == ["dialog:dialog:1:0", "call:child:1:1"]
    assert {(execution.account_id, execution.tree) for execution in executors.done} == {(ACCOUNT, DIALOG)}
    assert await pending(database) == 0


async def test_commands_of_the_next_change_wait_for_those_before(boxes: Mailboxes, executors: Executors) -> None:
    executors.gate.clear()
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await executors.reached.wait()
    await boxes.tell(ACCOUNT, PARENT, EndpointHungUp("browser"))
    assert executors.done == []
    executors.gate.set()
    await boxes.settled(DIALOG)
    assert executors.names == [*BEGINNING, "RunMedia"]


async def test_trees_do_not_wait_for_each_other(boxes: Mailboxes, executors: Executors) -> None:
    executors.gate.clear()
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await executors.reached.wait()
    executors.reached.clear()
    await boxes.tell(ACCOUNT, Ref("dialog", "d2"), start_dialog(id="d2", parent="p2", child="c2"))
    await executors.reached.wait()  # the second tree has come to its first command while the first one stands still
    executors.gate.set()
    await boxes.idle()
    assert sorted(executors.names) == sorted(BEGINNING * 2)


async def test_a_change_is_answered_before_its_commands_are_carried_out(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    executors.gate.clear()
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    assert await pending(database) == len(BEGINNING)
    executors.gate.set()
    await boxes.settled(DIALOG)


async def test_what_is_refused_runs_no_commands(database: Database, boxes: Mailboxes, executors: Executors) -> None:
    def work(transaction: Transaction) -> None:
        transaction.tell(DIALOG, start_dialog())
        transaction.tell(CHILD, accept("phone"))

    with pytest.raises(InvalidState):
        await boxes.change(ACCOUNT, work)
    await boxes.settled(DIALOG)
    assert executors.done == []
    assert await pending(database) == 0


async def test_an_executor_may_tell_its_own_tree_what_came_of_it(database: Database, boxes: Mailboxes) -> None:
    async def find_nobody(execution: Execution) -> None:
        await boxes.tell(execution.account_id, CHILD, NoDeviceFound(EndReason.DESTINATION_NOT_FOUND))

    boxes.execute(AlertDevices, find_nobody)
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.settled(DIALOG)
    assert await state_of(database, PARENT) is CallState.FAILED
    assert await pending(database) == 0


async def test_settled_is_for_one_tree_and_at_once_when_there_is_nothing(boxes: Mailboxes) -> None:
    await boxes.settled(Ref("dialog", "never heard of"))


# Failures.


async def test_a_command_that_fails_is_reported_and_the_others_are_carried_out(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    executors.failing["RunMedia"] = [LookupError("a bug")]
    with capture_logs() as logs:
        await boxes.tell(ACCOUNT, DIALOG, start_dialog())
        await boxes.settled(DIALOG)
    assert executors.names == BEGINNING
    assert [(log["event"], log["id"]) for log in logs] == [("command failed", "dialog:dialog:1:0")]
    assert await pending(database) == 0


async def test_a_command_that_cannot_be_carried_out_now_is_repeated_by_the_same_id(
    database: Database, boxes: Mailboxes, executors: Executors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "BREATHER", 0)
    executors.failing["AlertDevices"] = [Unavailable()]
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.settled(DIALOG)
    assert executors.names == BEGINNING * 2
    assert executors.ids[:2] == executors.ids[2:4]
    assert await pending(database) == 0


async def test_a_command_of_an_unknown_format_does_not_block_the_tree(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    def another_release(connection: Connection) -> None:
        transaction = Transaction(connection, {kind.name: kind for kind in KINDS}, ACCOUNT, NOON)
        transaction.tell(DIALOG, start_dialog())
        transaction.store()
        first = command_rows.c.id == "dialog:dialog:1:0"
        connection.execute(update(command_rows).where(first).values(command=b'{"type":"FromTheFuture"}'))

    await database.write(another_release)
    with capture_logs() as logs:
        await boxes.resume()
        await boxes.settled(DIALOG)
    assert executors.names == BEGINNING[1:]
    assert [log["id"] for log in logs] == ["dialog:dialog:1:0"]
    assert await pending(database) == 0


async def test_after_a_crash_the_commands_are_carried_out_once_more_by_the_same_ids(
    database: Database, boxes: Mailboxes, executors: Executors, clock: VirtualClock
) -> None:
    executors.gate.clear()
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await executors.reached.wait()
    await boxes.close()  # in the middle of the first command
    assert await pending(database) == len(BEGINNING)

    after = Executors()
    restarted = mailboxes_of(database, clock, after)
    assert await database.read(trees_with_commands) == [str(DIALOG)]
    await restarted.resume()
    await restarted.settled(DIALOG)
    assert after.names == BEGINNING
    assert after.ids == ["dialog:dialog:1:0", "call:child:1:1"]
    assert await pending(database) == 0
    await restarted.resume()
    await restarted.settled(DIALOG)
    assert after.names == BEGINNING


async def test_closing_before_a_command_has_begun_leaves_it_for_the_next_start(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.close()
    await boxes.settled(DIALOG)
    await boxes.idle()
    assert executors.done == []
    assert await pending(database) == len(BEGINNING)


async def test_a_change_whose_caller_goes_away_happens_with_all_that_follows(
    database: Database, clock: VirtualClock, executors: Executors
) -> None:
    commits: list[str] = []
    boxes = mailboxes_of(database, clock, executors, lambda: commits.append("commit"))
    entered, release = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        entered.set()
        release.wait()
        transaction.tell(DIALOG, start_dialog())

    caller = asyncio.create_task(boxes.change(ACCOUNT, hold))
    await asyncio.to_thread(entered.wait)
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    release.set()
    await executors.reached.wait()
    await boxes.settled(DIALOG)
    assert executors.names == BEGINNING
    assert commits == ["commit"]
    await boxes.close()


# Accounts.


async def test_another_account_cannot_tell_a_tree_anything(
    database: Database, boxes: Mailboxes, executors: Executors
) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.settled(DIALOG)
    for event in (HangUp(EndReason.NORMAL_HANGUP), DevicesFound(("phone",)), EndpointHungUp("browser")):
        with pytest.raises(InvalidState):
            await boxes.tell("other", PARENT, event)
    assert await state_of(database, PARENT) is CallState.CALLING
    assert executors.names == BEGINNING


# Deadlines.


async def test_a_deadline_is_told_when_it_has_come(database: Database, boxes: Mailboxes, clock: VirtualClock) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    assert await boxes.pass_deadlines() == RING_DEADLINE
    clock.advance(29)
    assert await boxes.pass_deadlines() == RING_DEADLINE
    assert await state_of(database, CHILD) is CallState.CALLING
    clock.advance(1)
    assert await boxes.pass_deadlines() is None
    assert await state_of(database, CHILD) is CallState.FAILED
    assert await state_of(database, PARENT) is CallState.FAILED


async def test_the_next_deadline_is_the_earliest_of_all(boxes: Mailboxes) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    later = start_dialog(
        id="d2", account_id="other", parent="p2", child="c2", ring_deadline=RING_DEADLINE + timedelta(seconds=9)
    )
    await boxes.tell("other", Ref("dialog", "d2"), later)
    assert await boxes.pass_deadlines() == RING_DEADLINE


async def test_deadlines_outlive_a_restart(
    database: Database, boxes: Mailboxes, executors: Executors, clock: VirtualClock
) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.close()
    clock.advance(3600)
    restarted = mailboxes_of(database, clock, executors)
    assert await restarted.pass_deadlines() is None
    assert await state_of(database, CHILD) is CallState.FAILED
    await restarted.close()


async def test_whoever_watches_deadlines_hears_of_new_ones(
    database: Database, clock: VirtualClock, executors: Executors
) -> None:
    commits = asyncio.Queue[None]()
    boxes = mailboxes_of(database, clock, executors, lambda: commits.put_nowait(None))
    watching = asyncio.create_task(boxes.run_deadlines())
    await asyncio.sleep(0)  # it now naps, for there is no deadline at all
    clock.advance(31)  # so that the new one has passed already
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await commits.get()
    await commits.get()  # the second change is the deadline's
    assert await state_of(database, CHILD) is CallState.FAILED
    watching.cancel()
    await asyncio.wait([watching])
    await boxes.close()


async def test_whoever_watches_deadlines_stops_when_told_in_the_moment_in_which_a_new_one_is_set(
    database: Database, clock: VirtualClock, executors: Executors
) -> None:
    def stop() -> None:
        watching.cancel()

    boxes = mailboxes_of(database, clock, executors, after_commit=stop)
    watching = asyncio.create_task(boxes.run_deadlines())
    await asyncio.sleep(0)
    await boxes.pass_deadlines()  # what it does before it naps, and has begun before
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    done, _ = await asyncio.wait([watching], timeout=5)
    await boxes.close()
    assert done == {watching}


async def test_one_deadline_that_fails_does_not_stop_the_others(
    database: Database, boxes: Mailboxes, clock: VirtualClock
) -> None:
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.tell(ACCOUNT, Ref("dialog", "d2"), start_dialog(id="d2", parent="p2", child="c2"))

    def spoil(connection: Connection) -> None:
        table = CALLS.table
        connection.execute(update(table).where(table.c.id == "child").values(state=b"not a call"))

    await database.write(spoil)
    clock.advance(30)
    with capture_logs() as logs:
        await boxes.pass_deadlines()
    assert [(log["event"], log["aggregate"]) for log in logs] == [("deadline failed", "call:child")]
    assert await state_of(database, Ref("call", "c2")) is CallState.FAILED


async def test_deadlines_go_on_after_the_database_had_no_time(
    database: Database, clock: VirtualClock, executors: Executors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "BREATHER", 0)
    ended = asyncio.Event()
    boxes = mailboxes_of(database, clock, executors, lambda: ended.set())
    await boxes.tell(ACCOUNT, DIALOG, start_dialog())
    await boxes.settled(DIALOG)
    ended.clear()
    clock.advance(30)
    refusals = iter([Unavailable(), Unavailable()])
    read = database.read

    async def busy_at_first(work: Any) -> Any:
        for refusal in refusals:
            raise refusal
        return await read(work)

    monkeypatch.setattr(database, "read", busy_at_first)
    watching = asyncio.create_task(boxes.run_deadlines())
    await ended.wait()
    assert await state_of(database, CHILD) is CallState.FAILED
    watching.cancel()
    await asyncio.wait([watching])
    await boxes.close()
