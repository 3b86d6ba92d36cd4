"""A media worker dies in the middle of a call: sound and picture come back, and nobody is asked anything.

Both sides are told each time that their media was lost, and that it is back.
"""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from ringback.kernel.clock import SystemClock
from tests.e2e.conftest import Open, Serve
from tests.e2e.devices import Device
from tests.e2e.server import Server, workers_of

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

KILLS = 3
"""In a row. After more, the next start is put off (`media/worker.py`, `RESTART_DELAYS`), and that would be measured."""
SOAK_TURNS = 7
BACK_SECONDS = 5.0
"""The longest time from a kill until both see and hear each other again."""


async def back_after_kills(open_device: Open, server: Server, kills: int) -> list[float]:
    """Seconds until both sides see and hear each other again, after each kill of the worker of their call."""
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    await anna.calls("boris", video=True)
    await boris.recorded("connected", "from anna: incoming")
    await boris.accepts(video=True)
    for device, other in ((anna, boris), (boris, anna)):
        await device.sees(other.name)
        await device.hears(other.name)
    ids, told = [await call_id(anna), await call_id(boris)], [await anna.transcript(), await boris.transcript()]
    names = ("to boris", "from anna")
    clock, seconds = SystemClock(), []
    for _ in range(kills):
        for pid in await asyncio.to_thread(workers_of, server):
            os.kill(pid, signal.SIGKILL)
        killed = clock.monotonic()
        await asyncio.gather(anna.sees("boris"), anna.hears("boris"), boris.sees("anna"), boris.hears("anna"))
        seconds.append(clock.monotonic() - killed)
        for lines, name in zip(told, names, strict=True):
            lines += [f"{name}: reconnecting", f"{name}: reconnected"]
        await anna.recorded(*told[0])
        await boris.recorded(*told[1])
        assert [await call_id(anna), await call_id(boris)] == ids
    assert [await device.page.evaluate("device.asked()") for device in (anna, boris)] == [1, 1]
    await anna.hangs_up()
    over = "hangup 10000 NORMAL_HANGUP"
    await anna.recorded(*told[0], f"to boris: {over}")
    await boris.recorded(*told[1], f"from anna: {over}")
    return seconds


async def call_id(device: Device) -> str:
    id: str = await device.page.evaluate("device.call().id()")
    return id


async def test_a_call_outlives_its_worker(open_device: Open, serve: Serve) -> None:
    print("back after", await back_after_kills(open_device, await serve({}), KILLS))


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(SOAK_TURNS))
async def test_a_call_is_back_soon_after_its_worker_died(open_device: Open, serve: Serve, turn: int) -> None:
    seconds = await back_after_kills(open_device, await serve({}), KILLS)
    print("back after", seconds)
    assert max(seconds) <= BACK_SECONDS, f"turn {turn}"
