"""Somebody's device falls silent, as in a lift: the others are told that it is not their own connection."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.people import PATIENCE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_who_falls_silent_is_shown_as_lost_until_they_are_back(anna: Person, boris: Person) -> None:
    await anna.joins("lift")
    await boris.joins("lift")
    await anna.sees("boris")

    lost = anna.tile_of("boris").get_by_text("Connection lost")
    async with standing_still("boris"):
        await expect(lost).to_be_visible(timeout=PATIENCE)
        await expect(anna.page.get_by_role("status")).to_have_text("boris has lost the connection.", timeout=PATIENCE)
        await expect(anna.page.get_by_text("Your connection is interrupted")).to_have_count(0)

    await expect(lost).to_have_count(0, timeout=PATIENCE)
    await anna.sees("boris")
    await boris.sees("anna")


@asynccontextmanager
async def standing_still(name: str) -> AsyncIterator[None]:
    """Nothing runs in this person's browser meanwhile: neither its pages nor what sends their packets."""
    processes = await asyncio.to_thread(processes_of, name)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def processes_of(name: str) -> list[int]:
    """The browser with this person's file as its camera, and its children; only what this test run has started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        children.setdefault(parent, []).append(int(folder.name))

    def below(process: int) -> list[int]:
        return [one for child in children.get(process, []) for one in (child, *below(child))]

    camera = f"/{name}.y4m".encode()
    found = [one for one in below(os.getpid()) if camera in Path(f"/proc/{one}/cmdline").read_bytes()]
    assert found, "no such browser runs"
    return [found[0], *below(found[0])]
