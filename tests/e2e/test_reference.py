"""The API reference at /docs: it needs nobody else, tells the truth, and can be read by everybody."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, expect

from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch
from tests.e2e.people import PATIENCE
from tests.e2e.server import API_KEY, Server
from tests.e2e.test_accessibility import Axe, read_axe

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

CANARY = "a-key-that-nobody-else-shall-see"

Read = Callable[[str], Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def read(browser_of: Launch, server: Server) -> AsyncIterator[Read]:
    """Opens a chapter; when the test is over, the browser has had nothing to complain about and asked nobody else."""
    said: list[str] = []
    asked: list[Request] = []
    async with AsyncExitStack() as stack:

        async def open_chapter(id: str) -> Page:
            context = await new_context(await browser_of("anna"))
            stack.push_async_callback(context.close)
            await context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = await context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("request", lambda request: asked.append(request))
            await page.goto(f"{server.url}/docs{id and f'#/{id}'}")
            await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
            await expect(page.get_by_text("Health", exact=True)).to_be_attached(timeout=PATIENCE)
            return page

        yield open_chapter
    assert said == []
    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(server.url).netloc}


async def links(page: Page) -> list[tuple[str, str]]:
    """Address and title of every operation."""
    found: list[tuple[str, str]] = await page.eval_on_selector_all(
        "nav section li a", "all => all.map(a => [a.getAttribute('href'), a.lastChild.textContent])"
    )
    return found


async def test_axe_finds_nothing_in_any_kind_of_chapter(read: Read) -> None:
    axe = Axe(await read_axe())
    for chapter in ("", "rules", "generate-webrtc-token", "save-push-configuration", "nothing-of-this-name"):
        page = await read(chapter)
        for summary in await page.locator("main summary").all():
            await summary.click()
        await axe.finds_nothing(page)


async def test_every_operation_has_its_page_on_a_phone_too(read: Read, server: Server) -> None:
    page = await read("")
    answer = await page.request.get(f"{server.url}/openapi.json")
    described = {
        f"#/{operation['operationId']}": operation["summary"]
        for path in (await answer.json())["paths"].values()
        for operation in path.values()
    }
    assert dict(await links(page)) == described
    await page.set_viewport_size({"width": 360, "height": 740})
    for address, title in described.items():
        await page.evaluate("address => { location.hash = address }", address)
        await expect(page.get_by_role("heading", level=1)).to_have_text(title)
        await expect(page.locator("figure").first).to_contain_text("curl")
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, title
        assert await page.title() == f"{title} · Ringback API"


async def test_the_quickstart_works_as_it_stands(read: Read) -> None:
    page = await read("")
    commands = await page.locator("pre").filter(has_text="curl ").all_inner_texts()
    assert len(commands) == 4
    shell = "\n".join(
        ['curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }', "set -e", *commands]
    )
    answers = await run(shell, {"API_KEY": API_KEY})
    token, nothing, listing, revocation = answers.splitlines()
    assert '"token"' in token
    assert nothing == ""
    assert '"applicationId":"shop","applicationName":"Web shop"' in listing
    assert '"identity":"alice"' in revocation


async def test_the_key_goes_into_the_commands_and_nowhere_else(read: Read) -> None:
    page = await read("")
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    page.on("request", note)
    await page.get_by_label("API key", exact=True).fill(CANARY)
    await expect(page.locator("pre").first).to_have_text(f"export API_KEY={CANARY}")
    for address, _ in await links(page):
        await page.evaluate("address => { location.hash = address }", address)
    await page.get_by_role("link", name="List the applications").click()
    await expect(page.locator("pre").first).to_contain_text(f"'Authorization: App {CANARY}'")
    assert CANARY not in page.url
    kept = "() => JSON.stringify([localStorage, sessionStorage, document.cookie, history.state])"
    assert CANARY not in await page.evaluate(kept)
    await page.reload()
    await expect(page.locator("pre").first).to_contain_text("$API_KEY")
    sent = [f"{request.url} {await request.all_headers()} {request.post_data}" for request in requests]
    assert sent
    assert CANARY not in "".join(sent)


async def test_a_command_with_the_key_is_copied_and_runs(read: Read) -> None:
    page = await read("get-applications")
    await page.get_by_text("Put your API key into the command").click()
    await page.get_by_label("API key", exact=True).fill(API_KEY)
    await page.get_by_role("button", name="Copy").first.click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    command = await page.evaluate("navigator.clipboard.readText()")
    assert '"results"' in await run(command)


async def test_the_keyboard_finds_an_operation(read: Read) -> None:
    page = await read("")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Find an operation or field")).to_be_focused()
    await page.keyboard.type("timeToLive")
    await expect(page.get_by_role("status")).to_have_text("1 operation")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Create a token")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Quickstart")).to_be_focused()


async def test_on_a_phone_the_list_folds_away_after_a_choice(read: Read) -> None:
    page = await read("")
    await page.set_viewport_size({"width": 360, "height": 740})
    operation = page.get_by_role("link", name="POST Create an application")
    await expect(operation).to_be_hidden()
    await page.get_by_text("All chapters and operations").click()
    await operation.click()
    await expect(page.get_by_role("heading", name="Create an application")).to_be_visible()
    await expect(operation).to_be_hidden()


async def run(shell: str, variables: dict[str, str] | None = None) -> str:
    """What a shell prints; its errors are those of the test."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        shell,
        env={**os.environ, **(variables or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), PATIENCE / 1000)
    assert process.returncode == 0, f"{shell}\n{output.decode()}\n{errors.decode()}"
    return output.decode()
