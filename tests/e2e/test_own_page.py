"""The example of an own page with its token servers, as somebody new starts them."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Dialog, Page, Playwright, expect

from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch
from tests.e2e.content import LOOKS
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.server import API_KEY, HOST, ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

EXAMPLE = ROOT / "examples/own-page"
COMMANDS = {"python": (sys.executable, EXAMPLE / "token_server.py"), "node": ("node", EXAMPLE / "token-server.mjs")}
LINES = 60  # that one sees at a glance what is in them
POLL_SECONDS = 0.2
START_SECONDS = 30


@asynccontextmanager
async def token_server(language: str, platform: str, api_key: str = API_KEY) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    settings = {"RINGBACK_URL": platform, "RINGBACK_API_KEY": api_key, "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        *map(str, COMMANDS[language]), env={"PATH": os.environ["PATH"], **settings}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for _ in range(round(START_SECONDS / POLL_SECONDS)):
            if await listens(port):
                break
            await asyncio.sleep(POLL_SECONDS)
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def connects(page: Page, url: str, name: str) -> None:
    await page.goto(url)
    await page.get_by_label("I am").fill(name)
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("status")).to_have_text(f"Connected as {name}.", timeout=PATIENCE)


async def sees(page: Page, name: str) -> None:
    await page.wait_for_function(
        "([name, colour]) => recognition.shows(name, document.querySelector('video'), colour)",
        arg=[name, LOOKS[name].colour],
        polling=POLL,
        timeout=PATIENCE,
    )


async def agree(question: Dialog) -> None:
    assert question.message == "anna calls. Answer?"
    await question.accept()


async def test_two_pages_of_it_call_each_other(server: Server, browser_of: Launch) -> None:
    anna, boris = [await (await new_context(await browser_of(name))).new_page() for name in ("anna", "boris")]
    boris.on("dialog", agree)
    async with token_server("python", server.url) as python, token_server("node", server.url) as node:
        await connects(anna, python, "anna")
        await connects(boris, node, "boris")

        await anna.get_by_label("Call").fill("boris")
        await anna.get_by_role("button", name="Call").click()
        await sees(anna, "boris")
        await sees(boris, "anna")
        await anna.get_by_role("button", name="Hang up").click()
        for page in (anna, boris):
            await expect(page.get_by_role("status")).to_have_text("Over: NORMAL_HANGUP.", timeout=PATIENCE)
            await page.context.close()


@pytest.mark.parametrize("language", COMMANDS)
async def test_what_a_token_server_answers(playwright: Playwright, server: Server, language: str) -> None:
    client = await playwright.request.new_context()
    async with token_server(language, server.url) as url:
        for path, body, status in (
            ("/token", '{"identity": "anna"}', 200),
            ("/token", '{"identity": "not an identity!"}', 400),
            ("/token", "{}", 400),
            ("/token", "[]", 400),
            ("/token", "not JSON", 400),
            ("/token", "1" * 5000, 400),
            ("/elsewhere", '{"identity": "anna"}', 404),
        ):
            answer = await client.post(url + path, data=body)
            assert (path, body, answer.status) == (path, body, status)
    async with token_server(language, server.url, api_key="wrong") as url:
        answer = await client.post(f"{url}/token", data='{"identity": "anna"}')
        assert answer.status == 502, "it is not the page's fault"
    await client.dispose()


@pytest.mark.parametrize("file", [Path(command[1]) for command in COMMANDS.values()], ids=lambda file: file.name)
async def test_a_token_server_is_short(file: Path) -> None:
    assert len((await asyncio.to_thread(file.read_text)).splitlines()) <= LINES
