"""Many calls in a row in one page, and many rooms, leave nothing behind: in the server, in its worker, in the page.

That the worker has no room left is held by the test of the same name in `tests/integration`, which can ask it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Open, Serve
from tests.e2e.devices import Device
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.server import workers_of

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

WARM_UP = 2  # rounds before the first count: pools open, files are mapped
POLLS = 50  # for what is closed a moment after the last event


@dataclass(frozen=True)
class Held:
    """Open files and sockets of the server and its workers."""

    server: int
    workers: int


async def call(anna: Device, boris: Device) -> None:
    await anna.calls("boris")
    await told(boris, "from anna: incoming")
    await boris.accepts()
    for device, line in ((anna, "to boris: established"), (boris, "from anna: established")):
        await told(device, line)
    await anna.hangs_up()
    for device, line in ((anna, "to boris: hangup"), (boris, "from anna: hangup")):
        await told(device, f"{line} 10000 NORMAL_HANGUP")


async def meet(anna: Device, boris: Device) -> None:
    await anna.joins("hall")
    await told(anna, "in hall: room-joined")
    await boris.joins("hall")
    await told(boris, "in hall: room-joined anna")
    for device in (anna, boris):
        await device.leaves()
        await told(device, "in hall: room-left 10000 NORMAL_HANGUP")


async def told(device: Device, line: str) -> None:
    """This has been told; what came before it is forgotten."""
    await device.page.wait_for_function(
        "(line) => device.transcript.includes(line)", arg=line, polling=POLL, timeout=PATIENCE
    )
    await device.page.evaluate("(line) => device.transcript.splice(0, device.transcript.indexOf(line) + 1)", line)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("calls", "rooms"), [(20, 10), pytest.param(100, 30, marks=pytest.mark.soak)], ids=["some", "many"]
)
async def test_calls_and_rooms_leave_nothing_behind(open_device: Open, serve: Serve, calls: int, rooms: int) -> None:
    server = await serve({})
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    workers = await asyncio.to_thread(workers_of, server)

    def held() -> Held:
        return Held(_files(server.process.pid), sum(_files(pid) for pid in workers))

    for _ in range(WARM_UP):
        await call(anna, boris)
        await meet(anna, boris)
    before = held()
    for _ in range(calls):
        await call(anna, boris)
    for _ in range(rooms):
        await meet(anna, boris)

    for _ in range(POLLS):
        after = held()
        if grown(before, after) == 0:
            break
        await anna.page.wait_for_timeout(POLL)
    assert grown(before, after) == 0, (before, after)
    for device in (anna, boris):
        states = await device.page.evaluate("async () => (await recognition.report()).map((one) => one.signaling)")
        assert states == ["closed"] * (calls + rooms + 2 * WARM_UP)


def grown(before: Held, after: Held) -> int:
    """By so many; idle HTTP connections of the pages may well have been closed meanwhile."""
    return max(0, after.server - before.server) + max(0, after.workers - before.workers)


def _files(pid: int) -> int:
    return len(os.listdir(Path(f"/proc/{pid}/fd")))
