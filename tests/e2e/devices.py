"""A device of a person without the showcase: a blank page that drives the public SDK and writes down what it tells."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from pathlib import Path

from playwright.async_api import BrowserContext, Page, Route, TimeoutError

from tests.e2e.content import LOOKS
from tests.e2e.people import PATIENCE, POLL, STEADY_POLLS
from tests.e2e.server import API_KEY, Server

# A page that the server really serves: of one made up by the test, Chromium would not let it reach the local network.
BLANK = "/health/live"
SCRIPT = "/e2e/device.js"  # made up: the server has nothing there

questions = count(1)


class Device:
    """Does what an application does with the SDK; `recorded` asserts all that the SDK has told so far, in order."""

    def __init__(self, name: str, page: Page, server: Server) -> None:
        self.name = name
        self.page = page
        self.server = server
        self.expected: list[str] | None = None
        self.expected_texts: list[str] | None = None

    @classmethod
    async def opens(cls, name: str, context: BrowserContext, server: Server, url: str) -> Device:
        await context.route(f"**{SCRIPT}", _serve)
        page = await context.new_page()
        await page.goto(url + BLANK)
        await page.evaluate(f"import('{SCRIPT}')")
        return cls(name, page, server)

    async def connects(self, token: str | None = None) -> None:
        await self.page.evaluate("(token) => device.connects(token)", token or await demo_token(self))

    async def calls(self, name: str, *, video: bool = False, texts: bool = False) -> None:
        options = {"video": video, "dataChannel": texts}
        await self.page.evaluate("([name, options]) => device.calls(name, options)", [name, options])

    async def joins(self, room: str, *, video: bool = False, texts: bool = False) -> None:
        options = {"video": video, "dataChannel": texts}
        await self.page.evaluate("([room, options]) => device.joins(room, options)", [room, options])

    async def accepts(self, *, video: bool = False, texts: bool = False) -> None:
        await self.page.evaluate("(options) => device.accepts(options)", {"video": video, "dataChannel": texts})

    async def writes(self, *texts: str, to: str | None = None) -> None:
        """Returns when the platform has them."""
        await self.page.evaluate("([texts, to]) => device.writes(texts, to)", [texts, to])

    async def reads(self, *lines: str) -> None:
        """Exactly this has come through the data channel, in this order: texts, and what became of its own."""
        self.expected_texts = list(lines)
        try:
            await self.page.wait_for_function(
                "(expected) => JSON.stringify(device.texts) === expected",
                arg=json.dumps(lines, separators=(",", ":"), ensure_ascii=False),
                polling=POLL,
                timeout=PATIENCE,
            )
        except TimeoutError:
            await self.ends_as_recorded()

    async def declines(self, on_all_devices: bool = False) -> None:
        await self.page.evaluate("(all) => device.call().decline({ declineOnAllDevices: all })", on_all_devices)

    async def hangs_up(self) -> None:
        await self.page.evaluate("device.call().hangup()")

    async def leaves(self) -> None:
        await self.page.evaluate("device.call().leave()")

    async def mutes(self) -> None:
        await self.page.evaluate("device.call().mute(true)")

    async def disconnects(self) -> None:
        await self.page.evaluate("device.disconnects()")

    async def hears(self, *names: str) -> None:
        """These people and nobody else, for a while."""
        wanted = [LOOKS[name].tone for name in names]
        others = [look.tone for name, look in LOOKS.items() if name not in names]
        await self.page.wait_for_function(
            "([question, wanted, others, times]) => recognition.hearsSteadily(question, wanted, others, times)",
            arg=[f"device {next(questions)}", wanted, others, STEADY_POLLS],
            polling=POLL,
            timeout=PATIENCE,
        )

    async def sees(self, name: str) -> None:
        """Their picture, moving."""
        await self.page.wait_for_function(
            "([question, colour]) => recognition.shows(question, document.querySelector('video'), colour)",
            arg=[f"device {next(questions)}", LOOKS[name].colour],
            polling=POLL,
            timeout=PATIENCE,
        )

    async def recorded(self, *lines: str) -> None:
        """Exactly this has been told, in this order."""
        self.expected = list(lines)
        try:
            await self.page.wait_for_function(
                "(expected) => JSON.stringify(device.transcript) === expected",
                arg=json.dumps(self.expected, separators=(",", ":")),
                polling=POLL,
                timeout=PATIENCE,
            )
        except TimeoutError:
            await self.ends_as_recorded()

    async def transcript(self) -> list[str]:
        lines: list[str] = await self.page.evaluate("device.transcript")
        return lines

    async def ends_as_recorded(self) -> None:
        """Nothing has come since: what ends, ends once."""
        if self.expected is not None and not self.page.is_closed():
            told = await self.transcript()
            assert told == self.expected, f"{self.name} was told {told} instead of {self.expected}"
        if self.expected_texts is not None and not self.page.is_closed():
            texts = await self.page.evaluate("device.texts")
            assert texts == self.expected_texts, f"{self.name} has read {texts} instead of {self.expected_texts}"


async def demo_token(device: Device, identity: str | None = None) -> str:
    return await _token(device, "/demo/1/token", {"identity": identity or device.name})


async def backend_token(device: Device, seconds: int) -> str:
    """As an application's backend gets one, good for so long."""
    body = {"identity": device.name, "timeToLive": seconds}
    return await _token(device, "/webrtc/1/token", body, Authorization=f"App {API_KEY}")


async def _token(device: Device, path: str, body: dict[str, object], **headers: str) -> str:
    answer = await device.page.request.post(device.server.url + path, headers=headers, data=body)
    assert answer.ok, await answer.text()
    token: str = (await answer.json())["token"]
    return token


async def _serve(route: Route) -> None:
    file = Path(__file__).with_name("device.js")
    await route.fulfill(content_type="text/javascript", body=await asyncio.to_thread(file.read_text))
