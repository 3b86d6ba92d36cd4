"""Takes the pictures of the documentation from the running product: `python -m tests.e2e.screenshots`."""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from tests.e2e.browsers import launch_with_files
from tests.e2e.content import LOOKS, write_audio
from tests.e2e.people import PATIENCE, SHOWCASE
from tests.e2e.server import ROOT, running_server

IMAGES = ROOT / "docs/images"
VIEWPORT = (1200, 760)  # pixels; wide enough for the desktop layout, small enough for a page of documentation
PORTRAIT = (1280, 720)  # pixels, what the camera of a laptop gives
SOFTNESS = 2  # drawn so many times larger and shrunk, for smooth edges
COLOURS = 256  # of the saved pictures: with dithering nobody sees the difference, and each stays below 200 kB
REFINEMENTS = 3  # rounds of k-means: rare colours, such as the red of a button, keep a place of their own
SETTLE = 2500  # milliseconds for the encoder to reach full quality; a picture has no state to wait for

Colour = tuple[int, int, int]
Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Sitter:
    """A drawn person in a drawn room: nobody's photograph."""

    name: str
    voice: str
    wall: tuple[Colour, Colour]
    skin: Colour
    hair: Colour
    clothes: Colour
    long_hair: bool


ANNA = Sitter("Anna", "anna", ((242, 226, 205), (214, 170, 140)), (240, 200, 172), (176, 112, 58), (47, 93, 98), True)
BORIS = Sitter(
    "Boris", "boris", ((206, 222, 226), (120, 156, 172)), (226, 178, 148), (58, 46, 42), (198, 92, 66), False
)
CLARA = Sitter("Clara", "clara", ((222, 228, 208), (140, 164, 130)), (166, 112, 82), (34, 26, 28), (232, 196, 92), True)


def draw(sitter: Sitter) -> Image.Image:
    width, height = (side * SOFTNESS for side in PORTRAIT)
    top, bottom = sitter.wall
    wall = Image.new("RGB", (1, 2))
    wall.putdata([top, bottom])
    image = wall.resize((width, height), Image.Resampling.BICUBIC)
    unit = height / 100  # everything below is in hundredths of the height, from the middle
    pen = ImageDraw.Draw(image)

    def box(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        middle = width / 2
        return (middle + (x - w / 2) * unit, (y - h / 2) * unit, middle + (x + w / 2) * unit, (y + h / 2) * unit)

    def shade(colour: Colour, factor: float) -> Colour:
        red, green, blue = (min(255, round(part * factor)) for part in colour)
        return red, green, blue

    pen.rounded_rectangle(box(52, 30, 34, 44), 2 * unit, fill=shade(top, 1.04))
    pen.rounded_rectangle(box(52, 30, 30, 40), 1 * unit, fill=shade(bottom, 0.92))
    pen.ellipse(box(52, 34, 16, 16), fill=shade(top, 0.98))
    image = image.filter(ImageFilter.GaussianBlur(1.2 * unit))
    pen = ImageDraw.Draw(image)
    if sitter.long_hair:
        pen.rounded_rectangle(box(0, 56, 42, 56), 20 * unit, fill=sitter.hair)
    pen.ellipse(box(0, 112, 88, 74), fill=sitter.clothes)
    pen.rounded_rectangle(box(0, 72, 13, 22), 6 * unit, fill=shade(sitter.skin, 0.86))
    pen.ellipse(box(0, 77, 19, 11), fill=shade(sitter.skin, 0.86))
    pen.ellipse(box(0, 41, 39, 40), fill=sitter.hair)
    pen.rounded_rectangle(box(0, 50, 31, 38), 15.4 * unit, fill=sitter.skin)
    pen.chord(box(-1, 37, 35, 27), 178, 352, fill=sitter.hair)
    for side in (-1, 1):
        pen.ellipse(box(7 * side, 49, 2.6, 3.2), fill=(40, 32, 32))
        pen.arc(box(7 * side, 46, 7, 5), 205, 335, fill=shade(sitter.hair, 0.8), width=round(0.9 * unit))
    pen.arc(box(0, 52, 4, 6), 60, 150, fill=shade(sitter.skin, 0.78), width=round(0.7 * unit))
    pen.chord(box(0, 57, 12, 9), 12, 168, fill=(255, 250, 246))
    return image.resize(PORTRAIT, Image.Resampling.LANCZOS)


async def browser_of(playwright: Playwright, sitter: Sitter, folder: Path) -> Browser:
    video, audio = folder / f"{sitter.voice}.mjpeg", folder / f"{sitter.voice}.wav"
    await asyncio.to_thread(lambda: draw(sitter).save(video, "JPEG", quality=92))
    await asyncio.to_thread(write_audio, audio, LOOKS[sitter.voice])
    return await launch_with_files(playwright, video, audio)


async def arrive(browser: Browser, url: str, sitter: Sitter, scheme: Scheme) -> Page:
    width, height = VIEWPORT
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["camera", "microphone"]
    )
    page = await context.new_page()
    await page.goto(url + SHOWCASE)
    await page.get_by_label("Your name").fill(sitter.name)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_label("Their name")).to_be_visible(timeout=PATIENCE)
    return page


async def save(page: Page, name: str) -> None:
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(SETTLE)
    shot = await page.screenshot()

    def write() -> None:
        IMAGES.mkdir(parents=True, exist_ok=True)
        picture = Image.open(io.BytesIO(shot)).convert("RGB")
        palette = picture.quantize(COLOURS, kmeans=REFINEMENTS)
        picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(IMAGES / name, optimize=True)

    await asyncio.to_thread(write)


async def picture_a_call(anna: Page, boris: Page) -> None:
    await anna.get_by_label("Their name").fill(BORIS.name)
    await anna.get_by_role("button", name="Call", exact=True).click()
    await boris.get_by_role("button", name="Accept with video").click(timeout=PATIENCE)
    await expect(anna.locator("figure video")).to_have_count(2, timeout=PATIENCE)
    await save(anna, "showcase-call.png")


async def picture_a_room(people: list[Page]) -> None:
    for page in people:
        await page.get_by_label("Room name").fill("Design review")
        await page.get_by_role("button", name="Join", exact=True).click()
    await expect(people[0].locator("figure video")).to_have_count(len(people), timeout=PATIENCE)
    await people[1].get_by_role("button", name="Mute").click()
    await expect(people[0].get_by_role("img", name="Muted")).to_be_visible(timeout=PATIENCE)
    texts = ("", "Here is the second sketch, with the wider margins.", "Much better! Can we see it on a phone?")
    for person, words in zip(people, texts, strict=True):
        await person.get_by_role("button", name=re.compile("^Chat")).click()
        if words:
            await person.get_by_label("Write to everybody").fill(words)
            await person.keyboard.press("Enter")
            await expect(people[0].get_by_text(words, exact=True)).to_be_visible(timeout=PATIENCE)
    await save(people[0], "showcase-room.png")


async def picture_the_reference(browser: Browser, url: str) -> None:
    width, height = VIEWPORT
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    page = await context.new_page()
    await page.goto(f"{url}/docs#/generate-webrtc-token")
    await expect(page.get_by_role("heading", name="Create a token")).to_be_visible(timeout=PATIENCE)
    await save(page, "reference.png")
    await context.close()


async def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with async_playwright() as playwright, running_server(folder) as server:
            anna, boris, clara = [await browser_of(playwright, sitter, folder) for sitter in (ANNA, BORIS, CLARA)]
            caller = await arrive(anna, server.url, ANNA, "light")
            called = await arrive(boris, server.url, BORIS, "light")
            await picture_a_call(caller, called)
            await caller.context.close()
            await called.context.close()
            await picture_the_reference(anna, server.url)
            sitters = ((anna, ANNA), (boris, BORIS), (clara, CLARA))
            await picture_a_room([await arrive(browser, server.url, sitter, "dark") for browser, sitter in sitters])


if __name__ == "__main__":
    asyncio.run(main())
