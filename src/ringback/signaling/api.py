"""The WebSocket at `/rtc/v1`: frames in, frames out. What may be said stands in `connection.py`."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ringback.identities.model import TokenClaims
from ringback.identities.tokens import TokenVerifier
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unauthenticated, Unavailable
from ringback.kernel.ids import new_secret
from ringback.signaling.arrivals import Arrivals
from ringback.signaling.connection import (
    KEEP_ALIVE_SECONDS,
    Authenticate,
    CarryOut,
    Close,
    Confirmed,
    Connection,
    Output,
    Send,
)
from ringback.signaling.hub import Hub
from ringback.signaling.live import LiveSession
from ringback.signaling.messages import SUBPROTOCOL, Welcome
from ringback.signaling.requests import Hello
from ringback.signaling.session import GRACE_SECONDS
from ringback.signaling.turn import TurnServers

log = structlog.get_logger()

UNSENT_LIMIT: Final = 1_000
"""Frames that may wait for a client that does not read. More costs memory; fewer cut off a phone in a tunnel."""
FOR_GOOD: Final = (1000, 1001)
"""Close codes of a client that will not come back: it said goodbye, or its page is gone (RFC 6455 §7.4.1)."""


class Signaling:
    """What every socket needs."""

    def __init__(self, hub: Hub, verifier: TokenVerifier, turn: TurnServers, clock: Clock) -> None:
        self.hub = hub
        self.verifier = verifier
        self.turn = turn
        self.clock = clock
        self.arrivals = Arrivals()

    def router(self) -> APIRouter:
        """The route at `/rtc/v1`."""
        router = APIRouter()

        @router.websocket("/rtc/v1")
        async def rtc(websocket: WebSocket) -> None:
            offered = websocket.scope.get("subprotocols", [])
            await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
            await Socket(websocket, self).run()

        return router


class Socket:
    """One WebSocket, and the session that it carries once hello was said."""

    def __init__(self, websocket: WebSocket, signaling: Signaling) -> None:
        self._websocket = websocket
        self._signaling = signaling
        self._connection = Connection(signaling.clock.monotonic())
        self._live: LiveSession | None = None
        self._outgoing: asyncio.Queue[Send | Close] = asyncio.Queue()
        self._useless = asyncio.Event()
        self._close_code: int | None = None

    async def run(self) -> None:
        """Serve until the socket is closed, from either side."""
        ends = [asyncio.create_task(work) for work in (self._read(), self._write(), self._useless.wait())]
        ticker = asyncio.create_task(self._tick())
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*ends, ticker):
                task.cancel()
            outcomes = await asyncio.gather(*ends, ticker, return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    log.error("socket failed", session=self._live and self._live.id, exc_info=outcome)
            await self._part()

    async def _part(self) -> None:
        live, hub = self._live, self._signaling.hub
        if live and live.detach(self, self._signaling.clock.monotonic()):
            if self._close_code in FOR_GOOD:
                await hub.leave(live)
            else:
                hub.wait_for(live)

    async def _read(self) -> None:
        while True:
            try:
                received = await self._websocket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return
            if received["type"] == "websocket.disconnect":
                self._close_code = received.get("code")
                return
            text = received.get("text")
            now = self._signaling.clock.monotonic()
            await self._carry_out(self._connection.receive(received["bytes"] if text is None else text, now))

    async def _write(self) -> None:
        while True:
            output = await self._outgoing.get()
            try:
                if isinstance(output, Close):
                    await self._websocket.close(output.code)
                    return
                await self._websocket.send_text(output.frame.decode())
            except (WebSocketDisconnect, RuntimeError):
                return

    async def _tick(self) -> None:
        while True:
            now = self._signaling.clock.monotonic()
            await self._carry_out(self._connection.tick(now))
            await asyncio.sleep(max(self._connection.deadline - now, 0.05))

    async def _carry_out(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Authenticate(hello):
                    await self._authenticate(hello)
                case CarryOut(request):
                    assert self._live is not None
                    await self._live.take(request)
                case Confirmed(sequence):
                    assert self._live is not None
                    self._live.session.confirm(sequence)
                case Send() | Close():
                    self._put(output)

    async def _authenticate(self, hello: Hello) -> None:
        wanted = hello.resume or None
        try:
            claims, live = self._recognise(hello)
            resume_key = wanted.resume_key if wanted and live else new_secret()
            missed_after = wanted.last_sequence if wanted and live else 0
            resumed = live is not None
            if live is None:
                self._signaling.arrivals.count(claims, self._signaling.clock.monotonic())
                live = await self._signaling.hub.open(claims, resume_key)
        except (Unauthenticated, Unavailable) as error:
            self._put(*self._connection.refuse(hello, error))
            return
        self._signaling.hub.renew(live, claims)
        self._live = live
        live.attach(self)
        welcome = Welcome(
            session_id=live.id,
            identity=claims.identity,
            display_name=claims.display_name,
            expires_at=claims.expires_at.isoformat().replace("+00:00", "Z"),
            keep_alive_seconds=KEEP_ALIVE_SECONDS,
            resume_key=resume_key,
            resume_seconds=int(GRACE_SECONDS),
            resumed=resumed,
            ice_servers=self._signaling.turn.ice_servers(live.id, claims.expires_at, self._signaling.clock.now()),
        )
        self._put(*self._connection.welcome(hello, welcome))
        for frame in live.session.resume(missed_after):
            self.say(frame)
        if resumed:
            self._signaling.hub.repeat_hints(live)

    def _recognise(self, hello: Hello) -> tuple[TokenClaims, LiveSession | None]:
        """What the token proves, and the session that it resumes. Raises `Unauthenticated` and `Unavailable`."""
        now, wanted = self._signaling.clock.now(), hello.resume or None
        claims = self._signaling.verifier.verify(hello.token, now, expired_ok=wanted is not None)
        live = self._signaling.hub.resume(claims, wanted) if wanted else None
        if now >= claims.expires_at and not (live and live.session.claims.token_id == claims.token_id):
            # Another one may have been revoked: that is forgotten once it has expired.
            raise Unauthenticated
        if live is None and not self._signaling.hub.has_room:
            raise Unavailable
        return claims, live

    def say(self, frame: bytes) -> None:
        """Send this to the client, unless it is on its way out."""
        self._put(*self._connection.say(frame))

    def drop(self) -> None:
        """Close without a word: a close frame would wait behind all others."""
        self._connection.abandon()
        self._useless.set()

    def dismiss(self) -> None:
        """Close, and say that the token was revoked; nothing else that waits is said any more."""
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
        self._put(*self._connection.dismiss())

    def _put(self, *outputs: Output) -> None:
        for output in outputs:
            if isinstance(output, Send | Close):
                if self._outgoing.qsize() >= UNSENT_LIMIT:
                    self.drop()
                    return
                self._outgoing.put_nowait(output)
