"""One server and one browser per person for the whole session; a fresh page per person and test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.e2e.browsers import asked_of_strangers, launch, new_context
from tests.e2e.devices import Device
from tests.e2e.people import Person
from tests.e2e.relay import Relay, relay_to
from tests.e2e.server import Server, running_server

ARTIFACTS = Path(__file__).with_name("artifacts")

Launch = Callable[[str], Awaitable[Browser]]
Serve = Callable[[dict[str, str]], Awaitable[Server]]


class Invite(Protocol):
    """Makes a person, in a window of their own browser, or in one more `beside` another person's."""

    def __call__(self, name: str, *, beside: str | None = None) -> Awaitable[Person]: ...


class Open(Protocol):
    """Opens a person's device at a server, the shared one if none is given; `connect=False` leaves that to the test."""

    def __call__(
        self, name: str, server: Server | None = None, *, via: Relay | None = None, connect: bool = True
    ) -> Awaitable[Device]: ...


_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(autouse=True)
def nobody_else_is_asked() -> Iterator[None]:
    """Neither our pages nor the SDK load anything from elsewhere, whatever happens (DESIGN, decision 10)."""
    asked_of_strangers.clear()
    yield
    assert asked_of_strangers == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser_of(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launch]:
    folder = tmp_path_factory.mktemp("capture")
    browsers: dict[str, Browser] = {}

    async def get(name: str) -> Browser:
        if name not in browsers:
            browsers[name] = await launch(playwright, name, folder)
        return browsers[name]

    yield get
    for browser in browsers.values():
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def invite(request: pytest.FixtureRequest, server: Server, browser_of: Launch) -> AsyncIterator[Invite]:
    """Makes people, each in a fresh page of their own browser, and keeps what they saw when the test fails."""
    invited: list[Person] = []
    async with AsyncExitStack() as stack:

        async def get(name: str, *, beside: str | None = None) -> Person:
            context = await new_context(await browser_of(beside or name))
            stack.push_async_callback(context.close)
            person = Person(name, await context.new_page(), server.url)
            invited.append(person)
            await person.arrives()
            return person

        yield get
        if request.node.stash.get(_failed, False):
            files = {"server.log": server.tail().encode()}
            for person in invited:
                files |= await person.traces()
            await asyncio.to_thread(_write, ARTIFACTS / request.node.name, files)


@pytest_asyncio.fixture(loop_scope="session")
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts a server for one test alone, with settings of its own."""
    async with AsyncExitStack() as stack:

        async def start(settings: dict[str, str]) -> Server:
            return await stack.enter_async_context(running_server(tmp_path, settings))

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def relay(server: Server) -> AsyncIterator[Relay]:
    async with relay_to(server.url) as relay:
        yield relay


@pytest_asyncio.fixture(loop_scope="session")
async def open_device(
    request: pytest.FixtureRequest, server: Server, serve: Serve, relay: Relay, browser_of: Launch
) -> AsyncIterator[Open]:
    """Opens devices without the showcase; when the test is over, nothing may have happened that it did not expect.

    It stands on `serve` and `relay`, which therefore go later.
    """
    opened: list[Device] = []
    shared = server
    async with AsyncExitStack() as stack:

        async def get(
            name: str, server: Server | None = None, *, via: Relay | None = None, connect: bool = True
        ) -> Device:
            at = server or shared
            context = await new_context(await browser_of(name))
            stack.push_async_callback(context.close)
            device = await Device.opens(name, context, at, (via or at).url)
            opened.append(device)
            if connect:
                await device.connects()
            return device

        yield get
        if request.node.stash.get(_failed, False):
            logs = {f"{urlsplit(device.server.url).port}.log": device.server.tail().encode() for device in opened}
            await asyncio.to_thread(_write, ARTIFACTS / request.node.name, logs)
        else:
            for device in opened:
                await device.ends_as_recorded()


@pytest_asyncio.fixture(loop_scope="session")
async def anna(invite: Invite) -> Person:
    return await invite("anna")


@pytest_asyncio.fixture(loop_scope="session")
async def boris(invite: Invite) -> Person:
    return await invite("boris")


@pytest_asyncio.fixture(loop_scope="session")
async def clara(invite: Invite) -> Person:
    return await invite("clara")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
