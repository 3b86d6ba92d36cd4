"""A server and its callers on hosts of their own, with a network between them that a test makes bad."""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright

from tests.e2e.browsers import EXECUTABLE, launch_with_files, new_context
from tests.e2e.content import LOOKS, write_audio, write_lively_video
from tests.e2e.devices import Device
from tests.e2e.impairment.namespaces import Host, host
from tests.e2e.impairment.router import Path, Router
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.server import API_KEY, Place, Server, running_server

SERVER_ADDRESS = "10.77.0.1"
SEED = 1
COUNTERS = {"audio": "packetsReceived", "video": "framesDecoded"}
ASK_FOR_TOKEN = """async ([identity, key]) => {
    const headers = { 'Authorization': `App ${key}`, 'Content-Type': 'application/json' };
    const answer = await fetch('/webrtc/1/token', { method: 'POST', headers, body: JSON.stringify({ identity }) });
    return (await answer.json()).token;
}"""


@dataclass
class Caller:
    """Somebody's device, and the path between it and the server."""

    device: Device
    path: Path

    async def told(self, event: str) -> None:
        """The device has been told this by now, or soon."""
        await self.device.page.wait_for_function(
            "(event) => device.transcript.some((line) => line.endsWith(event))", arg=event, timeout=PATIENCE
        )

    async def stays_connected(self) -> None:
        """The call goes on, and whoever did not look at the network has noticed nothing."""
        assert not [line for line in await self.device.transcript() if "hangup" in line or "error" in line]

    async def hears_and_sees_something(self) -> None:
        """The first sound and the first picture have arrived since `begin`."""
        await self.device.page.wait_for_function(
            "(names) => Object.entries(names).every(([kind, name]) => measure.count(kind, name) > 0)",
            arg=COUNTERS,
            timeout=PATIENCE,
            polling=POLL,
        )

    async def plays(self) -> None:
        """Sound and pictures arrive."""
        await self.measured("begin")
        for kind in COUNTERS:
            await self.comes_back(kind)

    async def comes_back(self, kind: str) -> float:
        """After how many seconds from `begin` on this kind of media has not stood still again."""
        await self.device.page.wait_for_function(
            "([kind, name]) => measure.flows(kind, name)", arg=[kind, COUNTERS[kind]], timeout=PATIENCE, polling=POLL
        )
        standstill = await self.measured("standstill", kind, COUNTERS[kind])
        return float(standstill["last"])

    async def moves(self) -> None:
        """The device is in another network from now on."""
        before, after = self.path.address, self.path.other_address
        await self.path.host.has_address(after)
        await self.path.host.loses_address(before)

    async def measured(self, what: str, *arguments: object) -> Any:
        return await self.device.page.evaluate(f"(given) => measure.{what}(...given)", list(arguments))


Arrive = Callable[[str], Awaitable[Caller]]


@dataclass
class Network:
    server: Server
    router: Router


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    if os.geteuid():
        pytest.fail("Only root can make network namespaces.")
    async with host(f"rb{os.getpid()}-server") as server_host:
        await server_host.has_address(SERVER_ADDRESS)
        place = Place(SERVER_ADDRESS, server_host.within)
        settings = {"RINGBACK_MEDIA_ADDRESSES": SERVER_ADDRESS}
        router = Router(server_host)
        try:
            async with running_server(tmp_path_factory.mktemp("far"), settings, place) as server:
                yield Network(server, router)
        finally:
            router.stop()  # before its device is closed


@pytest_asyncio.fixture(loop_scope="session")
async def arrive(network: Network, playwright: Playwright, tmp_path: FilePath) -> AsyncIterator[Arrive]:
    """Lets somebody come, connected over a path that is good so far."""
    async with AsyncExitStack() as stack:

        async def come(name: str) -> Caller:
            there = await stack.enter_async_context(host(f"rb{os.getpid()}-{name}"))
            path = network.router.connect(there, seed=SEED)
            stack.callback(network.router.disconnect, path)
            await there.has_address(path.address)
            browser = await _launch(playwright, name, tmp_path, there, network.server.url)
            stack.push_async_callback(browser.close)
            context = await new_context(browser)
            await context.add_init_script(path=FilePath(__file__).with_name("measure.js"))
            device = await Device.opens(name, context, network.server, network.server.url)
            await device.connects(await device.page.evaluate(ASK_FOR_TOKEN, [name, API_KEY]))
            return Caller(device, path)

        yield come


async def _launch(playwright: Playwright, name: str, folder: FilePath, there: Host, url: str) -> Browser:
    video, audio, script = folder / f"{name}.y4m", folder / f"{name}.wav", folder / f"{name}-browser"
    write_lively_video(video)
    write_audio(audio, LOOKS[name])
    script.write_text(f'#!/bin/sh\nexec {shlex.join(there.within)} {EXECUTABLE} "$@"\n')
    script.chmod(0o700)
    return await launch_with_files(playwright, video, audio, executable=str(script), trusted=url)
