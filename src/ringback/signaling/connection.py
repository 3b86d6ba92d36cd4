"""The protocol of one socket: what a client may say when. Frames in, outputs out.

Contract: give it every frame that arrives and every tick, with the time; carry out all outputs in order before the next
call. It knows no socket and no clock, and it never raises for what a client sends. What outlives the socket is
`session.py`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

import msgspec

from ringback.kernel.errors import RingbackError, Unauthenticated
from ringback.signaling.messages import Done, Error, Reply, ServerMessage, Welcome
from ringback.signaling.requests import MAX_TEXT_BYTES, ClientMessage, Hello, Ping, Request, TextSend

HELLO_SECONDS: Final = 10.0
"""How long a client may take to say hello. Longer lets strangers hold sockets; shorter loses slow phones."""
KEEP_ALIVE_SECONDS: Final = 20
"""How often a client that is silent otherwise pings. More often finds dead sockets sooner, and drains phones."""
SILENCE_SECONDS: Final = 3.0 * KEEP_ALIVE_SECONDS
"""After so long without a word the client is taken for gone."""
MAX_MESSAGE_BYTES: Final = 128 * 1024
"""The largest SDP offer fits with room to spare."""
MAX_CUSTOM_DATA_BYTES: Final = 4 * 1024
"""Of `customData` as JSON: it travels in every ring."""
MESSAGES_PER_SECOND: Final = 50.0
"""What a client may send for long: ten times the busiest SDK."""
MESSAGE_BURST: Final = 200.0
"""What it may send at once."""

_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encode = msgspec.json.Encoder().encode


class ConnectionState(Enum):
    """A connection's life. `GREETED`: hello was said and is being checked."""

    NEW = auto()
    GREETED = auto()
    READY = auto()
    CLOSED = auto()


class CloseCode(Enum):
    """Why the platform closes a connection (RFC 6455 §7.4; 4000 and up are ours)."""

    MESSAGE_TOO_LARGE = 1009
    SERVICE_UNAVAILABLE = 1013
    INVALID_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    HELLO_TIMEOUT = 4408
    SILENT = 4409
    TOO_MANY_MESSAGES = 4429


@dataclass(frozen=True, slots=True)
class Send:
    """Send this frame."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket."""

    code: int


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Check the token, then call `welcome` or `refuse`."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Do what is asked, and answer it."""

    request: Request


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The client has the events up to this one."""

    sequence: int


Output: TypeAlias = Send | Close | Authenticate | CarryOut | Confirmed


class Connection:
    """One socket, from its opening to its close."""

    def __init__(self, now: float) -> None:
        self.state = ConnectionState.NEW
        self._deadline = now + HELLO_SECONDS
        self._allowance = MESSAGE_BURST
        self._counted_at = now

    @property
    def deadline(self) -> float:
        """When to call `tick` at the latest."""
        return self._deadline

    def receive(self, frame: str | bytes, now: float) -> Sequence[Output]:
        """A frame arrived."""
        if self.state is ConnectionState.CLOSED:
            return ()
        return tuple(self._receive(frame, now))

    def tick(self, now: float) -> Sequence[Output]:
        """Time went by."""
        if self.state is ConnectionState.CLOSED or now < self._deadline:
            return ()
        if self.state is ConnectionState.NEW:
            return self._give_up(CloseCode.HELLO_TIMEOUT, "no hello within 10 seconds")
        self.state = ConnectionState.CLOSED
        return (Close(CloseCode.SILENT.value),)

    def welcome(self, hello: Hello, welcome: Welcome) -> Sequence[Output]:
        """The token is good."""
        self.state = ConnectionState.READY
        return (_send(Reply(hello.id, welcome)),)

    def refuse(self, hello: Hello, error: RingbackError) -> Sequence[Output]:
        """The token is not good, or nobody else can be taken now."""
        self.state = ConnectionState.CLOSED
        code = CloseCode.UNAUTHENTICATED if isinstance(error, Unauthenticated) else CloseCode.SERVICE_UNAVAILABLE
        return (_send(_error(hello.id, error)), Close(code.value))

    def dismiss(self) -> Sequence[Output]:
        """The token was good, and is no more."""
        if self.state is ConnectionState.CLOSED:
            return ()
        return self._give_up(CloseCode.UNAUTHENTICATED, "the token was revoked")

    def say(self, frame: bytes) -> Sequence[Output]:
        """The session has something for its client."""
        return (Send(frame),) if self.state is ConnectionState.READY else ()

    def abandon(self) -> None:
        """The socket is of no use any more; nothing is said from now on."""
        self.state = ConnectionState.CLOSED

    def _receive(self, frame: str | bytes, now: float) -> Iterator[Output]:
        if self.state is not ConnectionState.NEW:
            self._deadline = now + SILENCE_SECONDS
        if not self._admit(now):
            yield from self._give_up(CloseCode.TOO_MANY_MESSAGES, "too many messages; slow down")
            return
        if len(frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame) > MAX_MESSAGE_BYTES:
            yield from self._give_up(CloseCode.MESSAGE_TOO_LARGE, "the message is over 128 KiB")
            return
        try:
            message = _read(frame)
        except Unreadable as unreadable:
            yield _send(Error(unreadable.id, "INVALID_MESSAGE", unreadable.message, unreadable.field))
            if self.state is ConnectionState.NEW:
                self.state = ConnectionState.CLOSED
                yield Close(CloseCode.INVALID_MESSAGE.value)
            return
        yield from self._take(message, now)

    def _take(self, message: ClientMessage, now: float) -> Iterator[Output]:
        if isinstance(message, Hello):
            if self.state is not ConnectionState.NEW:
                yield _send(Error(message.id, "INVALID_MESSAGE", "hello was said already", "type"))
                return
            self.state = ConnectionState.GREETED
            self._deadline = now + SILENCE_SECONDS
            yield Authenticate(message)
        elif self.state is not ConnectionState.READY:
            yield _send(Error(message.id, "INVALID_MESSAGE", "say hello first, and wait for its reply", "type"))
            self.state = ConnectionState.CLOSED
            yield Close(CloseCode.INVALID_MESSAGE.value)
        elif isinstance(message, Ping):
            yield Confirmed(message.received)
            yield _send(Reply(message.id, Done()))
        else:
            yield CarryOut(message)

    def _admit(self, now: float) -> bool:
        """A token bucket."""
        refill = (now - self._counted_at) * MESSAGES_PER_SECOND
        self._allowance = min(self._allowance + refill, MESSAGE_BURST) - 1
        self._counted_at = now
        return self._allowance >= 0

    def _give_up(self, code: CloseCode, message: str) -> Sequence[Output]:
        self.state = ConnectionState.CLOSED
        return (_send(Error(None, code.name, message, None)), Close(code.value))


class Unreadable(Exception):
    """A frame that is no message: its id if it had one, and the field that does not fit."""

    def __init__(self, id: int | None, message: str, field: str | None) -> None:
        super().__init__(message)
        self.id = id
        self.message = message
        self.field = field


class _Numbered(msgspec.Struct):
    id: int | None = None


_PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_ITEM = re.compile(r"\[(\d+)\]")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")


def _read(frame: str | bytes) -> ClientMessage:
    if isinstance(frame, bytes):
        raise Unreadable(None, "messages are text frames", None)
    try:
        message = _decoder.decode(frame)
    except msgspec.ValidationError as error:
        raise Unreadable(_id_of(frame), str(error), _field_of(str(error))) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable(None, f"not JSON: {error}", None) from None
    custom_data = getattr(message, "custom_data", None)
    if custom_data and len(_encode(custom_data)) > MAX_CUSTOM_DATA_BYTES:
        raise Unreadable(message.id, "`customData` is over 4 KiB", "customData")
    if isinstance(message, TextSend) and len(message.text.encode()) > MAX_TEXT_BYTES:
        raise Unreadable(message.id, "`text` is over 8 KiB", "text")
    return message


def _field_of(error: str) -> str | None:
    """The path of the field that msgspec complains about: `destination.identity`, `slots.0.index`."""
    at, missing = _PATH.search(error), _MISSING.search(error)
    path = [_ITEM.sub(r".\1", at["path"].replace("[...]", ""))] if at else []
    if missing:
        path.append(missing["name"])
    return ".".join(path) or None


def _id_of(frame: str) -> int | None:
    try:
        id = msgspec.json.decode(frame, type=_Numbered).id
    except msgspec.DecodeError:
        return None
    return id if id is not None and id > 0 else None


def _error(id: int, error: RingbackError) -> Error:
    return Error(id, error.code, error.message, error.field)


def _send(message: ServerMessage) -> Send:
    return Send(_encode(message))
