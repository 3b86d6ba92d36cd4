"""A whole platform with a real database and real sockets; only the media workers are fake."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection

from ringback.app import Conversations, build_app, conversing, wire_conversations
from ringback.kernel.clock import SystemClock
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor
from ringback.platform import Platform, open_platform
from ringback.settings import Settings
from ringback.signaling.messages import SUBPROTOCOL
from ringback.testing.clock import VirtualClock
from ringback.testing.media import FakeMediaEngine

OFFER: Final = (Path(__file__).parents[2] / "contract" / "worker" / "offer.sdp").read_bytes().decode()
"""What Chromium offers."""

HINTS: Final = ("absent.changed", "layers.wanted", "slots.paused")
"""What a media worker says when it has something to say, between all else."""

PATIENCE_SECONDS: Final = 10.0
"""How long a test waits for what must come. Only ever waited for in full by a test that fails."""


class Reachable(Protocol):
    """The platform that somebody is connected to."""

    async def another_socket(self) -> ClientConnection: ...
    async def misses(self, session: str) -> None: ...
    async def says_all(self) -> None: ...
    async def media_connects(self, call_id: str) -> None: ...


class Somebody:
    """An SDK, as far as signaling sees one."""

    def __init__(self, socket: ClientConnection, world: Reachable) -> None:
        self._socket = socket
        self._world = world
        self._id = 0
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: dict[int | None, asyncio.Future[dict[str, Any]]] = {}
        self._last_sequence = 0
        self._old_socket: ClientConnection | None = None
        self.welcome: dict[str, Any] = {}
        self._reader = asyncio.create_task(self._read())

    async def asks(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a request; return its `reply` or `error`."""
        self._id += 1
        answer = self.answer_to(self._id)
        await self.sends(json.dumps({"type": type, "id": self._id, **fields}))
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    async def does(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a request that must succeed; return its result."""
        answer = await self.asks(type, **fields)
        assert answer["type"] == "reply", answer
        result: dict[str, Any] = answer["result"]
        return result

    async def fails(self, type: str, **fields: Any) -> str:
        """Send a request that must not succeed; return the code."""
        answer = await self.asks(type, **fields)
        assert answer["type"] == "error", answer
        return str(answer["code"])

    async def sends(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        await self._socket.send(frame)

    def answer_to(self, id: int | None) -> "asyncio.Future[dict[str, Any]]":
        """The `reply` or `error` with this id, whenever it comes."""
        return self._answers.setdefault(id, asyncio.get_running_loop().create_future())

    async def says_hello(self, token: str, **fields: Any) -> dict[str, Any]:
        """Open a session, or resume one; return the welcome."""
        self.welcome = await self.does("hello", token=token, client={"name": "test", "version": "1"}, **fields)
        return self.welcome

    async def pings(self) -> None:
        """Confirm what has arrived."""
        await self.does("ping", received=self._last_sequence)

    async def lost_the_old_socket(self) -> None:
        """Wait until the platform has closed the socket that was there before."""
        assert self._old_socket is not None
        await asyncio.wait_for(self._old_socket.wait_closed(), PATIENCE_SECONDS)

    async def gets_another_socket(self) -> None:
        """Connect again; nothing is said yet."""
        self._old_socket = self._socket
        self._socket = await self._world.another_socket()
        self._reader = asyncio.create_task(self._read())

    async def comes_back(self, token: str) -> bool:
        """Connect again after the socket was lost; return whether the session was still there."""
        await self.gets_another_socket()
        return bool((await self.says_hello(token, resume=self.lost_session()))["resumed"])

    async def is_not_let_back(self, token: str) -> None:
        """Connect again after the socket was lost, with a token that does not resume the session."""
        await self.gets_another_socket()
        client = {"name": "test", "version": "1"}
        assert await self.fails("hello", token=token, client=client, resume=self.lost_session()) == "UNAUTHENTICATED"
        assert await self.closed_with() == 4401

    def lost_session(self) -> dict[str, Any]:
        """What a `hello` says to resume the session."""
        return {
            "sessionId": self.welcome["sessionId"],
            "resumeKey": self.welcome["resumeKey"],
            "lastSequence": self._last_sequence,
        }

    async def hears(self, type: str) -> dict[str, Any]:
        """The next event, which must be of this type; hints are passed over, unless it is one."""
        while True:
            event = await asyncio.wait_for(self._events.get(), PATIENCE_SECONDS)
            if event["type"] == type or event["type"] not in HINTS:
                assert event["type"] == type, event
                return event

    async def hears_one_of(self, *types: str) -> dict[str, Any]:
        """The next event, which must be of one of these types."""
        event = await asyncio.wait_for(self._events.get(), PATIENCE_SECONDS)
        assert event["type"] in types, event
        return event

    async def hears_of_end(self, reason: str) -> None:
        """The next event: the call ended, for this reason."""
        assert (await self.hears("call.ended"))["reason"]["name"] == reason

    async def hears_nothing_more(self) -> None:
        """Nothing is left, once the platform has said all that it has to say."""
        await self._world.says_all()
        await self.pings()  # what was sent before its answer has arrived
        assert self.has_heard_all(), self._events.get_nowait()

    def has_heard_all(self) -> bool:
        """Whether nothing has arrived that the test has not looked at."""
        return self._events.empty()

    async def connects_media(self, call_id: str, connection: int = 1) -> None:
        """Negotiate, and let the transport come up."""
        await self.does("media.offer", callId=call_id, sdp=OFFER, connection=connection)
        await self._world.media_connects(call_id)

    async def closed_with(self) -> int | None:
        """Wait until the platform closes the socket; its code."""
        await asyncio.wait_for(self._socket.wait_closed(), PATIENCE_SECONDS)
        return self._socket.close_code

    def forgets_answer(self, id: int) -> None:
        """As if the answer had been lost on the way."""
        del self._answers[id]

    async def vanishes(self) -> None:
        """Lose the socket without a word."""
        self._socket.transport.abort()
        await self._reader
        await self._world.misses(self.welcome["sessionId"])

    async def loses_the_platform(self) -> None:
        """The other end of the socket is gone."""
        self._socket.transport.abort()
        await self._reader

    def turns_to(self, world: Reachable) -> None:
        """The platform has another process now; what was heard before is of no interest any more."""
        self._world = world
        self._events = asyncio.Queue()
        self._answers = {id: answer for id, answer in self._answers.items() if answer.done()}

    async def asks_again(self, id: int, type: str, **fields: Any) -> dict[str, Any]:
        """Send a request once more, as if its answer had been lost; return the new one."""
        self._answers.pop(id, None)
        answer = self.answer_to(id)
        await self.sends(json.dumps({"type": type, "id": id, **fields}))
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    @property
    def last_id(self) -> int:
        """Of what it has asked."""
        return self._id

    async def goes(self) -> None:
        """Close the socket."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                message = json.loads(frame)
                if message["type"] in ("reply", "error"):
                    if self.answer_to(message["id"]).done():
                        self.forgets_answer(message["id"])  # it was asked again
                    self.answer_to(message["id"]).set_result(message)
                else:
                    assert message["sequence"] == self._last_sequence + 1, message
                    self._last_sequence = message["sequence"]
                    self._events.put_nowait(message)
        except websockets.ConnectionClosedError:
            pass


class World:
    """A running platform and everybody who is connected to it."""

    def __init__(
        self,
        platform: Platform,
        conversations: Conversations,
        engine: FakeMediaEngine,
        clock: VirtualClock,
        url: str,
        people: list[Somebody],
    ) -> None:
        self.platform = platform
        self.conversations = conversations
        self.engine = engine
        self.clock = clock
        self.origin = f"http{url.removeprefix('ws')}"
        self._url = url
        self.people = people

    async def token(self, identity: str, display_name: str | None = None) -> str:
        """A token of the default account."""
        account = await self.platform.accounts.find_account("default")
        issued = await self.platform.identities.issue_token(account.id, identity, display_name=display_name)
        return issued.token.reveal()

    async def another_socket(self) -> ClientConnection:
        """A socket on which nothing has been said."""
        return await websockets.connect(f"{self._url}/rtc/v1", subprotocols=[websockets.Subprotocol(SUBPROTOCOL)])

    async def opens_a_socket(self) -> Somebody:
        """Somebody who has said nothing."""
        somebody = Somebody(await self.another_socket(), self)
        self.people.append(somebody)
        return somebody

    async def connects(self, identity: str, display_name: str | None = None) -> Somebody:
        """An identity with a new session."""
        somebody = await self.opens_a_socket()
        token = await self.token(identity, display_name)
        await somebody.says_hello(token)
        return somebody

    async def misses(self, session: str) -> None:
        """The platform has noticed that a socket is gone."""
        live = self.conversations.hub.session(session)
        while live and live.away_since is None:  # noqa: ASYNC110 - nothing else tells, and nothing needs to
            await asyncio.sleep(0)

    async def is_empty(self) -> None:
        """Wait until nobody is here any more, and no room; if that never comes, something was left half-open."""
        hub, workers = self.conversations.hub, self.engine.rules
        while hub.sessions or any(worker.rooms for worker in workers):  # noqa: ASYNC110 - nothing tells when all has followed
            await asyncio.sleep(0)

    async def media_connects(self, call_id: str) -> None:
        """The transport of a call comes up."""
        rooms = [room.room for worker in self.engine.rules for room in worker.room_snapshots() if _is_in(room, call_id)]
        await self.engine.transport_connected(rooms[0], call_id)

    async def says_all(self) -> None:
        """Everything that follows from what has happened has been carried out and told."""
        await self.conversations.mailboxes.idle()
        await self.conversations.dispatcher.deliver_all()

    async def tells_nothing_more(self) -> None:
        """What happens from now on waits in the outbox, as if the platform's process had no time for it."""
        await self.conversations.dispatcher._one_at_a_time.acquire()

    async def time_passes(self, seconds: float) -> None:
        """Let time go by for the calls."""
        self.clock.advance(seconds)
        await self.conversations.mailboxes.pass_deadlines()
        await self.conversations.hub.pass_graces()
        self.conversations.relay.pass_deadlines()


def _is_in(room: Any, call_id: str) -> bool:
    return any(participant.participant == call_id for participant in room.participants)


@asynccontextmanager
async def running_world(
    data_dir: Path, clock: VirtualClock | None = None, engine: FakeMediaEngine | None = None, /, **chosen: Any
) -> AsyncIterator[World]:
    """A platform that listens on a free port of loopback, with a media worker that only pretends.

    `chosen` are settings.
    """
    clock, engine = clock or VirtualClock(), engine or FakeMediaEngine(chosen.get("workers", 1))
    async with open_platform(Settings(data_dir=data_dir, **chosen), clock=clock) as platform:
        conversations = wire_conversations(platform, engine)
        await conversations.hub.restore()
        await engine.start(conversations.jobs)
        async with _listening(platform, conversations) as url, _people() as people:
            yield World(platform, conversations, engine, clock, url, people)


@asynccontextmanager
async def started_again(
    killed: World, data_dir: Path, meanwhile: Callable[[Platform], Awaitable[object]] | None = None
) -> AsyncIterator[World]:
    """What comes after a SIGKILL: another process on what the first one has on disk, with the workers as they are.

    From now on `killed` reaches nobody: neither people nor workers. `meanwhile` is what somebody does on the command
    line before the start.
    """
    shutil.copytree(killed.platform.settings.data_dir, data_dir)
    if meanwhile:
        async with open_platform(Settings(data_dir=data_dir), clock=killed.clock) as offline:
            await meanwhile(offline)
    for somebody in killed.people:
        await somebody.loses_the_platform()
    async with running_world(data_dir, killed.clock, killed.engine) as world:
        for somebody in killed.people:
            somebody.turns_to(world)
        world.people.extend(killed.people)
        yield world


@asynccontextmanager
async def running_world_with_a_worker(data_dir: Path) -> AsyncIterator[tuple[World, WorkerSupervisor]]:
    """The same with a real media worker, in real time."""
    clock, settings = VirtualClock(), Settings(data_dir=data_dir)
    async with open_platform(settings, clock=clock) as platform:
        config = WorkerConfig(
            binary=settings.worker_binary, directory=data_dir / "workers", addresses=("127.0.0.1",), count=1
        )
        supervisor = WorkerSupervisor(config, epoch=1, build="test", clock=SystemClock(), ids=platform.ids)
        conversations = wire_conversations(platform, supervisor)
        await conversations.hub.restore()
        await supervisor.start(conversations.jobs)
        try:
            async with _listening(platform, conversations) as url, _people() as people:
                yield World(platform, conversations, FakeMediaEngine(), clock, url, people), supervisor
        finally:
            await supervisor.stop()


@asynccontextmanager
async def _people() -> AsyncIterator[list[Somebody]]:
    people: list[Somebody] = []
    try:
        yield people
    finally:
        for somebody in people:
            await somebody.goes()


@asynccontextmanager
async def _listening(platform: Platform, conversations: Conversations) -> AsyncIterator[str]:
    await platform.accounts.bootstrap(None)
    async with conversing(conversations, workers_stay=False):
        app = build_app(platform, [conversations.signaling.router()], figures=[conversations.hub.figures])
        config = uvicorn.Config(app, ws="websockets-sansio", log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        # Listening before serving: who connects early waits in the backlog.
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
