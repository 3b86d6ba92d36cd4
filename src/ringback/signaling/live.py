"""A session with everything that runs for it: requests under way, and the socket that it has at the moment."""

import asyncio
from typing import Final, Protocol

import structlog

from ringback.identities.activity.model import OpenSession
from ringback.kernel.errors import RingbackError
from ringback.signaling.messages import Event, Result
from ringback.signaling.notifications import Notification, Relation
from ringback.signaling.requests import Request
from ringback.signaling.session import Answered, Session, Taken

log = structlog.get_logger()

REQUESTS_AT_ONCE: Final = 32
"""Requests of one session that may be under way; then its socket is read no further."""


class InternalError(RingbackError):
    """Something went wrong on our side; it is in the log."""

    code = "INTERNAL"


class RequestForgotten(RingbackError):
    """A request with this id came long ago; its answer is no longer known."""

    code = "INVALID_MESSAGE"


class Carrier(Protocol):
    """The socket that a session has at the moment."""

    def say(self, frame: bytes) -> None:
        """Send this to the client."""

    def drop(self) -> None:
        """Close; the session does without."""

    def dismiss(self) -> None:
        """Close, and say that the token was revoked."""


class Performer(Protocol):
    """Who carries requests out."""

    async def carry_out(self, session: Session, request: Request) -> Result:
        """Do what the session asks. Raises `RingbackError`s."""


class LiveSession:
    """One session of this node. Requests go on while the socket is away; their answers wait for the next one."""

    def __init__(self, session: Session, performer: Performer, away_since: float) -> None:
        """It has no socket yet."""
        self.session: Final = session
        self.calls: Final[dict[str, bool]] = {}
        """The calls that it has to do with, and whether it is in them: it may still ring, or be ringing somebody."""
        self.away_since: float | None = away_since
        """When the last socket was lost; None while there is one."""
        self._performer = performer
        self._carrier: Carrier | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(REQUESTS_AT_ONCE)

    @property
    def id(self) -> str:
        return self.session.id

    @property
    def account_id(self) -> str:
        return self.session.claims.account_id

    @property
    def identity(self) -> str:
        return self.session.claims.identity

    @property
    def is_in_a_call(self) -> bool:
        """Whether who calls it hears that it is busy. To be calling somebody is not yet to be in a call."""
        return any(self.calls.values())

    @property
    def kept(self) -> OpenSession:
        """What is stored of it."""
        return OpenSession(self.id, self.session.key_hash, self.session.claims)

    def hear(self, notification: Notification) -> None:
        """Take note of what the session has to do with a call, and let the client know."""
        match notification.relation:
            case Relation.ENDED:
                self.calls.pop(notification.call_id, None)
            case Relation.CONCERNED:
                self.calls.setdefault(notification.call_id, False)
            case Relation.IN_CALL:
                self.calls[notification.call_id] = True
        if notification.event is not None:
            self.tell(notification.event)

    def attach(self, carrier: Carrier) -> None:
        """A socket carries the session from now on; the one before, if any, is of no use any more."""
        if self._carrier:
            self._carrier.drop()
        self._carrier = carrier
        self.away_since = None

    def detach(self, carrier: Carrier, now: float) -> bool:
        """This socket is gone. Returns whether it was the session's present one."""
        if self._carrier is not carrier:
            return False
        self._carrier = None
        self.away_since = now
        return True

    def tell(self, event: Event) -> None:
        """Let the client know; at once, or when it is back."""
        if frame := self.session.tell(event):
            self._send(frame)

    async def take(self, request: Request) -> None:
        """Carry out a request in the background, those about one call in the order in which they came."""
        match self.session.take(request.id):
            case Taken.NEW:
                await self._room.acquire()
                self._start(request)
            case Taken.UNDER_WAY:
                pass
            case Taken.FORGOTTEN:
                self._send(self.session.fail(request.id, RequestForgotten(field="id")))
            case Answered(frame):
                self._send(frame)

    def drop(self) -> None:
        """The session has ended: let go of its socket."""
        if self._carrier:
            self._carrier.drop()

    def dismiss(self) -> None:
        """Its token was revoked: tell the client, and take nothing more from it."""
        if self._carrier:
            self._carrier.dismiss()
            self._carrier = None

    async def settle(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _start(self, request: Request) -> None:
        call_id: str | None = getattr(request, "call_id", None)
        before = self._latest.get(call_id) if call_id else None
        task = asyncio.create_task(self._request(request, before))
        self._under_way.add(task)
        if call_id:
            self._latest[call_id] = task

        def done(_: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            self._room.release()
            if call_id and self._latest.get(call_id) is task:
                del self._latest[call_id]

        task.add_done_callback(done)

    async def _request(self, request: Request, before: asyncio.Task[None] | None) -> None:
        if before:
            await asyncio.wait([before])
        try:
            answer = self.session.reply(request.id, await self._performer.carry_out(self.session, request))
        except RingbackError as error:
            answer = self.session.fail(request.id, error)
        except Exception:
            log.exception("request failed", session=self.id, request=type(request).__name__)
            answer = self.session.fail(request.id, InternalError())
        self._send(answer)

    def _send(self, frame: bytes) -> None:
        if self._carrier:
            self._carrier.say(frame)
