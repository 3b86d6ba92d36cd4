"""One real `ringback serve`, as anybody would start it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILT_PAGE = ROOT / "src/ringback/static/app/showcase/index.html"
WORKER = b"ringback-media"
HOST = "127.0.0.1"
API_KEY = "end-to-end"
WORKER_BINARY = "RINGBACK_WORKER_BINARY"  # the one setting that belongs to the machine
START_SECONDS = 60  # a cold start with migrations takes 3; the machine may be busy building
STOP_SECONDS = 20  # it drains its workers first
POLL_SECONDS = 0.2
TAIL_LINES = 60

CANARIES = re.compile(rf"anna|boris|clara|eyJ[\w-]{{10}}|{API_KEY}", re.IGNORECASE)
"""Everybody in these tests, their tokens, and the backend's key: nothing of that may be logged."""


class ServerFailed(Exception):
    """The server did not start, or died; the message ends with its last words."""


@dataclass(frozen=True)
class Place:
    """Where a server is."""

    address: str = HOST
    within: tuple[str, ...] = ()
    """The words before a command that is to run on the same host as the server."""


HERE = Place()


@dataclass
class Server:
    url: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    place: Place = HERE
    process: asyncio.subprocess.Process = field(init=False)

    async def starts(self) -> None:
        """Returns when it is ready; again after its end it has the same data, port and log."""
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        await _wait_until_ready(self)

    async def is_killed(self) -> None:
        """As by a crash: it has no time to say anything. Its workers go on."""
        self.process.kill()
        await self.process.wait()

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


@asynccontextmanager
async def running_server(
    folder: Path, settings: Mapping[str, str] | None = None, place: Place = HERE
) -> AsyncIterator[Server]:
    if not BUILT_PAGE.exists():
        raise ServerFailed("The showcase is not built: run `npm run build` first.")
    port = _free_port()
    log = folder / "server.log"
    environment = {
        name: value for name, value in os.environ.items() if name == WORKER_BINARY or not name.startswith("RINGBACK_")
    }
    defaults = {
        "RINGBACK_MEDIA_UDP_PORT": "0",
        "RINGBACK_BOOTSTRAP_API_KEY": API_KEY,
        "RINGBACK_LOG_LEVEL": "debug",
    }
    command = (
        *(*place.within, sys.executable, "-m", "ringback", "serve"),
        *("--host", place.address, "--port", str(port), "--data-dir", str(folder / "data"), "--workers", "1"),
    )
    environment |= {**defaults, **(settings or {})}
    server = Server(f"http://{place.address}:{port}", command, environment, log, place)
    try:
        await server.starts()
        yield server
    finally:
        await _stop(server.process)
    # What the server prints for people when it starts shows the key, once.
    told = [line for line in log.read_text(errors="replace").splitlines() if line[:1] == "{" and CANARIES.search(line)]
    if told:
        raise ServerFailed(f"Its log tells of people: {told[:5]}")


def workers_of(server: Server) -> list[int]:
    """The media workers of this server: they are told where its data is."""
    folder = str(server.log.parent).encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
        if words.split(b"\0")[0].endswith(WORKER) and folder in words:
            found.append(int(process.name))
    assert found, "no worker runs"
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def _wait_until_ready(server: Server) -> None:
    for _ in range(round(START_SECONDS / POLL_SECONDS)):
        if await _is_ready(server):
            return
        await asyncio.sleep(POLL_SECONDS)
    raise ServerFailed(f"Not ready after {START_SECONDS} s.\n{server.tail()}")


async def _is_ready(server: Server) -> bool:
    if server.process.returncode is not None:
        raise ServerFailed(f"Exited with {server.process.returncode}.\n{server.tail()}")
    ask = (*server.place.within, "curl", "--silent", "--fail", "--output", "/dev/null", f"{server.url}/health/ready")
    return not await (await asyncio.create_subprocess_exec(*ask)).wait()


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
