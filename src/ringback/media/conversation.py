"""One connection to a worker as the controller sees it: bytes in, events out, and bytes to send.

    hello -> WAITING -- welcome --> OPEN -- superseded, protocol_error, anything unexpected --> ENDED
                     \\-- refused --------------------------------------------------------------/

Pure; `ringback.media.client` gives it a socket and time.
"""

from collections import deque
from enum import Enum, auto
from typing import TypeAlias

import msgspec
from msgspec import Struct

from ringback.media.commands import Command, Result, result_type
from ringback.media.framing import FrameDecoder, FrameInvalid, encode_frame
from ringback.media.protocol import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    Acknowledge,
    CommandError,
    FactReport,
    FromWorker,
    Hello,
    Levels,
    ProtocolError,
    Refused,
    Reply,
    RunCommand,
    Statistics,
    Superseded,
    ToWorker,
    Video,
    Welcome,
    decode_from_worker,
    encode,
)


class Answered(Struct, frozen=True, kw_only=True):
    """The oldest command that was still unanswered has its outcome."""

    id: str
    outcome: Result | CommandError


class Broken(Struct, frozen=True, kw_only=True):
    """One side does not keep to the protocol: close the connection. `message` is for the log."""

    message: str


Event: TypeAlias = Welcome | Refused | Superseded | Answered | FactReport | Statistics | Levels | Video | Broken
"""What a controller learns from a connection. After `Refused`, `Superseded` and `Broken` nothing follows."""


def command_frame(command_id: str, command: Command) -> bytes:
    """The bytes that make a worker run a command. Raises `FrameInvalid` when there are too many."""
    return _frame(RunCommand(id=command_id, command=command))


def acknowledge_frame(number: int) -> bytes:
    """The bytes that let a worker forget the fact of this number and all before it."""
    return _frame(Acknowledge(fact=number))


class _State(Enum):
    WAITING = auto()
    OPEN = auto()
    ENDED = auto()


class Conversation:
    """The controller's side of one connection. Send `hello` first, and all else only after `Welcome`."""

    def __init__(self, *, epoch: int, build: str) -> None:
        self._hello = Hello(protocol_min=PROTOCOL_MIN, protocol_max=PROTOCOL_MAX, build=build, epoch=epoch)
        self._frames = FrameDecoder()
        self._state = _State.WAITING
        self._unanswered: deque[tuple[str, Command]] = deque()

    def hello(self) -> bytes:
        """The first bytes to send."""
        return _frame(self._hello)

    def sent(self, command_id: str, command: Command) -> None:
        """Its `command_frame` has been sent: an `Answered` will follow, in the order of the commands."""
        self._unanswered.append((command_id, command))

    def receive(self, data: bytes) -> list[Event]:
        """What the worker says with these bytes."""
        self._frames.feed(data)
        events: list[Event] = []
        while self._state is not _State.ENDED:
            try:
                body = self._frames.next_body()
                if body is None:
                    break
                message = decode_from_worker(body)
                if message is None:
                    continue
                event = self._event(message)
            except (FrameInvalid, msgspec.DecodeError, UnicodeDecodeError) as error:
                event = Broken(message=str(error))
            self._state = _State.ENDED if isinstance(event, Refused | Superseded | Broken) else _State.OPEN
            events.append(event)
        return events

    def _event(self, message: FromWorker) -> Event:
        match self._state, message:
            case _, ProtocolError(message=text):
                return Broken(message=f"the worker says: {text}")
            case _State.WAITING, Welcome() | Refused():
                return message
            case _State.OPEN, Superseded() | FactReport() | Statistics() | Levels() | Video():
                return message
            case _State.OPEN, Reply():
                return self._answered(message)
            case _:
                return Broken(message=f"{type(message).__name__} is not expected here")

    def _answered(self, reply: Reply) -> Event:
        if not self._unanswered or self._unanswered[0][0] != reply.id:
            return Broken(message=f"the reply to {reply.id!r} is not the next one")
        _, command = self._unanswered.popleft()
        if reply.error is not None:
            return Answered(id=reply.id, outcome=reply.error)
        return Answered(id=reply.id, outcome=msgspec.convert(reply.result, result_type(command)))


def _frame(message: ToWorker) -> bytes:
    return encode_frame(encode(message))
