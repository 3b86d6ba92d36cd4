"""Simulcast: who shows a small picture receives a small layer, and what nobody looks at is not sent."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize

from tests.e2e.conftest import Invite
from tests.e2e.content import HEIGHT, WIDTH
from tests.e2e.people import PATIENCE, POLL, Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SMALL: ViewportSize = {"width": 480, "height": 640}  # pixels of a window whose tiles are smaller than half the picture
LARGE: ViewportSize = {"width": 1600, "height": 1000}  # and of one whose tiles are larger than the picture
HALF = (WIDTH // 2, HEIGHT // 2)
WHOLE = (WIDTH, HEIGHT)


async def test_a_small_tile_receives_a_small_layer_and_a_large_one_the_large_one(anna: Person, boris: Person) -> None:
    await boris.page.set_viewport_size(SMALL)
    for person in (anna, boris):
        await person.joins("sizes")
    await receives(boris, "anna", *HALF)
    await boris.sees("anna")

    await boris.page.set_viewport_size(LARGE)
    await receives(boris, "anna", *WHOLE)
    await boris.sees("anna")

    await boris.page.set_viewport_size(SMALL)
    await receives(boris, "anna", *HALF)


async def test_layers_that_nobody_needs_are_not_sent(invite: Invite, anna: Person, boris: Person) -> None:
    await boris.page.set_viewport_size(SMALL)
    await anna.joins("demand")
    await sends_layers(anna, 0)
    await boris.joins("demand")
    await boris.sees("anna")
    await sends_layers(anna, 1)

    viewer = await invite("dora", beside="boris")
    await viewer.page.set_viewport_size(LARGE)
    await viewer.joins_to_listen("demand")
    await receives(viewer, "anna", *WHOLE)
    await sends_layers(anna, 2)
    await viewer.leaves()
    await sends_layers(anna, 1)
    await boris.leaves()
    await sends_layers(anna, 0)


async def receives(person: Person, name: str, width: int, height: int) -> None:
    """The picture of this name comes in this size."""
    await person.page.wait_for_function(
        """([tile, width, height]) => {
            const video = document.querySelector(tile + " video");
            return video !== null && video.videoWidth === width && video.videoHeight === height;
        }""",
        arg=[f'figure[data-kind=remote][aria-label="{name}"]', width, height],
        polling=POLL,
        timeout=PATIENCE,
    )


async def sends_layers(person: Person, count: int) -> None:
    """So many layers of the camera are sent, and more packets of no other."""
    await person.page.wait_for_function(
        """async (count) => {
            const sent = async () => new Map((await recognition.report())
                .flatMap(({ statistics }) => statistics)
                .filter(({ type, rid }) => type === 'outbound-rtp' && rid !== undefined)
                .map(({ rid, packetsSent }) => [rid, packetsSent]));
            const before = await sent();
            await new Promise((resolve) => setTimeout(resolve, 1000));
            const after = await sent();
            return [...after].filter(([rid, packets]) => packets > before.get(rid)).length === count;
        }""",
        arg=count,
        polling=POLL,
        timeout=PATIENCE,
    )
