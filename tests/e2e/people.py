"""A person at the showcase, so that a test reads like the conversation it is about."""

from __future__ import annotations

import json
import re
from itertools import count
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, Request, TimeoutError, WebSocket, expect

from tests.e2e.content import LOOKS

PATIENCE = 15_000  # milliseconds; nothing here takes more than 2 s on an idle machine
POLL = 120  # milliseconds: near two pictures of the counter
STEADY_POLLS = 8  # about a second without a change: longer than a gap between syllables
SHOWCASE = "/app/showcase/"

questions = count(1)  # every question starts with an empty memory of what was seen and heard


class Person:
    """Does what a person does, and notices what a person notices: `sees`, `hears` and `is_told` assert."""

    def __init__(self, name: str, page: Page, url: str) -> None:
        self.name = name
        self.page = page
        self.url = url
        self.console: list[str] = []
        self.complaints: list[str] = []
        self.contacted: set[str] = set()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self._on_request)
        page.on("websocket", self._on_websocket)

    async def arrives(self) -> None:
        await self.page.goto(self.url + SHOWCASE)
        await self.page.get_by_label("Your name").fill(self.name)
        await self._button("Continue").click()
        await expect(self.page.get_by_role("heading", name=f"Hello, {self.name}")).to_be_visible(timeout=PATIENCE)

    # What they do.

    async def calls(self, name: str) -> None:
        await self.page.get_by_label("Their name").fill(name)
        await self._button("Call").click()
        stage = self.page.get_by_role("region", name="People in this call")
        await expect(stage.get_by_text("Ringing…")).to_be_visible(timeout=PATIENCE)

    async def accepts(self) -> None:
        await self._button("Accept with video").click(timeout=PATIENCE)

    async def declines(self) -> None:
        await self._button("Decline").click(timeout=PATIENCE)

    async def hangs_up(self) -> None:
        await self._button("Hang up").click(timeout=PATIENCE)

    async def cancels(self) -> None:
        await self._button("Cancel call").click(timeout=PATIENCE)

    async def joins(self, room: str) -> None:
        await self.page.get_by_label("Room name").fill(room)
        await self._button("Join").click()
        await expect(self.page.get_by_role("timer")).to_be_visible(timeout=PATIENCE)

    async def joins_to_listen(self, room: str) -> None:
        """Without a camera, and muted."""
        for device in ("Microphone on", "Camera on"):
            await self._button(device).click()
        await self.joins(room)

    async def leaves(self) -> None:
        await self._button("Leave room").click(timeout=PATIENCE)

    async def rejoins(self) -> None:
        await self._button("Join again").click(timeout=PATIENCE)

    async def mutes(self) -> None:
        await self._button("Mute").click()
        await expect(self._button("Unmute")).to_be_visible(timeout=PATIENCE)

    async def unmutes(self) -> None:
        await self._button("Unmute").click()
        await expect(self._button("Mute")).to_be_visible(timeout=PATIENCE)

    async def stops_camera(self) -> None:
        await self._button("Stop camera").click()
        await expect(self._button("Start camera")).to_be_visible(timeout=PATIENCE)

    async def starts_camera(self) -> None:
        await self._button("Start camera").click()
        await expect(self._button("Stop camera")).to_be_visible(timeout=PATIENCE)

    async def shares_screen(self) -> None:
        await self._button("Share screen").click()
        await expect(self._button("Stop sharing")).to_be_visible(timeout=PATIENCE)

    async def stops_sharing(self) -> None:
        await self._button("Stop sharing").click()
        await expect(self._button("Share screen")).to_be_visible(timeout=PATIENCE)

    async def opens_chat(self) -> None:
        await self._chat_button().click(timeout=PATIENCE)
        await expect(self.chat().get_by_role("textbox")).to_be_focused(timeout=PATIENCE)

    async def closes_chat(self) -> None:
        await self.page.keyboard.press("Escape")
        await expect(self.chat()).to_have_count(0, timeout=PATIENCE)
        await expect(self._chat_button()).to_be_focused(timeout=PATIENCE)

    async def writes(self, words: str) -> None:
        await self.chat().get_by_role("textbox").fill(words)
        await self.page.keyboard.press("Enter")

    # What they notice.

    async def is_told(self, words: str) -> None:
        await expect(self.page.get_by_role("heading", name=words)).to_be_visible(timeout=PATIENCE)

    async def sees(self, *names: str) -> None:
        """In a tile with their name: their picture, moving."""
        for name in names:
            await self.page.wait_for_function(
                """([question, tile, colour]) =>
                    recognition.shows(question, document.querySelector(tile + " video"), colour)""",
                arg=[next(questions), f'figure[data-kind=remote][aria-label="{name}"]', LOOKS[name].colour],
                polling=POLL,
                timeout=PATIENCE,
            )

    async def sees_no_picture_of(self, name: str) -> None:
        """They are there, without a picture."""
        await expect(self.tile_of(name)).to_be_visible(timeout=PATIENCE)
        await expect(self.tile_of(name).locator("video")).to_have_count(0, timeout=PATIENCE)

    async def sees_screen_of(self, name: str) -> None:
        """Larger than anybody's picture."""
        screen = self.page.get_by_role("figure", name=f"Screen of {name}", exact=True)
        await expect(screen).to_be_visible(timeout=PATIENCE)
        await self.page.wait_for_function(
            "(video) => video.videoWidth > 0", arg=await screen.locator("video").element_handle(), timeout=PATIENCE
        )
        large, small = await screen.bounding_box(), await self.tile_of(name).bounding_box()
        assert large is not None
        assert small is not None
        assert large["width"] > 2 * small["width"]

    async def sees_no_screen(self) -> None:
        await expect(self.page.locator("figure[data-kind=screen]")).to_have_count(0, timeout=PATIENCE)

    async def sees_speaking(self, name: str, speaking: bool = True) -> None:
        ring = self.tile_of(name).and_(self.page.locator(f"[data-talking={str(speaking).lower()}]"))
        await expect(ring).to_be_visible(timeout=PATIENCE)

    async def sees_nothing_of(self, name: str) -> None:
        await expect(self.tile_of(name)).to_have_count(0, timeout=PATIENCE)

    async def sees_that_is_muted(self, name: str, muted: bool = True) -> None:
        badge = self.tile_of(name).get_by_role("img", name="Muted")
        await expect(badge).to_have_count(1 if muted else 0, timeout=PATIENCE)

    async def hears(self, *names: str) -> None:
        """Exactly these people, for a while."""
        wanted = [LOOKS[name].tone for name in names]
        others = [look.tone for name, look in LOOKS.items() if name not in names]
        try:
            await self.page.wait_for_function(
                "([question, wanted, others, times]) => recognition.hearsSteadily(question, wanted, others, times)",
                arg=[next(questions), wanted, others, STEADY_POLLS],
                polling=POLL,
                timeout=PATIENCE,
            )
        except TimeoutError as error:
            heard = await self.page.evaluate("recognition.tones().slice(0, 5)")
            raise AssertionError(f"{self.name} was to hear {wanted} Hz and not {others} Hz; now: {heard}") from error

    async def hears_nobody(self) -> None:
        await self.hears()

    async def reads(self, *texts: str) -> None:
        """All texts so far: who wrote what, and of one's own what became of it."""
        said = [re.compile(".*".join(map(re.escape, text.split(" | ")))) for text in texts]
        await expect(self.chat().get_by_role("listitem")).to_have_text(said, timeout=PATIENCE)

    async def sees_unread(self, count: int) -> None:
        await expect(self._chat_button()).to_have_accessible_name(f"Chat, {count} new", timeout=PATIENCE)

    def chat(self) -> Locator:
        return self.page.get_by_role("region", name="Chat")

    def _chat_button(self) -> Locator:
        return self.page.get_by_role("region", name="Call controls").get_by_role("button", name=re.compile("^Chat"))

    def tile_of(self, name: str) -> Locator:
        return self.page.get_by_role("figure", name=name, exact=True)

    # What is kept for the report of a failure.

    async def traces(self) -> dict[str, bytes]:
        """Files by name: the screen, the console, and what the page's peer connections say of themselves."""
        connections = await self.page.evaluate("recognition.report()")
        return {
            f"{self.name}.png": await self.page.screenshot(),
            f"{self.name}.console.txt": "\n".join([*self.console, *self.complaints]).encode(),
            f"{self.name}.connections.json": json.dumps(connections, indent=2).encode(),
        }

    def _button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error":
            self.complaints.append(message.text)

    def _on_request(self, request: Request) -> None:
        self._remember_host(request.url)

    def _on_websocket(self, socket: WebSocket) -> None:
        self._remember_host(socket.url)

    def _remember_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"}:
            self.contacted.add(parts.netloc)
