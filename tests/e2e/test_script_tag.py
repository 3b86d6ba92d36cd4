"""Pages of another origin that have the SDK by one script tag, under both of its names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch
from tests.e2e.content import LOOKS
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.server import API_KEY, HOST, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

FILES = {"ringback-rtc.js": "createRingbackRtc", "infobip.rtc.js": "createInfobipRtc"}
"""What a page loads, and what it then makes its client with."""

PAGE = Path(__file__).with_name("script_tag.html")
questions = count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(server: Server) -> AsyncIterator[str]:
    """Somebody's web server; its pages are named for the file that their script tag loads."""
    template = await asyncio.to_thread(PAGE.read_text)

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = self.path.removeprefix("/")
            page = template.replace("PLATFORM", server.url).replace("FILE", file).replace("CREATE", FILES[file])
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer((HOST, 0), Pages) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        yield f"http://{HOST}:{http.server_port}"
        http.shutdown()
        thread.join()


async def sees(page: Page, name: str) -> None:
    await page.wait_for_function(
        "([question, colour]) => recognition.shows(question, document.querySelector('video'), colour)",
        arg=[f"script tag {next(questions)}", LOOKS[name].colour],
        polling=POLL,
        timeout=PATIENCE,
    )


async def test_a_page_with_a_script_tag_calls_another(shop: str, server: Server, browser_of: Launch) -> None:
    pages = []
    for name, file in zip(("anna", "boris"), FILES, strict=True):
        context = await new_context(await browser_of(name))
        page = await context.new_page()
        await page.goto(f"{shop}/{file}")
        answer = await page.request.post(
            f"{server.url}/webrtc/1/token", headers={"Authorization": f"App {API_KEY}"}, data={"identity": name}
        )
        await page.evaluate("(token) => connect(token)", (await answer.json())["token"])
        pages.append(page)
    anna, boris = pages

    await anna.evaluate("start('boris')")
    await sees(anna, "boris")
    await sees(boris, "anna")

    await anna.evaluate("call.hangup()")
    for page in pages:
        await page.wait_for_function("told.join() === 'NORMAL_HANGUP'", timeout=PATIENCE)
        await page.context.close()


async def test_the_script_takes_no_name_that_is_taken(shop: str, browser_of: Launch) -> None:
    context = await new_context(await browser_of("anna"))
    page = await context.new_page()
    await page.add_init_script("window.CallStatus = 'the page’s own'")
    await page.goto(f"{shop}/ringback-rtc.js")

    assert await page.evaluate("[CallStatus, RingbackRtc.CallStatus.ESTABLISHED, typeof RtcEvent]") == [
        "the page’s own",
        4,
        "object",
    ]
    assert await page.evaluate("new Audio() instanceof HTMLAudioElement")
    await context.close()
