"""Debian's Chromium with a person's files as camera and microphone. Nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Playwright

from tests.e2e.content import LOOKS, write_audio, write_video

EXECUTABLE = "/usr/bin/chromium"
FIXED_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-accept-this-tab-capture",
    "--auto-select-desktop-capture-source=Entire screen",
]
RECOGNITION = Path(__file__).with_name("recognition.js")

asked_of_strangers: list[str] = []
"""What pages have asked of hosts that no test runs, since this test began; conftest.py lets no test pass with any."""


async def launch(playwright: Playwright, name: str, folder: Path) -> Browser:
    """The browser of one person: capture files are chosen per process, so everybody has their own."""
    video, audio = folder / f"{name}.y4m", folder / f"{name}.wav"
    write_video(video, LOOKS[name])
    write_audio(audio, LOOKS[name])
    return await launch_with_files(playwright, video, audio)


async def launch_with_files(
    playwright: Playwright, video: Path, audio: Path, *, executable: str = EXECUTABLE, trusted: str | None = None
) -> Browser:
    """`trusted` is an origin without TLS where microphones and cameras are allowed all the same."""
    return await playwright.chromium.launch(
        executable_path=executable,
        args=[
            *FIXED_ARGUMENTS,
            f"--use-file-for-fake-video-capture={video}",
            f"--use-file-for-fake-audio-capture={audio}",
            *([f"--unsafely-treat-insecure-origin-as-secure={trusted}"] if trusted else []),
        ],
    )


async def launch_with_devices(playwright: Playwright, count: int, *, allowed: bool = True) -> Browser:
    """With so many microphones, loudspeakers and cameras of Chromium's own; `allowed` is what the user answers."""
    return await playwright.chromium.launch(
        executable_path=EXECUTABLE,
        args=[
            *FIXED_ARGUMENTS,
            f"--use-fake-device-for-media-stream=device-count={count}",
            *(() if allowed else ("--use-fake-ui-for-media-stream=deny",)),
        ],
    )


async def new_context(browser: Browser, *, permissions: Sequence[str] = ("camera", "microphone")) -> BrowserContext:
    context = await browser.new_context(permissions=permissions)
    await context.add_init_script(path=RECOGNITION)
    context.on("request", lambda request: _note(request.url))
    context.on("page", _watch_sockets)
    return context


def _watch_sockets(page: Page) -> None:
    page.on("websocket", lambda socket: _note(socket.url))


def _note(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and not _is_ours(parts.hostname or ""):
        asked_of_strangers.append(url)


def _is_ours(host: str) -> bool:
    """All our servers are on this machine, or in its own network namespaces."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"
