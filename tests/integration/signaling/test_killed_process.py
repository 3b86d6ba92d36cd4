"""`ringback serve` as a process of its own, with a real media worker: it is killed and started again."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import websockets

from ringback.signaling.messages import SUBPROTOCOL
from tests.integration.signaling.test_calls import AUDIO, calls
from tests.integration.signaling.world import OFFER, Somebody

ROOT = Path(__file__).parents[3]
API_KEY = "for-these-tests"
PATIENCE_SECONDS = 60.0

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(os.environ.get("RINGBACK_SKIP_WORKER") == "1", reason="RINGBACK_SKIP_WORKER=1"),
]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory whose sockets have short paths, which pytest's own do not."""
    with tempfile.TemporaryDirectory(prefix="rb-") as directory:
        yield Path(directory)


class Node:
    """One node through all its processes, on one data directory and one port."""

    def __init__(self, data: Path, **chosen: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self._url = f"http://127.0.0.1:{self._port}"
        self._log = data / "log"
        self._process: asyncio.subprocess.Process | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
        settings = {"WORKERS": "1", "MEDIA_UDP_PORT": "0", "BOOTSTRAP_API_KEY": API_KEY, **chosen}
        self._environment = {
            **kept,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path]),
            "RINGBACK_DATA_DIR": str(data),
            **{f"RINGBACK_{name}": value for name, value in settings.items()},
        }

    async def starts(self) -> None:
        """Returns when it is ready."""
        self._process = await self.runs("serve", "--port", str(self._port))
        async with asyncio.timeout(PATIENCE_SECONDS), httpx2.AsyncClient(base_url=self._url) as client:
            while True:
                assert self._process.returncode is None, self._log.read_text()
                try:
                    if (await client.get("/health/ready")).status_code == 200:
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)

    async def runs(self, *arguments: str) -> asyncio.subprocess.Process:
        """The command line of this node."""
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ringback", *arguments), env=self._environment, stdout=log, stderr=log
            )

    async def gets(self, number: signal.Signals) -> None:
        """Send its process a signal, and wait for its end."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._process.wait()

    async def token(self, identity: str) -> str:
        async with httpx2.AsyncClient(base_url=self._url, headers={"Authorization": f"App {API_KEY}"}) as client:
            answer = await client.post("/webrtc/1/token", json={"identity": identity})
        return str(answer.json()["token"])

    async def connects(self, identity: str) -> Somebody:
        somebody = Somebody(await self.another_socket(), self)
        await somebody.says_hello(await self.token(identity))
        return somebody

    async def figure(self, line: str) -> float:
        """A figure of /metrics."""
        async with httpx2.AsyncClient(base_url=self._url) as client:
            shown = (await client.get("/metrics")).text.splitlines()
        return float(next(each for each in shown if each.startswith(line)).rpartition(" ")[2])

    def said(self, event: str) -> int:
        """How often it has logged this."""
        return self._log.read_text().count(event)

    async def another_socket(self) -> websockets.ClientConnection:
        url = f"{self._url.replace('http', 'ws')}/rtc/v1"
        return await websockets.connect(url, subprotocols=[websockets.Subprotocol(SUBPROTOCOL)])

    async def misses(self, session: str) -> None:
        """Nobody can look into it."""

    async def says_all(self) -> None:
        """Nobody can look into it."""

    async def media_connects(self, call_id: str) -> None:
        """Nobody can look into it."""


@asynccontextmanager
async def running(data: Path, **chosen: str) -> AsyncIterator[Node]:
    node = Node(data, **chosen)
    await node.starts()
    try:
        yield node
    finally:
        await node.gets(signal.SIGTERM)


async def in_a_call(node: Node) -> tuple[Somebody, str, Somebody, str]:
    """Without media: nobody here could connect it, and the worker would give up."""
    anna, boris = await node.connects("anna"), await node.connects("boris")
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await boris.hears("call.established")
    return anna, annas, boris, boriss


async def both_go_on(node: Node, anna: Somebody, annas: str, boris: Somebody, boriss: str) -> None:
    for somebody, own in ((anna, annas), (boris, boriss)):
        assert await somebody.comes_back(await node.token(somebody.welcome["identity"]))
        assert (await somebody.hears("session.restored"))["calls"] == [own]
        await somebody.hears("call.established")
    await anna.does("media.update", callId=annas, microphone=False)
    assert not (await boris.hears("participant.updated"))["participant"]["microphone"]


async def test_a_killed_node_finds_its_worker_its_sessions_and_their_calls_again(data: Path) -> None:
    async with running(data) as node:
        anna, annas, boris, boriss = await in_a_call(node)
        for kill in (1, 2, 3):
            await node.gets(signal.SIGKILL)
            await node.starts()
            assert node.said("media worker adopted") == kill
            await both_go_on(node, anna, annas, boris, boriss)
            assert await node.figure('ringback_media_worker_rooms{worker="0"}') == 1
            await anna.does("media.update", callId=annas, microphone=True)
            await boris.hears("participant.updated")
        assert "a=ice-ufrag" in (await anna.does("media.offer", callId=annas, sdp=OFFER))["sdp"]
        await boris.does("call.hangUp", callId=boriss)
        await anna.hears_of_end("NORMAL_HANGUP")
        await boris.hears_of_end("NORMAL_HANGUP")
        assert node.said("media worker started") == 1


async def test_a_stop_that_stops_the_worker_ends_everything(data: Path) -> None:
    async with running(data) as node:
        anna, _, _, _ = await in_a_call(node)
        await node.gets(signal.SIGTERM)
        await node.starts()
        assert not await anna.comes_back(await node.token("anna"))
        assert await node.figure('ringback_calls{state="ESTABLISHED"}') == 0


async def test_a_stop_that_leaves_the_worker_ends_nothing(data: Path) -> None:
    others = Node(data)
    worker = await others.runs("worker", "run", "--number", "0")
    try:
        async with running(data, WORKERS_EXTERNAL="true") as node:
            people = await in_a_call(node)
            await node.gets(signal.SIGTERM)
            await node.starts()
            await both_go_on(node, *people)
    finally:
        worker.terminate()
        await worker.wait()
