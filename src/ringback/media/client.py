"""Controls one boot of one worker: the connection may be lost and found again; when the worker ends, so does this."""

import asyncio
from collections import deque
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import structlog

from ringback.kernel.errors import Unavailable
from ringback.media.commands import Command, Result
from ringback.media.connection import Connection, Framed
from ringback.media.conversation import (
    Answered,
    Broken,
    acknowledge_frame,
    command_frame,
)
from ringback.media.delivery import Delivery
from ringback.media.errors import MediaCommandRefused, WorkerGone, WorkerRefused
from ringback.media.framing import FrameInvalid
from ringback.media.model import WorkerStatistics
from ringback.media.protocol import CommandError, ErrorCode, FactReport, Levels, Statistics, Superseded, Video, Welcome

COMMAND_TIMEOUT = 5.0
"""Seconds for one command. The slowest takes 20 ms (parsing an untrimmed offer), so 5 s mean that the worker hangs; and
callers of the API have not given up by then."""

COMMANDS_AT_ONCE = 64
"""Of `run_all`, before the worker has answered the first of them: a join into a room of 50. More would keep the worker
from its packets for longer than a millisecond; fewer wait for more answers."""

RECONNECT_DELAYS = (0.0, 0.1, 0.5, 2.0)
"""Seconds before each attempt to reach a worker that still listens; the last one repeats. A connection to a living
worker is lost only by a fault of either side, which a faster loop would only make louder."""

_log = structlog.get_logger(__name__)


class Ending(Enum):
    """Why a client is done."""

    GONE = "GONE"
    """The worker has ended, or another one listens in its place: its rooms no longer exist."""
    SUPERSEDED = "SUPERSEDED"
    """Another controller has taken over. The rooms live on, but are no longer ours."""
    CLOSED = "CLOSED"
    """`WorkerClient.close` was called."""


class _Unanswered(NamedTuple):
    framed: Framed
    outcome: asyncio.Future[Result]


class WorkerClient:
    """The controller of one running worker. Made by `connect`."""

    def __init__(self, path: Path, connection: Connection, *, epoch: int, build: str, delivery: Delivery) -> None:
        self._path = path
        self._epoch = epoch
        self._build = build
        self._delivery = delivery
        self._unanswered: deque[_Unanswered] = deque()
        self._connection: Connection | None = connection
        self.welcome: Welcome
        """What the worker said about itself when it last let us in."""
        self._welcomed(connection.welcome)
        self.statistics: WorkerStatistics | None = None
        """What the worker said last of how it is; at most some seconds old while it is connected."""
        self.peer_pid: int = connection.peer_pid
        """The worker's process; 0 when it lives in another process namespace (a container of its own)."""
        self._task = asyncio.create_task(self._live(), name=f"client of {path.name}")
        self._task.add_done_callback(self._clean_up)

    @classmethod
    async def connect(cls, path: Path, *, epoch: int, build: str, delivery: Delivery) -> "WorkerClient":
        """Become the controller of the worker that listens on `path`.

        Raises `WorkerGone` when nobody does, `WorkerRefused` when it will not obey, and `Unavailable` when it does not
        greet in time.
        """
        connection = await Connection.open(path, epoch=epoch, build=build)
        return cls(path, connection, epoch=epoch, build=build, delivery=delivery)

    @property
    def connected(self) -> bool:
        """False between a lost connection and the next one, and at the end."""
        return self._connection is not None

    async def ended(self) -> Ending:
        """Wait until there is nothing left to control."""
        await asyncio.wait([self._task])
        return Ending.CLOSED if self._task.cancelled() else self._task.result()

    async def close(self) -> None:
        """Leave the worker alone. Commands without an answer end with `Unavailable`."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def run(self, command_id: str, command: Command) -> Result:
        """Run one command, after those that were given before. It outlasts a lost connection, but not its worker.

        Raises `MediaCommandRefused` or `Unavailable`, as `MediaEngine.run` does.
        """
        [result] = await self._run_together([_framed(command_id, command)])
        return result

    async def run_all(self, command_id: str, commands: Sequence[Command]) -> None:
        """Run commands in their order, as `MediaEngine.run_all` does."""
        numbered = [_framed(f"{command_id}:{number}", command) for number, command in enumerate(commands)]
        for first in range(0, len(numbered), COMMANDS_AT_ONCE):
            await self._run_together(numbered[first : first + COMMANDS_AT_ONCE])

    async def _run_together(self, commands: Sequence[Framed]) -> list[Result]:
        if self._task.done():
            raise WorkerGone
        loop = asyncio.get_running_loop()
        entries = [_Unanswered(command, loop.create_future()) for command in commands]
        self._unanswered.extend(entries)
        if self._connection is not None:
            self._connection.send_commands(commands)
        try:
            return await asyncio.wait_for(asyncio.gather(*(entry.outcome for entry in entries)), COMMAND_TIMEOUT)
        except TimeoutError:
            raise Unavailable(f"The media worker did not answer in {COMMAND_TIMEOUT:g} s.") from None

    async def _live(self) -> Ending:
        try:
            while self._connection is not None:
                superseded = await self._converse(self._connection)
                self._hang_up()
                if superseded:
                    return Ending.SUPERSEDED
                self._connection = await self._return_to_worker()
            return Ending.GONE
        except WorkerRefused as refusal:
            _log.error("media worker refused its controller", socket=self._path.name, reason=str(refusal))
            return Ending.SUPERSEDED

    async def _converse(self, connection: Connection) -> bool:
        """Handle what the worker says until it hangs up. True: because another controller has taken over."""
        async for event in connection.events():
            match event:
                case Answered():
                    _resolve(self._unanswered.popleft().outcome, event.outcome)
                case FactReport():
                    self._delivery.fact(connection.welcome.boot_id, event, self._acknowledge)
                case Levels(rooms=rooms):
                    self._delivery.levels(rooms)
                case Video(rooms=rooms):
                    self._delivery.video(rooms)
                case Statistics(worker=statistics):
                    self.statistics = statistics
                case Superseded():
                    return True
                case Broken():
                    _log.error("media worker protocol broken", socket=self._path.name, reason=event.message)
                    return False
        return False

    async def _return_to_worker(self) -> Connection | None:
        """The next connection to the same boot of the worker; None when there is none to be had."""
        _log.info("connection to media worker lost", socket=self._path.name)
        attempt = 0
        while True:
            await asyncio.sleep(RECONNECT_DELAYS[min(attempt, len(RECONNECT_DELAYS) - 1)])
            attempt += 1
            try:
                connection = await Connection.open(self._path, epoch=self._epoch, build=self._build)
                break
            except WorkerGone:
                return None
            except Unavailable as error:
                _log.warning("media worker not reached", socket=self._path.name, attempt=attempt, reason=error.message)
        if connection.welcome.boot_id != self.welcome.boot_id:
            connection.close()
            return None
        _log.info("connection to media worker is back", socket=self._path.name, attempt=attempt)
        self._welcomed(connection.welcome)
        if connection.welcome.overflowed:
            self._delivery.found()
        # What was given up is not sent again: its caller decides. What is still awaited runs now, or is answered from
        # the worker's memory of command ids.
        self._unanswered = deque(entry for entry in self._unanswered if not entry.outcome.done())
        connection.send_commands([entry.framed for entry in self._unanswered])
        return connection

    def _welcomed(self, welcome: Welcome) -> None:
        self.welcome = welcome
        if welcome.overflowed:
            _log.error("media worker dropped facts; only a snapshot tells what is true", socket=self._path.name)

    def _acknowledge(self, number: int) -> None:
        if self._connection is not None:
            self._connection.send(acknowledge_frame(number))

    def _clean_up(self, _: asyncio.Task[Ending]) -> None:
        """A callback, not a `finally`: a task that is cancelled before its first step runs none of its code."""
        self._hang_up()
        for unanswered in self._unanswered:
            _resolve(unanswered.outcome, WorkerGone())

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _framed(command_id: str, command: Command) -> Framed:
    try:
        return Framed(command_id, command, command_frame(command_id, command))
    except FrameInvalid as error:
        raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, str(error)) from error


def _resolve(future: asyncio.Future[Result], outcome: Result | CommandError | WorkerGone) -> None:
    if future.done():
        return  # The caller has given up.
    match outcome:
        case CommandError(code=code, message=message):
            future.set_exception(MediaCommandRefused(code, message))
        case WorkerGone():
            future.set_exception(outcome)
        case _:
            future.set_result(outcome)
