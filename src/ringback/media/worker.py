"""One media worker through all its processes: found or started, watched, restarted, stopped."""

import asyncio
import logging
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from ringback.kernel.clock import Clock
from ringback.kernel.errors import RingbackError, Unavailable
from ringback.kernel.ids import Ids
from ringback.media.client import Ending, WorkerClient
from ringback.media.commands import CloseRoom, Command, Drain, OpenRoom, Ping, Result, ShutDown
from ringback.media.delivery import Delivery
from ringback.media.engine import MediaListener
from ringback.media.errors import MediaCommandRefused, WorkerGone, WorkerRefused, WorkerStartFailed
from ringback.media.facts import Fact, RoomFailed
from ringback.media.launch import adopt, launch, patient
from ringback.media.model import Load, RoomLevels, RoomVideo
from ringback.media.process import STOP_GRACE, WorkerProcess
from ringback.media.protocol import ErrorCode
from ringback.media.status import WorkerState, WorkerStatus

RESTART_DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Seconds before each restart in a row; the last one repeats. The first comes at once, because calls are waiting; later
ones leave the machine time, because what ends a worker at its start will end the next one too."""

STABLE_AFTER = 30.0
"""Seconds of life after which a worker's end counts as the first again."""

PING_INTERVAL = 2.0
"""Seconds between two looks whether a worker still answers. More often would only find the same."""

PINGS_UNANSWERED = 2
"""In a row, each for as long as a command may take (`COMMAND_TIMEOUT`): then the worker hangs. More let people look at
still pictures for longer; fewer kill a worker on a machine that has stood still itself."""

_LOG_LEVELS = {
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": logging.DEBUG,
}
_LOG_LINE = re.compile(rf"\S+Z\s+({'|'.join(_LOG_LEVELS)}) (.*)")  # time, level, the rest

_log = structlog.get_logger(__name__)


class Worker:
    """A media worker by its number, whatever process it is at the moment."""

    def __init__(
        self,
        number: int,
        socket: Path,
        program: tuple[str, ...],
        *,
        epoch: int,
        build: str,
        listener: MediaListener,
        clock: Clock,
        ids: Ids,
    ) -> None:
        """`program` starts it, with its arguments; empty when others do, and it is only adopted."""
        self._number = number
        self._socket = socket
        self._program = program
        self._epoch = epoch
        self._build = build
        self._listener = listener
        self._clock = clock
        self._ids = ids
        self._delivery = Delivery(number, self)
        self._state = WorkerState.STARTING
        self._client: WorkerClient | None = None
        self._process: WorkerProcess | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._adopted = False
        self._draining = False
        self._runs_again = True
        self._rooms: set[str] = set()
        self._restarts = 0
        self._problem: str | None = None
        self._log = _log.bind(worker=number)

    @property
    def adopted(self) -> bool:
        """Whether its process was running before us."""
        return self._adopted

    @property
    def rooms(self) -> int:
        """How many rooms it holds, or is about to."""
        return len(self._rooms)

    @property
    def connected(self) -> bool:
        """Whether it takes commands now."""
        return self._client is not None and self._client.connected

    @property
    def load(self) -> Load:
        """What it said last of how much it has to do; what it has not said is `NORMAL`."""
        statistics = self._client.statistics if self._client is not None else None
        return statistics.load.state if statistics is not None else Load.NORMAL

    @property
    def takes_rooms(self) -> bool:
        """Whether new rooms are welcome."""
        return self.connected and not self._draining

    def status(self) -> WorkerStatus:
        """What can be said about it now."""
        welcome = self._client.welcome if self._client is not None else None
        lost = self._state is WorkerState.CONNECTED and not self.connected
        return WorkerStatus(
            number=self._number,
            state=WorkerState.RECONNECTING if lost else self._state,
            pid=self._process.pid if self._process is not None else None,
            boot_id=welcome.boot_id if welcome is not None else None,
            build=welcome.build if welcome is not None else None,
            addresses=welcome.addresses if welcome is not None else (),
            rooms=self.rooms,
            restarts=self._restarts,
            adopted=self._adopted,
            overflowed=welcome is not None and welcome.overflowed,
            draining=self._draining,
            problem=self._problem,
            statistics=self._client.statistics if self._client is not None else None,
        )

    async def start(self) -> None:
        """Adopt the process that listens on the socket, or start one, and keep it running from now on.

        Raises `WorkerStartFailed`.
        """
        await self._obtain()
        self._keeper = asyncio.create_task(self._keep(), name=f"media worker {self._number}")

    async def run(self, command_id: str, command: Command) -> Result:
        """Run one command, as `MediaEngine.run` does."""
        with self._given([command]) as client:
            return await client.run(command_id, command)

    async def run_all(self, command_id: str, commands: Sequence[Command]) -> None:
        """Run commands in their order, as `MediaEngine.run_all` does."""
        with self._given(commands) as client:
            await client.run_all(command_id, commands)

    @contextmanager
    def _given(self, commands: Sequence[Command]) -> Iterator[WorkerClient]:
        """Who runs these commands now; the rooms that they open and close are counted."""
        if self._client is None:
            raise WorkerGone(f"Media worker {self._number} is {self._state.lower()}.")
        for command in commands:
            match command:
                # Rooms count from the moment they are asked for: many that open at once would all choose one worker.
                case OpenRoom(room=room):
                    self._rooms.add(room)
                case CloseRoom(room=room):
                    self._rooms.discard(room)
        try:
            yield self._client
        except MediaCommandRefused as refused:
            if refused.reason is ErrorCode.DRAINING:  # somebody else has told it to
                self._draining = True
                self._rooms -= {command.room for command in commands if isinstance(command, OpenRoom)}
            raise

    async def drain(self, *, then_run_again: bool) -> None:
        """Give it no new rooms; when the last one has closed it ends, and the next process starts, or none.

        Raises `Unavailable`.
        """
        await self.run(self._ids.new(), Drain())
        self._draining = True
        self._runs_again = then_run_again
        self._log.info("media worker drains", rooms=self.rooms, then_run_again=then_run_again)

    async def media_fact(self, worker: int, fact: Fact) -> None:
        """Pass a fact on to the listener."""
        if isinstance(fact, RoomFailed):
            self._rooms.discard(fact.room)
        await self._listener.media_fact(worker, fact)

    async def worker_lost(self, worker: int) -> None:
        """Pass the loss on to the listener."""
        await self._listener.worker_lost(worker)

    async def worker_found(self, worker: int) -> None:
        """Pass on to the listener that the rooms may be others than it was told."""
        await self._listener.worker_found(worker)

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        """Pass the levels on to the listener."""
        self._listener.audio_levels(worker, rooms)

    def video(self, worker: int, rooms: Sequence[RoomVideo]) -> None:
        """Pass on what is paused and wanted."""
        self._listener.video(worker, rooms)

    async def stop(self) -> None:
        """End the process, asking first; but leave it alone if another control plane has taken it over."""
        await self._dismiss_keeper()
        if self._state is not WorkerState.SUPERSEDED:
            self._state = WorkerState.STOPPED
            self._rooms.clear()
            with suppress(TimeoutError, RingbackError):
                await asyncio.wait_for(self._shut_down(), STOP_GRACE)
            await self._end_process()
        await self._let_go()

    async def leave(self) -> None:
        """Let go of the process; it goes on, until a control plane adopts it or its orphan time-out ends it."""
        await self._dismiss_keeper()
        await self._let_go()

    async def _shut_down(self) -> None:
        if self._client is not None:
            await self._client.run(self._ids.new(), ShutDown())
            await self._client.ended()
            if self._process is not None:
                await self._process.wait()

    async def _end_process(self) -> None:
        if self._process is not None:
            try:
                await self._process.end()
            except TimeoutError:
                self._log.error("media worker does not end, not even by SIGKILL", pid=self._process.pid)

    async def _let_go(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
        if self._process is not None:
            self._process.release()
            self._process = None
        await self._delivery.close()

    async def _dismiss_keeper(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])

    async def _keep(self) -> None:
        failures = 0
        while self._client is not None:
            born = self._clock.monotonic()
            if await self._watch(self._client) is Ending.SUPERSEDED:
                self._state = WorkerState.SUPERSEDED
                self._client = None
                self._log.error("another control plane has taken over the media worker")
                return
            if self._clock.monotonic() - born >= STABLE_AFTER:
                failures = 0
            drained = self._draining and not self._rooms
            await self._bury()
            if drained:
                failures = 0
                self._log.info("media worker has drained")
            if not self._runs_again:
                self._state = WorkerState.STOPPED
                return
            failures = await self._restart(failures)

    async def _watch(self, client: WorkerClient) -> Ending:
        """Wait until there is nothing left to control. One that hangs is killed, and counts as gone."""
        watching = asyncio.create_task(self._hangs(client), name=f"media worker {self._number} ping")
        try:
            ended = asyncio.create_task(client.ended())
            await asyncio.wait({ended, watching}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return ended.result()
            ended.cancel()
            self._log.error("media worker does not answer any more", pid=client.peer_pid)
            if self._process is not None:
                self._process.send_signal(signal.SIGKILL)  # it would not hear SIGTERM
            await client.close()
            return Ending.GONE
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _hangs(self, client: WorkerClient) -> None:
        """Return when the worker is connected and does not answer."""
        unanswered = 0
        while unanswered < PINGS_UNANSWERED:
            await asyncio.sleep(PING_INTERVAL)
            try:
                await client.run(self._ids.new(), Ping())
                unanswered = 0
            except MediaCommandRefused:
                unanswered = 0  # an older one, which does not know the question, lives as well
            except Unavailable:
                unanswered += client.connected

    async def _bury(self) -> None:
        """The process has ended, or nobody can reach it any more: say so, and clean up."""
        self._state = WorkerState.RESTARTING
        self._client = None
        self._restarts += not self._draining
        self._draining = False
        self._rooms.clear()
        self._delivery.lost()
        await self._end_process()
        if self._process is not None:
            self._process.release()
            self._log.error("media worker lost", pid=self._process.pid, exit_status=self._process.exit_status)
            self._process = None
        else:
            self._log.error("media worker lost")

    async def _restart(self, failures: int) -> int:
        """Start the next process, as often as it takes. Returns how many starts there were without a stable life."""
        while True:
            await asyncio.sleep(RESTART_DELAYS[min(failures, len(RESTART_DELAYS) - 1)])
            failures += 1
            try:
                await self._obtain()
                return failures
            except WorkerStartFailed as error:
                self._problem = error.message
                self._log.error("media worker does not start again", attempt=failures, reason=error.message)

    async def _obtain(self) -> None:
        try:
            await self._adopt_or_launch()
        except WorkerRefused as refusal:
            raise WorkerStartFailed(
                f"Media worker {self._number} runs, but refuses this control plane ({refusal}). "
                f"Stop the other control plane, or the worker that holds {self._socket}."
            ) from refusal
        except Unavailable as error:
            raise WorkerStartFailed(
                f"Media worker {self._number} runs, but does not answer ({error.message}) "
                f"End the process that holds {self._socket}."
            ) from error
        self._problem = None
        self._state = WorkerState.CONNECTED
        self._draining = self._client is not None and self._client.welcome.draining
        self._delivery.found()

    async def _adopt_or_launch(self) -> None:
        connect = self._connect if self._program else patient(self._connect)
        try:
            self._client, self._process, snapshot = await adopt(connect, self._ids)
        except WorkerGone as gone:
            if not self._program:
                raise WorkerStartFailed(
                    f"No media worker listens on {self._socket}, and starting it is left to others "
                    f"(RINGBACK_WORKERS_EXTERNAL). Under systemd: systemctl start ringback-worker@{self._number}"
                ) from gone
            self._client, self._process = await launch(self._program, self._connect, self._pass_on)
            self._adopted = False
            self._log.info("media worker started", pid=self._process.pid)
            return
        self._rooms = {room.room for room in snapshot.rooms}
        self._adopted = True
        self._log.info("media worker adopted", pid=self._client.peer_pid, rooms=self.rooms)

    async def _connect(self) -> WorkerClient:
        return await WorkerClient.connect(self._socket, epoch=self._epoch, build=self._build, delivery=self._delivery)

    def _pass_on(self, line: str) -> None:
        """Log a line of the worker at the worker's own level; what has none is its last cry."""
        parsed = _LOG_LINE.fullmatch(line)
        level, text = parsed.groups() if parsed else ("ERROR", line)
        self._log.log(_LOG_LEVELS[level], "media worker says", line=text)
