"""Two stand-ins for media workers: `FakeWorker` behind a socket, and `FakeMediaEngine` in place of all of them.

Both keep rooms, answer offers and report facts by the rules of the protocol document (`media_rules`); neither forwards
packets. What packets would cause, a test causes by calling `transport_connected` and its siblings.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from ringback.kernel.errors import Unavailable
from ringback.media import protocol
from ringback.media.commands import Command, Result, ShutDown
from ringback.media.engine import MediaListener
from ringback.media.errors import MediaCommandRefused, WorkerGone
from ringback.media.facts import TransportCloseReason
from ringback.media.framing import FrameDecoder, FrameInvalid, encode_frame
from ringback.media.model import Id, Load, Source
from ringback.media.protocol import CommandError, ErrorCode, FactReport, RefusalCode
from ringback.testing.media_rules import WorkerRules

STATISTICS_INTERVAL = 5.0
"""Seconds (protocol document, "Messages")."""

LEVELS_INTERVAL = 0.2
"""Seconds (protocol document, "Levels" and "Video")."""

_COMMAND_TYPES = {kind.__struct_config__.tag for kind in get_args(Command)}


class FakeWorker:
    """A worker without packets that speaks the real protocol over a real Unix socket. An async context manager.

    `stop` is what a crash looks like from outside. A worker that is started again on the same path is another boot.
    """

    def __init__(
        self, path: Path, *, boot_id: str = "fake-1", statistics_interval_s: float = STATISTICS_INTERVAL
    ) -> None:
        self.path = path
        self.rules = WorkerRules(boot_id)
        self.hanging = False
        """Set it to make commands go without a reply."""
        self.hellos: list[protocol.Hello] = []
        """Every greeting received so far."""
        self.ended = asyncio.Event()
        """Set after `stop`, or when a controller has shut it down."""
        self._statistics_interval_s = statistics_interval_s
        self._server: asyncio.Server | None = None
        self._periodic: list[asyncio.Task[None]] = []
        self._ending: asyncio.Task[None] | None = None
        self._connections: dict[_Connection, asyncio.Task[None]] = {}
        self._controller: _Connection | None = None
        self.epoch = 0
        """The highest one seen; controllers with a lower one are refused."""

    async def __aenter__(self) -> "FakeWorker":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises `OSError` when the path cannot be used."""
        self._server = await asyncio.start_unix_server(self._accept, self.path)
        self.path.chmod(0o600)
        self._periodic = [asyncio.create_task(self._send_statistics()), asyncio.create_task(self._send_changes())]

    async def stop(self) -> None:
        """End as a process does: the socket and all connections close."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self.path.unlink(missing_ok=True)
        self.drop_connections()
        for task in self._periodic:
            task.cancel()
        await asyncio.wait([*self._periodic, *self._connections.values()])
        self.ended.set()

    def drop_connections(self) -> None:
        """Hang up on everybody; the rooms and the facts stay."""
        for connection in list(self._connections):
            connection.close()

    def transport_connected(self, room: str, participant: str) -> None:
        """Let the participant's transport connect."""
        self._tell(self.rules.transport_connected(room, participant))

    def transport_closed(
        self, room: str, participant: str, reason: TransportCloseReason = TransportCloseReason.ICE_TIMEOUT
    ) -> None:
        """Let the participant's transport close by itself."""
        self._tell(self.rules.transport_closed(room, participant, reason))

    def publication_started(self, room: str, publication: str) -> None:
        """Let the first packet of a publication arrive."""
        self._tell(self.rules.publication_started(room, publication))

    def room_failed(self, room: str) -> None:
        """Let a fault end the room."""
        self._tell(self.rules.room_failed(room))

    def have(self, load: Load) -> None:
        """Let there be so much to do from now on; the controller is told at once."""
        self.rules.load = load
        self._send_statistics_now()

    def audio_levels(self, room: str, loudness: Mapping[str, int]) -> None:
        """Let the microphones of these participants be this loud from now on."""
        self.rules.audio_levels(room, loudness)

    def video(
        self, room: str, *, paused: Collection[tuple[str, int]] = (), wanted: Mapping[tuple[str, Source], int] = {}
    ) -> None:
        """Let exactly these video slots be paused, and so many layers be wanted, from now on (`WorkerRules.video`)."""
        self.rules.video(room, paused, wanted)

    def _tell(self, report: FactReport) -> None:
        if self._controller is not None:
            self._controller.send(report)

    async def _send_statistics(self) -> None:
        while True:
            await asyncio.sleep(self._statistics_interval_s)
            self._send_statistics_now()

    def _send_statistics_now(self) -> None:
        if self._controller is not None:
            self._controller.send(protocol.Statistics(worker=self.rules.statistics()))

    async def _send_changes(self) -> None:
        while True:
            await asyncio.sleep(LEVELS_INTERVAL)
            if self._controller is not None and (levels := self.rules.take_changed_levels()):
                self._controller.send(protocol.Levels(rooms=levels))
            if self._controller is not None and (video := self.rules.take_changed_video()):
                self._controller.send(protocol.Video(rooms=video))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        self._connections[connection] = asyncio.create_task(self._serve(connection, reader))

    async def _serve(self, connection: "_Connection", reader: asyncio.StreamReader) -> None:
        frames = FrameDecoder()
        with suppress(FrameInvalid, ConnectionError):
            while not connection.is_closing() and (data := await reader.read(65_536)):
                frames.feed(data)
                while not connection.is_closing() and (body := frames.next_body()) is not None:
                    self._receive(connection, body)
        connection.close()
        del self._connections[connection]
        if self._controller is connection:
            self._controller = None

    def _receive(self, connection: "_Connection", body: bytes) -> None:
        try:
            message = protocol.decode_to_worker(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            refusal = _refuse_command(body) if connection is self._controller else None
            if refusal is not None:
                connection.send(refusal)
            else:
                connection.fail(str(error))
            return
        match message:
            case protocol.Hello() if connection is not self._controller:
                self._greet(connection, message)
            case protocol.RunCommand() if connection is self._controller:
                self._run(connection, message)
            case protocol.Acknowledge(fact=number) if connection is self._controller:
                self.rules.acknowledge(number)
            case _:
                connection.fail(f"{type(message).__name__} is not expected here")

    def _greet(self, connection: "_Connection", hello: protocol.Hello) -> None:
        self.hellos.append(hello)
        version = min(hello.protocol_max, protocol.PROTOCOL_MAX)
        if version < max(hello.protocol_min, protocol.PROTOCOL_MIN):
            connection.refuse(RefusalCode.PROTOCOL_UNSUPPORTED, "this worker speaks version 1")
        elif hello.epoch < self.epoch:
            connection.refuse(RefusalCode.STALE_EPOCH, f"epoch {hello.epoch} is older than {self.epoch}")
        else:
            self.epoch = hello.epoch
            if self._controller is not None:
                self._controller.send(protocol.Superseded(epoch=hello.epoch))
                self._controller.close()
            self._controller = connection
            self.rules.forget_said()
            connection.send(
                protocol.Welcome(
                    protocol=version,
                    build="fake",
                    boot_id=self.rules.boot_id,
                    addresses=("127.0.0.1:9/udp", "127.0.0.1:9/tcp"),
                    last_fact=self.rules.last_fact,
                    overflowed=self.rules.overflowed,
                    draining=self.rules.draining,
                )
            )
            for report in self.rules.unacknowledged:
                connection.send(report)

    def _run(self, connection: "_Connection", message: protocol.RunCommand) -> None:
        if self.hanging:
            return
        outcome = self.rules.run(message.id, message.command)
        connection.send(_reply(message.id, outcome))
        if isinstance(message.command, ShutDown) or (self.rules.draining and not self.rules.rooms):
            self._ending = asyncio.create_task(self.stop())


class _Connection:
    """A controller, as long as it behaves."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def is_closing(self) -> bool:
        return self._writer.is_closing()

    def send(self, message: protocol.FromWorker) -> None:
        self._writer.write(encode_frame(protocol.encode(message)))

    def refuse(self, code: RefusalCode, message: str) -> None:
        self.send(protocol.Refused(code=code, message=message))
        self.close()

    def fail(self, message: str) -> None:
        self.send(protocol.ProtocolError(message=message))
        self.close()

    def close(self) -> None:
        self._writer.close()


def _reply(command_id: str, outcome: Result | CommandError) -> protocol.Reply:
    if isinstance(outcome, CommandError):
        return protocol.Reply(id=command_id, result=None, error=outcome)
    return protocol.Reply(id=command_id, result=msgspec.to_builtins(outcome), error=None)


def _refuse_command(body: bytes) -> protocol.Reply | None:
    """The answer to a command that cannot be read but has an id; None when it is not even that."""
    try:
        message = msgspec.msgpack.decode(body, type=_UnreadCommand)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    known = message.command.get("type") in _COMMAND_TYPES
    code = ErrorCode.COMMAND_INVALID if known else ErrorCode.COMMAND_UNKNOWN
    return _reply(message.id, CommandError(code=code, message="this is no command of version 1"))


class _UnreadCommand(msgspec.Struct, tag_field="type", tag="command"):
    id: Id
    command: dict[str, object]


class RecordedCommand(NamedTuple):
    """A command as `FakeMediaEngine` was given it."""

    worker: int
    id: str
    command: Command


class FakeMediaEngine:
    """`ringback.media.engine.MediaEngine` in memory, for tests of nouns and of signaling."""

    def __init__(self, workers: int = 1) -> None:
        self.recorded: list[RecordedCommand] = []
        """Every command, in the order it was given; repeated ones as often as they were."""
        self.rules = [WorkerRules(f"fake-{number}") for number in range(workers)]
        """What each worker holds; `rules[n].snapshot()` shows it."""
        self._lost: set[int] = set()
        self._returned = asyncio.Event()
        self._listener: MediaListener | None = None

    async def start(self, listener: MediaListener) -> None:
        """Facts and losses go to `listener` from now on."""
        self._listener = listener

    @property
    def commands(self) -> list[Command]:
        """The commands without worker and id."""
        return [recorded.command for recorded in self.recorded]

    @property
    def workers(self) -> int:
        """See `MediaEngine.workers`."""
        return len(self.rules)

    def choose_worker(self) -> int:
        """See `MediaEngine.choose_worker`."""
        connected = [number for number in range(len(self.rules)) if number not in self._lost]
        if not connected:
            raise Unavailable("No media worker is connected.")
        free = [number for number in connected if self.rules[number].load is not Load.REFUSING]
        if not free:
            raise Unavailable("The media workers have too much to do; try again later.")
        return min(free, key=lambda number: (self.rules[number].load is not Load.NORMAL, len(self.rules[number].rooms)))

    async def find_worker(self) -> int:
        """See `MediaEngine.find_worker`."""
        while len(self._lost) == len(self.rules):
            await self._returned.wait()
        return self.choose_worker()

    async def run(self, worker: int, command_id: str, command: Command) -> Result:
        """See `MediaEngine.run`."""
        self.recorded.append(RecordedCommand(worker, command_id, command))
        if worker >= len(self.rules) or worker in self._lost:
            raise WorkerGone(f"There is no media worker {worker}.")
        outcome = self.rules[worker].run(command_id, command)
        if isinstance(outcome, CommandError):
            raise MediaCommandRefused(outcome.code, outcome.message)
        return outcome

    async def run_all(self, worker: int, command_id: str, commands: Sequence[Command]) -> None:
        """See `MediaEngine.run_all`."""
        for number, command in enumerate(commands):
            await self.run(worker, f"{command_id}:{number}", command)

    async def transport_connected(self, room: str, participant: str) -> None:
        """Let the participant's transport connect; returns when the listener has taken the fact, as all of these do."""
        worker = self._worker_of(room)
        await self._tell(worker, self.rules[worker].transport_connected(room, participant))

    async def transport_closed(
        self, room: str, participant: str, reason: TransportCloseReason = TransportCloseReason.ICE_TIMEOUT
    ) -> None:
        """Let the participant's transport close by itself."""
        worker = self._worker_of(room)
        await self._tell(worker, self.rules[worker].transport_closed(room, participant, reason))

    async def publication_started(self, room: str, publication: str) -> None:
        """Let the first packet of a publication arrive."""
        worker = self._worker_of(room)
        await self._tell(worker, self.rules[worker].publication_started(room, publication))

    async def room_failed(self, room: str) -> None:
        """Let a fault end the room."""
        worker = self._worker_of(room)
        await self._tell(worker, self.rules[worker].room_failed(room))

    def audio_levels(self, room: str, loudness: Mapping[str, int], absent: Collection[str] = ()) -> None:
        """Let microphones be this loud, and exactly these be absent; the listener hears it if that is a change."""
        worker = self._worker_of(room)
        self.rules[worker].audio_levels(room, loudness, absent)
        if rooms := self.rules[worker].take_changed_levels():
            self._listening().audio_levels(worker, rooms)

    def video(
        self, room: str, *, paused: Collection[tuple[str, int]] = (), wanted: Mapping[tuple[str, Source], int] = {}
    ) -> None:
        """Let exactly these video slots be paused, and so many layers be wanted (`WorkerRules.video`).

        The listener hears it if that, or what the commands before have changed, is news.
        """
        worker = self._worker_of(room)
        self.rules[worker].video(room, paused, wanted)
        if rooms := self.rules[worker].take_changed_video():
            self._listening().video(worker, rooms)

    async def lose_worker(self, worker: int) -> None:
        """Let the worker's process end, with its rooms; it is `Unavailable` until `return_worker`."""
        self._lost.add(worker)
        self._returned.clear()
        self.rules[worker] = WorkerRules(f"{self.rules[worker].boot_id}+")
        await self._listening().worker_lost(worker)

    def return_worker(self, worker: int) -> None:
        """Let a new process take the place of one that was lost, with no rooms."""
        self._lost.remove(worker)
        self._returned.set()

    async def find_again(self, worker: int) -> None:
        """Let facts of the worker have been missed; returns when the listener has compared."""
        await self._listening().worker_found(worker)

    def _worker_of(self, room: str) -> int:
        return next(number for number, rules in enumerate(self.rules) if room in rules.rooms)

    async def _tell(self, worker: int, report: FactReport) -> None:
        await self._listening().media_fact(worker, report.fact)
        self.rules[worker].acknowledge(report.number)

    def _listening(self) -> MediaListener:
        assert self._listener is not None, "call start(listener) first"
        return self._listener
