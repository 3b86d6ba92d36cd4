"""Debian's Chromium with a person's files as camera and microphone. Nothing is ever downloaded."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright

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


async def new_context(browser: Browser) -> BrowserContext:
    context = await browser.new_context(permissions=["camera", "microphone"])
    await context.add_init_script(path=RECOGNITION)
    return context
