"""Everything of a node dies at once, or is stopped and started: calls and rooms that can go on do, by themselves."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.e2e.conftest import Open, Serve
from tests.e2e.devices import Device
from tests.e2e.server import workers_of

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

HERE = "in standup"


async def meet(anna: Device, boris: Device) -> list[list[str]]:
    """Both are in one room; what each was told so far."""
    await anna.joins("standup")
    told = [["connected", f"{HERE}: room-joined"], ["connected", f"{HERE}: room-joined anna"]]
    await anna.recorded(*told[0])
    await boris.joins("standup")
    told[0] += [f"{HERE}: participant-{event} boris" for event in ("joining", "joined")]
    await anna.recorded(*told[0])
    await boris.recorded(*told[1])
    await anna.hears("boris")
    await boris.hears("anna")
    return told


def own(lines: list[str]) -> list[str]:
    """What a device was told of itself; how its socket and its media overlap is chance."""
    return [line.removeprefix(f"{HERE}: ") for line in lines if "participant" not in line]


async def is_back(device: Device) -> None:
    await device.page.wait_for_function(
        "(line) => device.transcript.filter((told) => told === line).length === 1", arg=f"{HERE}: reconnected"
    )


async def test_a_room_outlives_the_death_of_platform_and_workers(open_device: Open, serve: Serve) -> None:
    """As when a machine loses its power: the calls are the same ones afterwards."""
    server = await serve({})
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    await meet(anna, boris)
    ids = [await device.page.evaluate("device.call().id()") for device in (anna, boris)]
    workers = await asyncio.to_thread(workers_of, server)
    await server.is_killed()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    await server.starts()

    for device, other in ((anna, boris), (boris, anna)):
        await is_back(device)
        await device.hears(other.name)
        lines = own(await device.transcript())
        assert sorted(lines[2:]) == sorted([*["reconnecting", "reconnected"] * 2]), lines
        device.expected = await device.transcript()
    assert [await device.page.evaluate("device.call().id()") for device in (anna, boris)] == ids


async def test_a_room_is_joined_again_after_a_stop_that_ends_all_sessions(open_device: Open, serve: Serve) -> None:
    """As when a node with its workers is stopped and started: the calls are other ones afterwards."""
    server = await serve({})
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    await meet(anna, boris)
    ids = [await device.page.evaluate("device.call().id()") for device in (anna, boris)]
    server.process.terminate()
    await server.process.wait()
    await server.starts()

    for device, other in ((anna, boris), (boris, anna)):
        await is_back(device)
        await device.hears(other.name)
        device.expected = await device.transcript()
    assert not {await device.page.evaluate("device.call().id()") for device in (anna, boris)} & set(ids)
