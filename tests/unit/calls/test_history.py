"""Which calls are in the history, in which order, and what it says of them."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.event import listen, remove

from ringback.calls import CallHistory
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.events import Accept, DevicesFound, EndpointHungUp, HangUp, NoDeviceFound
from ringback.calls.history.model import CallFilter, CallLog, FinalState
from ringback.calls.history.store import page
from ringback.calls.model import Direction, EndReason, WebrtcEndpoint
from ringback.conferences.model import echo_name
from ringback.conferences.store import CONFERENCES, room_names
from ringback.kernel.errors import NotFound
from ringback.kernel.steps import DeadlinePassed, Ref
from ringback.storage import Database
from ringback.storage.aggregates import Transaction
from ringback.testing.calls import ACCOUNT, ALICE, BOB, KINDS, call, join, start_dialog
from ringback.testing.playbook import NOON
from ringback.web import Paging

EVERYTHING = Paging(0, 100)

BY_NAME = {kind.name: kind for kind in KINDS}


class Past:
    """A platform on which calls have happened, each at its minute after noon."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.history = CallHistory(database, room_names)

    async def happens(self, at: float, to: Ref, *events: object, account_id: str = ACCOUNT) -> None:
        def work(connection: Connection) -> None:
            transaction = Transaction(connection, BY_NAME, account_id, NOON + timedelta(minutes=at))
            for event in events:
                transaction.tell(to, event)
            transaction.store()

        await self.database.write(work)

    async def alice_calls_bob(self, name: str, at: float = 0, **fields: Any) -> tuple[Ref, Ref]:
        """His devices ring; her call and his."""
        account_id = fields.get("account_id", ACCOUNT)
        dialog = start_dialog(id=name, parent=f"{name}-alice", child=f"{name}-bob", **fields)
        await self.happens(at, DIALOGS.ref(name), dialog, account_id=account_id)
        await self.happens(at, call(f"{name}-bob"), DevicesFound(("phone",)), account_id=account_id)
        return call(f"{name}-alice"), call(f"{name}-bob")

    async def ended(self, name: str, at: float = 0, **fields: Any) -> None:
        """Alice has called, and given up at once."""
        alice, _ = await self.alice_calls_bob(name, at, **fields)
        await self.happens(at, alice, EndpointHungUp("browser"), account_id=fields.get("account_id", ACCOUNT))

    async def ids(self, asked: Paging = EVERYTHING, account_id: str = ACCOUNT, **wanted: Any) -> list[str]:
        logs, _ = await self.history.page(account_id, CallFilter(**wanted), asked)
        return [log.call.id for log in logs]

    async def of(self, id: str) -> CallLog:
        return await self.history.get(ACCOUNT, id)


@pytest.fixture
async def past(tmp_path: Path) -> AsyncIterator[Past]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield Past(database)
    await database.close()


async def test_only_calls_that_have_ended_are_in_it(past: Past) -> None:
    alice, bob = await past.alice_calls_bob("first")
    await past.happens(1, bob, Accept("phone", BOB, microphone=True, camera=False))
    assert await past.ids() == []
    for call_ in (alice, bob):
        with pytest.raises(NotFound):
            await past.of(call_.id)
    await past.happens(2, alice, EndpointHungUp("browser"))
    assert sorted(await past.ids()) == ["first-alice", "first-bob"]


async def test_both_calls_of_a_dialog_tell_of_it(past: Past) -> None:
    alice, bob = await past.alice_calls_bob("first")
    desk = WebrtcEndpoint("bob", "Bob, desk")
    await past.happens(1, bob, Accept("phone", desk, microphone=True, camera=False))
    await past.happens(3, bob, EndpointHungUp("phone"))
    for log in (await past.of(alice.id), await past.of(bob.id)):
        assert log.dialog is not None
        assert (log.dialog.id, log.room_name) == ("first", None)
        assert (log.dialog.parent.endpoint, log.dialog.child.endpoint) == (ALICE, desk)
        assert (log.state, log.call.end_reason) == (FinalState.FINISHED, EndReason.NORMAL_HANGUP)
        assert (log.ring_duration, log.duration) == (timedelta(minutes=1), timedelta(minutes=2))


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (EndReason.NO_ANSWER, FinalState.NO_ANSWER),
        (EndReason.BUSY, FinalState.BUSY),
        (EndReason.CANCELLED, FinalState.CANCELLED),
        (EndReason.REJECTED, FinalState.FAILED),
        (EndReason.TEMPORARILY_UNAVAILABLE, FinalState.FAILED),
        (EndReason.NETWORK_ERROR, FinalState.FAILED),
    ],
)
async def test_who_is_not_answered_has_a_state_for_the_usual_reasons(
    past: Past, reason: EndReason, state: FinalState
) -> None:
    _, bob = await past.alice_calls_bob("first")
    await past.happens(0.5, bob, HangUp(reason))
    log = await past.of(bob.id)
    assert (log.state, log.call.end_reason) == (state, reason)
    assert (log.ring_duration, log.duration) == (timedelta(seconds=30), timedelta(0))


@pytest.mark.parametrize("reason", [EndReason.NO_ANSWER, EndReason.BUSY, EndReason.CANCELLED])
async def test_what_was_answered_is_finished_whatever_the_reason(past: Past, reason: EndReason) -> None:
    _, bob = await past.alice_calls_bob("first")
    await past.happens(1, bob, Accept("phone", BOB, microphone=True, camera=False), HangUp(reason))
    assert (await past.of(bob.id)).state is FinalState.FINISHED


async def test_every_way_to_an_end_gets_there(past: Past) -> None:
    """The end is what makes it a part of the history, wherever it comes from."""
    await past.happens(0, DIALOGS.ref("nobody"), start_dialog(id="nobody", parent="p", child="c"))
    await past.happens(0, call("c"), NoDeviceFound(EndReason.DESTINATION_NOT_FOUND))
    _, bob = await past.alice_calls_bob("late")
    await past.happens(1, bob, DeadlinePassed())
    await past.happens(2, CONFERENCES.ref("room"), join("carol"))
    await past.happens(3, call("carol"), HangUp(EndReason.SERVICE_UNAVAILABLE))
    assert sorted(await past.ids()) == ["c", "carol", "late-alice", "late-bob", "p"]


async def test_a_call_in_a_room_tells_its_name_and_nobody_else(past: Past) -> None:
    await past.happens(0, CONFERENCES.ref("room"), join("carol"), join("dave"))
    await past.happens(1, call("carol"), EndpointHungUp("carol's browser"))
    log = await past.of("carol")
    assert (log.dialog, log.room_name, log.call.owner) == (None, "standup", CONFERENCES.ref("room"))
    assert (log.state, log.ring_duration, log.duration) == (FinalState.FINISHED, timedelta(0), timedelta(minutes=1))
    assert await past.ids() == ["carol"]


async def test_a_test_of_the_line_has_no_name(past: Past) -> None:
    await past.happens(0, CONFERENCES.ref("line"), join("carol", conference="line", name=echo_name("line")))
    await past.happens(1, call("carol"), EndpointHungUp("carol's browser"))
    assert (await past.of("carol")).room_name is None


async def test_the_newest_comes_first_and_pages_meet(past: Past) -> None:
    for at, name in ((2, "second"), (1, "first"), (3, "third")):
        await past.ended(name, at)
    whole = await past.ids()
    assert [id.partition("-")[0] for id in whole] == ["third", "third", "second", "second", "first", "first"]
    assert [id for number in range(3) for id in await past.ids(Paging(number, 2))] == whole
    assert await past.ids(Paging(1, 4)) == whole[4:]
    logs, total = await past.history.page(ACCOUNT, CallFilter(), Paging(7, 2))
    assert (logs, total) == ([], 6)


async def test_filters_leave_out_the_others(past: Past) -> None:
    for at, name in ((1, "first"), (2, "second")):
        await past.ended(name, at)
    await past.happens(3, CONFERENCES.ref("room"), join("alice"))
    await past.happens(3, call("alice"), EndpointHungUp("alice's browser"))
    assert await past.ids(identity="alice") == ["alice", "second-alice", "first-alice"]
    assert await past.ids(identity="bob") == ["second-bob", "first-bob"]
    assert await past.ids(identity="nobody") == []
    assert await past.ids(direction=Direction.OUTBOUND) == ["second-bob", "first-bob"]
    assert await past.ids(identity="alice", direction=Direction.OUTBOUND) == []
    assert len(await past.ids(direction=Direction.INBOUND)) == 3


async def test_a_range_has_its_beginning_and_not_its_end(past: Past) -> None:
    def minute(at: float) -> datetime:
        return NOON + timedelta(minutes=at)

    for at, name in ((1, "first"), (2, "second"), (3, "third")):
        await past.ended(name, at)
    wanted: dict[str, Any] = {"identity": "bob", "started_after": minute(1), "started_before": minute(3)}
    assert await past.ids(**wanted) == ["second-bob", "first-bob"]
    just_later = minute(1) + timedelta(microseconds=1)
    assert await past.ids(**{**wanted, "started_after": just_later}) == ["second-bob"]
    assert await past.ids(identity="bob", started_after=minute(3)) == ["third-bob"]
    assert await past.ids(started_after=minute(3), started_before=minute(1)) == []


async def test_totals_count_what_is_wanted(past: Past) -> None:
    for at in range(3):
        await past.ended(f"call{at}", at)
    await past.alice_calls_bob("running")
    _, everything = await past.history.page(ACCOUNT, CallFilter(), Paging(0, 1))
    _, bobs = await past.history.page(ACCOUNT, CallFilter(identity="bob"), Paging(0, 1))
    assert (everything, bobs) == (6, 3)


async def test_another_account_sees_nothing(past: Past) -> None:
    await past.ended("ours")
    await past.ended("theirs", account_id="another")
    assert sorted(await past.ids()) == ["ours-alice", "ours-bob"]
    assert sorted(await past.ids(account_id="another")) == ["theirs-alice", "theirs-bob"]
    with pytest.raises(NotFound):
        await past.of("theirs-bob")


async def test_the_names_of_anothers_rooms_are_not_told(past: Past) -> None:
    room = CONFERENCES.ref("theirs")
    await past.happens(0, room, join("carol", conference=room.id, account_id="another"), account_id="another")
    assert await past.database.read(lambda connection: room_names(connection, ACCOUNT, [room.id])) == {}
    assert await past.database.read(lambda connection: room_names(connection, "another", [room.id])) != {}


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (CallFilter(), "ix_calls_ended"),
        (CallFilter(started_after=NOON, started_before=NOON), "ix_calls_ended"),
        (CallFilter(direction=Direction.INBOUND), "ix_calls_ended"),
        (CallFilter(identity="alice"), "ix_calls_ended_of_identity"),
        (CallFilter(identity="alice", direction=Direction.INBOUND, started_after=NOON), "ix_calls_ended_of_identity"),
    ],
    ids=str,
)
async def test_calls_are_found_and_counted_in_an_index_alone(past: Past, wanted: CallFilter, index: str) -> None:
    """A row holds a state of a kilobyte, and an account may have a million of them."""

    def plans(connection: Connection) -> list[str]:
        asked: list[tuple[str, Any]] = []

        def note(*what: Any) -> None:
            asked.append(what[2:4])

        listen(connection, "before_cursor_execute", note)
        page(connection, ACCOUNT, wanted, 0, 20)
        remove(connection, "before_cursor_execute", note)
        return [
            str([row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)])
            for statement, parameters in asked
            if "ended_at" in statement
        ]

    found, counted = await past.database.read(plans)
    for plan in (found, counted):
        assert f"USING COVERING INDEX {index} " in plan
        assert "TEMP B-TREE" not in plan, "it sorts"
