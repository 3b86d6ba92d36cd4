"""The page that tells whether calls work from here."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch
from tests.e2e.people import PATIENCE, Person
from tests.e2e.server import Server
from tests.e2e.test_accessibility import Axe, read_axe

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PAGE = "/app/connection-test"
LONG = 2 * PATIENCE  # it looks at the echo for six seconds


async def start(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_role("button", name="Start the test").click()


async def test_the_echo_comes_back_and_the_verdict_is_good(browser_of: Launch, server: Server) -> None:
    context = await new_context(await browser_of("anna"))
    page = await context.new_page()
    axe = Axe(await read_axe())
    await page.goto(server.url + PAGE)
    await axe.finds_nothing(page)
    await start(page, server.url + PAGE)
    await page.wait_for_function(
        "() => { const video = document.querySelector('.echo video'); return video && video.videoWidth > 0; }",
        timeout=PATIENCE,
    )

    await expect(page.get_by_role("heading", name="Calls work from here")).to_be_visible(timeout=LONG)
    report = await page.locator("pre").inner_text()
    for line in ("signaling: good CONNECTED", "devices: good DEVICES_READY", "path: good UDP", "echo: good ECHO_CLEAR"):
        assert line in report
    assert "127.0.0.1" not in report
    await axe.finds_nothing(page)
    await context.close()


async def test_a_refused_token_is_told_with_its_remedy(browser_of: Launch, server: Server) -> None:
    context = await new_context(await browser_of("anna"))
    page = await context.new_page()
    await start(page, f"{server.url}{PAGE}?token=nonsense")

    await expect(page.get_by_role("heading", name="Calls do not work from here")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("refuses the token")).to_be_visible()
    await context.close()


async def test_the_showcase_leads_to_it(anna: Person) -> None:
    async with anna.page.expect_popup() as opened:
        await anna.page.get_by_role("link", name="Test your connection").click()
    page = await opened.value
    await expect(page.get_by_role("heading", name="Connection test")).to_be_visible(timeout=PATIENCE)
