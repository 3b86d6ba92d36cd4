"""A server and its callers on hosts of their own, with a network between them that a test makes bad."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from tests.e2e.browsers import launch, new_context
from tests.e2e.devices import Device
from tests.e2e.impairment.namespaces import host
from tests.e2e.impairment.router import Path, Router
from tests.e2e.server import API_KEY, Place, Server, running_server

SERVER_ADDRESS = "10.77.0.1"
SEED = 1
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
            browser = await launch(playwright, name, tmp_path, within=there.within, trusted=network.server.url)
            stack.push_async_callback(browser.close)
            context = await new_context(browser)
            await context.add_init_script(path=FilePath(__file__).with_name("measure.js"))
            device = await Device.opens(name, context, network.server, network.server.url)
            await device.connects(await device.page.evaluate(ASK_FOR_TOKEN, [name, API_KEY]))
            return Caller(device, path)

        yield come
