"""One socket to a worker with the conversation on it. `ringback.media.client` opens the next one when this is lost."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ringback.kernel.errors import Unavailable
from ringback.media.commands import Command
from ringback.media.conversation import Broken, Conversation, Event
from ringback.media.errors import WorkerGone, WorkerRefused
from ringback.media.protocol import Refused, Welcome

HELLO_TIMEOUT = 5.0
"""Seconds until a worker has greeted. It takes milliseconds; one that needs longer hangs, and the next attempt may find
it better."""

_READ_SIZE = 65_536
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


class Framed(NamedTuple):
    """A command that is ready to be sent, with its `command_frame`."""

    id: str
    command: Command
    frame: bytes


class Connection:
    """A worker that obeys us."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, conversation: Conversation) -> None:
        self._reader = reader
        self._writer = writer
        self._conversation = conversation
        self._early: list[Event] = []
        self._welcome: Welcome | None = None

    @classmethod
    async def open(cls, path: Path, *, epoch: int, build: str) -> "Connection":
        """Connect to the socket at `path` and exchange greetings.

        Raises `WorkerGone` when nobody listens there, `WorkerRefused` when the worker will not obey, and `Unavailable`
        when it does not greet in time.
        """
        conversation = Conversation(epoch=epoch, build=build)
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                connection = cls(*await asyncio.open_unix_connection(path), conversation)
                try:
                    await connection._greet()
                except BaseException:
                    connection.close()
                    raise
        except (FileNotFoundError, ConnectionRefusedError):
            raise WorkerGone from None
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"The media worker does not greet: {error!r}.") from error
        return connection

    @property
    def welcome(self) -> Welcome:
        """What the worker said about itself."""
        assert self._welcome is not None
        return self._welcome

    @property
    def peer_pid(self) -> int:
        """The process that listens; 0 when it lives in another process namespace (a container of its own)."""
        peer = self._writer.get_extra_info("socket")
        pid: int
        pid, _, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        return pid

    async def events(self) -> AsyncIterator[Event]:
        """What the worker says, until it hangs up."""
        for event in self._early:
            yield event
        while data := await self._read():
            for event in self._conversation.receive(data):
                yield event

    def send_commands(self, commands: Sequence[Framed]) -> None:
        """Send commands, all at once."""
        for each in commands:
            self._conversation.sent(each.id, each.command)
        self.send(b"".join(each.frame for each in commands))

    def send(self, frame: bytes) -> None:
        """Send a frame. On a connection that is lost this does nothing; `events` tells."""
        self._writer.write(frame)

    def close(self) -> None:
        """Hang up."""
        self._writer.transport.abort()

    async def _greet(self) -> None:
        self._writer.write(self._conversation.hello())
        events: list[Event] = []
        while not events and (data := await self._read()):
            events = self._conversation.receive(data)
        match events:
            case [Welcome() as welcome, *early]:
                self._welcome, self._early = welcome, early
            case [Refused(code=code, message=message), *_]:
                raise WorkerRefused(code, message)
            case [Broken(message=message), *_]:
                raise ConnectionError(message)
            case _:
                raise ConnectionError("the worker hung up")

    async def _read(self) -> bytes:
        """Some bytes; none at the end. A reset is an end: what the worker had said before it is not taken back."""
        try:
            return await self._reader.read(_READ_SIZE)
        except OSError:
            return b""
