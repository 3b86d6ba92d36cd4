"""Firefox and Chromium in one room. Debian's Firefox has no H.264, so what they speak is VP8."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.e2e.conftest import Invite, Open, Serve
from tests.e2e.content import LOOKS
from tests.e2e.devices import demo_token
from tests.e2e.people import PATIENCE, Person
from tests.e2e.server import workers_of

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SCRIPT = Path(__file__).with_name("firefox.mjs")
LISTENER = Path(__file__).with_name("firefox_reconnecting.mjs")
START_SECONDS = 60  # Firefox starts slowly on a busy machine
COMES = ("participant-joining foxy", "participant-joined foxy")
QUIET_SECONDS = (
    15  # longer than a listener may be silent, and than Firefox's longest pause between two checks of its path
)


async def test_firefox_and_chromium_see_and_hear_each_other(anna: Person) -> None:
    await anna.joins("mixed")
    await firefox_joins(anna, "mixed")
    await anna.sees_nothing_of("foxy")


async def test_firefox_has_as_many_slots_as_a_large_room_needs(invite: Invite, anna: Person) -> None:
    for name in ("dora", "emil", "fred"):
        await (await invite(name, beside="anna")).joins_to_listen("large and mixed")
    await anna.joins("large and mixed")
    await firefox_joins(anna, "large and mixed")
    await anna.sees_nothing_of("foxy")


async def test_firefox_says_that_its_media_was_lost_and_is_back_and_who_is_there(
    open_device: Open, serve: Serve
) -> None:
    """It only listens, and then sends next to nothing: still it is there for Anna, as long as it runs."""
    server = await serve({})
    anna = await open_device("anna", server)
    await anna.joins("mixed")
    script = ("node", str(LISTENER), server.url, await demo_token(anna, "foxy"), "mixed")
    firefox = await asyncio.create_subprocess_exec(*script, stdin=PIPE, stdout=PIPE)
    told, stdin = firefox.stdout, firefox.stdin
    assert told is not None
    assert stdin is not None

    async def said(line: str) -> None:
        assert await asyncio.wait_for(told.readline(), START_SECONDS) == f"{line}\n".encode()

    met = [
        "connected",
        "in mixed: room-joined",
        "in mixed: participant-joining foxy",
        "in mixed: participant-joined foxy",
    ]
    try:
        await said("room-joined")
        await asyncio.sleep(QUIET_SECONDS)
        await anna.recorded(*met)
        for pid in await asyncio.to_thread(workers_of, server):
            os.kill(pid, signal.SIGKILL)
        await said("reconnecting")
        await said("reconnected")
        await anna.recorded(*met, "in mixed: reconnecting", "in mixed: reconnected")
        await anna.leaves()
        anna.expected = None
    finally:
        stdin.close()
        assert await firefox.wait() == 0, "it asked another host, or could not leave"


async def firefox_joins(anna: Person, room: str) -> None:
    """Somebody with Firefox comes into Anna's room; both see and hear each other; then it leaves."""
    firefox = await asyncio.create_subprocess_exec(
        *("node", str(SCRIPT), anna.url, "foxy", room, "anna", json.dumps(LOOKS["anna"].colour)),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert firefox.stdin is not None
    assert firefox.stdout is not None
    try:
        for said in (b"joined\n", b"sees\n", b"hears\n"):
            assert await asyncio.wait_for(firefox.stdout.readline(), START_SECONDS) == said
        await anna.page.wait_for_function(
            """() => {
                const video = document.querySelector('figure[data-kind=remote][aria-label="foxy"] video');
                return video !== null && video.videoWidth > 0 && video.currentTime > 1;
            }""",
            timeout=PATIENCE,
        )
    finally:
        firefox.stdin.close()
        assert await firefox.wait() == 0, "it asked another host, or could not leave"
