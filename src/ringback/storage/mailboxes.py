"""Runs call trees: each change is one transaction, and its commands are executed after the commit, in order, per tree.

The rows are the truth. A tree's runner reads what is pending and executes it, so going on after a crash is the same
path as going on after a commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection

from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.kernel.steps import DeadlinePassed, Ref
from ringback.kernel.waiting import wait_at_most
from ringback.storage import aggregates
from ringback.storage.aggregates import Kind, StoredCommand, Transaction
from ringback.storage.database import Database

log = structlog.get_logger()

T = TypeVar("T")

LONGEST_NAP: Final = 60.0
"""Seconds between looks for deadlines when none is near. Only bounds the harm of a clock that jumps."""

BREATHER: Final = 0.1
"""Seconds before trying again what the database had no time for. Shorter would add to the load that caused it."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One attempt to carry out a command. `id` is the same on every attempt."""

    id: str
    account_id: str
    tree: Ref
    command: Any


Executor = Callable[[Execution], Awaitable[None]]


class Mailboxes:
    """All call trees of this node.

    `after_commit` is called after every change that may have left events in the outbox.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        kinds: Iterable[Kind[Any]],
        command_type: Any,
        after_commit: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._kinds: Mapping[str, Kind[Any]] = {kind.name: kind for kind in kinds}
        self._decode = msgspec.json.Decoder(command_type).decode
        self._after_commit = after_commit
        self._executors: dict[type, Executor] = {}
        self._runners: dict[str, asyncio.Task[None]] = {}
        self._waiting: set[str] = set()
        self._changes: set[asyncio.Task[Any]] = set()
        self._deadline_set = asyncio.Event()

    def execute(self, command: type, executor: Executor) -> None:
        """Name who carries out a sort of command. An executor must be safe to repeat; `Unavailable` asks for that."""
        self._executors[command] = executor

    async def change(self, account_id: str, work: Callable[[Transaction], T]) -> T:
        """Run `work`, which tells aggregates of one tree what happened, in one transaction; return when it is on disk.

        Raises what `work` raises, and then nothing has changed. When the caller is cancelled it still happens, with
        all that follows from it.
        """
        changing = asyncio.create_task(self._change(account_id, work))
        self._changes.add(changing)
        changing.add_done_callback(self._changes.discard)
        return await asyncio.shield(changing)

    async def _change(self, account_id: str, work: Callable[[Transaction], T]) -> T:
        def run(connection: Connection) -> tuple[T, Transaction]:
            transaction = Transaction(connection, self._kinds, account_id, self._clock.now())
            result = work(transaction)
            transaction.store()
            return result, transaction

        result, transaction = await self._database.write(run)
        if transaction.commands:
            self._run_commands(str(transaction.root))
        self._deadline_set.set()
        self._after_commit()
        return result

    async def tell(self, account_id: str, to: Ref, event: object) -> None:
        """Give one event to one aggregate of this account."""
        await self.change(account_id, lambda transaction: transaction.tell(to, event))

    def state(self, connection: Connection, account_id: str, ref: Ref) -> Any:
        """The present state of one aggregate of this account. Raises `NotFound`."""
        return aggregates.require(connection, self._kinds[ref.kind], account_id, ref.id)

    async def settled(self, tree: Ref) -> None:
        """Wait until every command of this tree that is stored now has been carried out."""
        while runner := self._runners.get(str(tree)):
            await asyncio.wait([runner])

    async def idle(self) -> None:
        """Wait until every command of every tree has been carried out."""
        while self._runners:
            await asyncio.wait(self._runners.values())

    async def resume(self) -> None:
        """Carry out what a former run of the platform left undone."""
        for tree in await self._database.read(aggregates.trees_with_commands):
            self._run_commands(tree)

    async def close(self) -> None:
        """Stop carrying out commands; what is left is done after the next start."""
        await asyncio.gather(*self._changes, return_exceptions=True)
        runners = list(self._runners.values())
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
        self._runners.clear()  # one that never began could not take itself out

    def _run_commands(self, tree: str) -> None:
        self._waiting.add(tree)
        if tree not in self._runners:
            self._runners[tree] = asyncio.create_task(self._runner(tree), name=f"commands of {tree}")

    async def _runner(self, tree: str) -> None:
        try:
            while tree in self._waiting:
                self._waiting.discard(tree)
                try:
                    await self._execute_pending(tree)
                except Unavailable:
                    # The rows are still there, and nobody else would come for them.
                    log.warning("commands wait", tree=tree)
                    self._waiting.add(tree)
                    await asyncio.sleep(BREATHER)
        finally:
            del self._runners[tree]

    async def _execute_pending(self, tree: str) -> None:
        pending = await self._database.read(lambda connection: aggregates.pending_commands(connection, tree))
        for stored in pending:
            await self._execute(stored)
        if pending:
            done = [stored.position for stored in pending]
            await self._database.write(lambda connection: aggregates.finish_commands(connection, done))

    async def _execute(self, stored: StoredCommand) -> None:
        kind, _, id = stored.tree.partition(":")
        try:
            command = self._decode(stored.command)
            await self._executors[type(command)](Execution(stored.id, stored.account_id, Ref(kind, id), command))
        except Unavailable:
            raise
        except Exception:
            # A bug: repeating it would block the tree for ever, so it is reported and left behind.
            log.exception("command failed", id=stored.id, tree=stored.tree)

    async def run_deadlines(self) -> None:
        """Tell aggregates when their deadline has come, for ever."""
        while True:
            self._deadline_set.clear()
            try:
                next_one = await self.pass_deadlines()
            except Unavailable:
                log.warning("deadlines wait for the database")
                next_one = self._clock.now()
            nap = LONGEST_NAP if next_one is None else (next_one - self._clock.now()).total_seconds()
            await wait_at_most(self._deadline_set, min(max(nap, BREATHER), LONGEST_NAP))

    async def pass_deadlines(self) -> datetime | None:
        """Tell every aggregate whose deadline has come; return the next deadline."""
        following: list[datetime] = []
        for kind in self._kinds.values():
            now = self._clock.now()
            for account_id, id in await self._database.read(lambda connection: aggregates.due(connection, kind, now)):  # noqa: B023 - awaited at once
                try:
                    await self.tell(account_id, kind.ref(id), DeadlinePassed())
                except Unavailable:
                    raise
                except Exception:
                    # A bug of one machine must not stop everybody else's time.
                    log.exception("deadline failed", aggregate=str(kind.ref(id)))
            deadline = await self._database.read(lambda connection: aggregates.next_deadline(connection, kind))  # noqa: B023 - awaited at once
            if deadline is not None:
                following.append(deadline)
        return min(following, default=None)
