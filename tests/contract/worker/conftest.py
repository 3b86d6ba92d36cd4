"""The two workers that the suite holds to the document: the fake in `ringback.testing`, and the real program."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from ringback.testing.media import FakeWorker
from tests.contract.worker.controller import PATIENCE, Controller
from tests.unit.media.witnesses import log  # noqa: F401 - a fixture

BINARY = Path(__file__).parents[3] / "target" / "release" / "ringback-media"


class WorkerUnderTest(Protocol):
    """A worker that has just started."""

    path: Path

    async def connect(self) -> Controller:
        """A new connection, on which nothing has been said."""

    def let_transports_time_out(self, room: str, participants: list[str]) -> None:
        """Make sure that the transports of these participants close: their clients do not exist."""

    async def ended(self) -> None:
        """Wait until it is gone."""


class _Connections:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._controllers: list[Controller] = []

    async def connect(self) -> Controller:
        controller = Controller(*await asyncio.open_unix_connection(self.path))
        self._controllers.append(controller)
        return controller

    def close(self) -> None:
        for controller in self._controllers:
            controller.close()


class _Fake(_Connections):
    def __init__(self, worker: FakeWorker) -> None:
        super().__init__(worker.path)
        self._worker = worker

    def let_transports_time_out(self, room: str, participants: list[str]) -> None:
        for participant in participants:
            self._worker.transport_closed(room, participant)

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._worker.ended.wait()


class _Real(_Connections):
    def __init__(self, path: Path, process: asyncio.subprocess.Process) -> None:
        super().__init__(path)
        self._process = process

    def let_transports_time_out(self, room: str, participants: list[str]) -> None:
        """It waits for their checks by itself, and gives up after 30 s."""

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert await self._process.wait() == 0


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose sockets have short paths, which pytest's own do not."""
    with tempfile.TemporaryDirectory(prefix="rb-") as directory:
        yield Path(directory)


@pytest.fixture
def binary() -> Path:
    """The real program; the test fails when it has not been built."""
    if os.environ.get("RINGBACK_SKIP_WORKER") == "1":
        pytest.skip("RINGBACK_SKIP_WORKER=1")
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is not there: run `make build`, or set RINGBACK_SKIP_WORKER=1 to leave it out")
    return BINARY


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.worker)])
async def worker(request: pytest.FixtureRequest, short_path: Path) -> AsyncIterator[WorkerUnderTest]:
    """The suite runs once with each."""
    path = short_path / "worker.sock"
    if request.param == "fake":
        async with FakeWorker(path, statistics_interval_s=0.05) as fake:
            under_test = _Fake(fake)
            yield under_test
            under_test.close()
    else:
        async with _real_worker(request.getfixturevalue("binary"), path) as real:
            yield real
            real.close()


@asynccontextmanager
async def _real_worker(binary: Path, path: Path) -> AsyncIterator[_Real]:
    arguments = ["--socket", str(path), "--udp-port", "0", "--address", "127.0.0.1", "--orphan-timeout", "60"]
    process = await asyncio.create_subprocess_exec(binary, *arguments)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _listens(path):
                assert process.returncode is None, "the worker ended at its start; its own words are above"
        yield _Real(path, process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listens(path: Path) -> bool:
    """Nothing tells from outside when a socket begins to listen, so this is asked again and again."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        await asyncio.sleep(0.005)
        return False
    writer.transport.abort()
    return True


@pytest.fixture
async def controller(worker: WorkerUnderTest) -> Controller:
    """A controller of epoch 1 that the worker obeys."""
    controller = await worker.connect()
    assert (await controller.hello())["type"] == "welcome"
    return controller
