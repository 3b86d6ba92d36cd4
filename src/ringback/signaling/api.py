"""The socket of a session: frames in, frames out, and a task for each request. The protocol stands in `session.py`."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ringback.identities.model import TokenClaims
from ringback.identities.tokens import TokenVerifier
from ringback.kernel.clock import Clock
from ringback.kernel.errors import RingbackError, Unauthenticated
from ringback.kernel.ids import Ids
from ringback.signaling.hub import Hub, Present
from ringback.signaling.messages import SUBPROTOCOL, Event, Hello, Request, Welcome
from ringback.signaling.service import SignalingService
from ringback.signaling.session import (
    KEEP_ALIVE_SECONDS,
    Authenticate,
    CarryOut,
    Close,
    Output,
    Send,
    Session,
)

log = structlog.get_logger()

UNSENT_LIMIT: Final = 1_000
"""Frames that may wait for a client that does not read. More costs memory; fewer cut off a phone in a tunnel."""
REQUESTS_AT_ONCE: Final = 32
"""Requests of one session that may be under way; then its socket is read no further."""


class InternalError(RingbackError):
    """Something went wrong on our side; it is in the log."""

    code = "INTERNAL"


class Signaling:
    """What every connection needs."""

    def __init__(self, hub: Hub, service: SignalingService, verifier: TokenVerifier, clock: Clock, ids: Ids) -> None:
        self.hub = hub
        self.service = service
        self.verifier = verifier
        self.clock = clock
        self.ids = ids

    def router(self) -> APIRouter:
        """The route at `/rtc/v1`."""
        router = APIRouter()

        @router.websocket("/rtc/v1")
        async def rtc(socket: WebSocket) -> None:
            offered = socket.scope.get("subprotocols", [])
            await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
            await Connection(socket, self).run()

        return router


class Connection:
    """One socket and its session."""

    def __init__(self, socket: WebSocket, signaling: Signaling) -> None:
        self._socket = socket
        self._signaling = signaling
        self._session = Session(signaling.clock.monotonic())
        self._present: Present | None = None
        self._claims: TokenClaims | None = None
        self._outgoing: asyncio.Queue[Send | Close] = asyncio.Queue()
        self._requests: set[asyncio.Task[None]] = set()
        self._latest: dict[str | None, asyncio.Task[None]] = {}
        self._room_for_requests = asyncio.Semaphore(REQUESTS_AT_ONCE)
        self._too_slow = asyncio.Event()

    async def run(self) -> None:
        """Serve until the socket is closed, from either side."""
        tasks = [asyncio.create_task(work) for work in (self._read(), self._write(), self._too_slow.wait())]
        ticker = asyncio.create_task(self._tick())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, ticker):
                task.cancel()
            await asyncio.gather(*tasks, ticker, *self._requests, return_exceptions=True)
            if self._present:
                await self._signaling.hub.leave(self._present)

    async def _read(self) -> None:
        while True:
            try:
                received = await self._socket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return
            if received["type"] == "websocket.disconnect":
                return
            frame = received.get("text")
            now = self._signaling.clock.monotonic()
            await self._carry_out(self._session.receive(frame if frame is not None else received["bytes"], now))

    async def _write(self) -> None:
        while True:
            output = await self._outgoing.get()
            try:
                if isinstance(output, Close):
                    await self._socket.close(output.code)
                    return
                await self._socket.send_text(output.frame.decode())
            except (WebSocketDisconnect, RuntimeError):
                return

    async def _tick(self) -> None:
        while True:
            now = self._signaling.clock.monotonic()
            self._put(self._session.tick(now))
            await asyncio.sleep(max(self._session.deadline - now, 0.05))

    async def _carry_out(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Authenticate(hello):
                    self._authenticate(hello)
                case CarryOut(request):
                    await self._room_for_requests.acquire()
                    self._start(request)
                case Send() | Close():
                    self._put((output,))

    def _authenticate(self, hello: Hello) -> None:
        now = self._signaling.clock.now()
        try:
            claims = self._signaling.verifier.verify(hello.token, now)
        except Unauthenticated as error:
            self._put(self._session.refuse(hello, error))
            return
        self._claims = claims
        self._present = Present(self._signaling.ids.new(), claims.account_id, claims.identity, self._deliver)
        welcome = Welcome(
            session_id=self._present.id,
            identity=claims.identity,
            display_name=claims.display_name,
            expires_at=claims.expires_at.isoformat().replace("+00:00", "Z"),
            keep_alive_seconds=KEEP_ALIVE_SECONDS,
        )
        self._put(self._session.welcome(hello, welcome))
        self._signaling.hub.enter(self._present)

    def _start(self, request: Request) -> None:
        """Requests run side by side, but those about one call in the order in which they came."""
        call_id = getattr(request, "call_id", None)
        before = self._latest.get(call_id) if call_id else None
        task = asyncio.create_task(self._request(request, before))
        self._requests.add(task)
        if call_id:
            self._latest[call_id] = task

        def done(_: asyncio.Task[None]) -> None:
            self._requests.discard(task)
            self._room_for_requests.release()
            if self._latest.get(call_id) is task:
                del self._latest[call_id]

        task.add_done_callback(done)

    async def _request(self, request: Request, before: asyncio.Task[None] | None) -> None:
        assert self._claims is not None
        assert self._present is not None
        if before:
            await asyncio.wait([before])
        try:
            result = await self._signaling.service.carry_out(self._claims, self._present.id, request)
        except RingbackError as error:
            self._put(self._session.fail(request.id, error))
        except Exception:
            log.exception("request failed", session=self._present.id, request=type(request).__name__)
            self._put(self._session.fail(request.id, InternalError()))
        else:
            self._put(self._session.reply(request.id, result))

    def _deliver(self, event: Event) -> None:
        self._put(self._session.notify(event))

    def _put(self, outputs: Sequence[Output]) -> None:
        if self._outgoing.qsize() >= UNSENT_LIMIT:
            self._session.abandon()
            self._too_slow.set()  # a close frame would wait behind the others
            return
        for output in outputs:
            if isinstance(output, Send | Close):
                self._outgoing.put_nowait(output)
