"""What assistive technology finds: axe on every screen, and a conversation with the keyboard alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Page, ViewportSize, expect

from tests.e2e.conftest import Invite
from tests.e2e.people import PATIENCE, SHOWCASE, Person
from tests.e2e.server import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

AXE = ROOT / "node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")  # of axe's minor, moderate, serious and critical
SIZES: tuple[ViewportSize, ...] = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Axe:
    def __init__(self, source: str) -> None:
        self._source = source

    async def finds_nothing(self, page: Page) -> None:
        """In both schemes, on a phone and on a desktop."""
        if not await page.evaluate("() => 'axe' in window"):
            await page.evaluate(self._source)
        for size in SIZES:
            await page.set_viewport_size(size)
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found = await page.evaluate("() => axe.run().then(({ violations }) => violations)")
                grave = [
                    (one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in GRAVE
                ]
                assert grave == [], f"{size['width']} px, {scheme}"
                wide = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"scrolls sideways by {wide} px at {size['width']} px"


async def read_axe() -> str:
    return await asyncio.to_thread(AXE.read_text)


@pytest_asyncio.fixture(loop_scope="session")
async def axe() -> AsyncIterator[Axe]:
    yield Axe(await read_axe())


async def test_axe_finds_nothing_on_the_way_to_a_call(axe: Axe, anna: Person, boris: Person) -> None:
    await axe.finds_nothing(anna.page)
    await anna.calls("boris")
    await axe.finds_nothing(anna.page)
    await boris.is_told("anna is calling")
    await axe.finds_nothing(boris.page)
    await boris.accepts()
    await anna.sees("boris")
    await boris.shares_screen()
    await anna.sees_screen_of("boris")
    await axe.finds_nothing(anna.page)
    await anna.hangs_up()
    await anna.is_told("You hung up")
    await axe.finds_nothing(anna.page)


async def test_axe_finds_nothing_where_a_name_is_asked_for(axe: Axe, anna: Person) -> None:
    await anna.page.goto(anna.url + SHOWCASE)
    await expect(anna.page.get_by_label("Your name")).to_be_visible(timeout=PATIENCE)
    await axe.finds_nothing(anna.page)


async def test_two_who_ring_have_a_card_each(axe: Axe, anna: Person, boris: Person, clara: Person) -> None:
    await boris.calls("anna")
    await anna.is_told("boris is calling")
    await clara.calls("anna")
    await anna.is_told("clara is calling")
    await axe.finds_nothing(anna.page)

    card = anna.page.get_by_role("region", name="Call from clara")
    await card.get_by_role("button", name="Decline").click()
    await clara.is_told("anna declined")
    await anna.is_told("boris is calling")


async def test_a_call_with_the_keyboard_alone(invite: Invite, server: Server) -> None:
    anna, boris = await invite("anna"), await invite("boris")
    await _tab_to(anna.page, "Their name")
    await anna.page.keyboard.type("boris")
    await anna.page.keyboard.press("Enter")
    await boris.is_told("anna is calling")
    await _tab_to(boris.page, "Accept with video")
    await boris.page.keyboard.press("Enter")
    await anna.sees("boris")
    await expect(boris.page.get_by_role("heading", name="anna")).to_be_focused(timeout=PATIENCE)

    await _tab_to(anna.page, "Mute")
    await anna.page.keyboard.press("Space")
    await boris.sees_that_is_muted("anna")
    await expect(boris.page.get_by_role("status")).to_have_text("anna is muted.", timeout=PATIENCE)
    await _tab_to(anna.page, "Hang up")
    await anna.page.keyboard.press("Enter")
    await expect(boris.page.get_by_role("heading", name="anna hung up")).to_be_focused(timeout=PATIENCE)


async def _tab_to(page: Page, name: str) -> None:
    """As often as it takes, within reason."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        label = "() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        if await page.evaluate(label) == name:
            return
    raise AssertionError(f"{name} cannot be reached with the tabulator")
