"""A hundred calls and thirty rooms with a real media worker leave nothing behind."""

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from ringback.media.commands import TakeSnapshot
from ringback.media.model import Snapshot
from ringback.media.supervisor import WorkerSupervisor
from tests.integration.signaling.test_calls import VIDEO, calls
from tests.integration.signaling.world import OFFER, Somebody, World, running_world_with_a_worker

CALLS = 100
ROOMS = 30
WARM_UP = 10
"""Rounds before the first measurement: caches fill, pools open."""
WORKER_GROWTH_KIB = 4096
"""How much the worker's resident memory may grow: an allocator's noise, but not 100 transports of 80 KB and more."""

LOOPS = 5
"""Loops of the platform that have one task more while they wait than while they work; a leak would be 100 and more."""

POOLED_FILES = 12
"""Files of the database's four readers, each opened when it is first needed; a leak would be 100 and more."""


class Held(NamedTuple):
    """What a process holds."""

    files: int
    resident_kib: int


def held_by(pid: int) -> Held:
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return Held(len(os.listdir(f"/proc/{pid}/fd")), int(resident.split()[1]))


async def call_and_hang_up(caller: Somebody, callee: Somebody) -> None:
    callers = await calls(caller, "boris", camera=True)
    await caller.does("media.offer", callId=callers, sdp=OFFER)
    callees = (await callee.hears("call.incoming"))["callId"]
    await callee.does("call.accept", callId=callees, **VIDEO)
    await callee.does("media.offer", callId=callees, sdp=OFFER)
    await caller.hears("call.ringing")
    for somebody in (caller, callee):
        await somebody.hears("call.established")
    await callee.does("call.hangUp", callId=callees)
    for somebody in (caller, callee):
        await somebody.hears_of_end("NORMAL_HANGUP")
        await somebody.pings()


async def meet_and_leave(people: list[Somebody], name: str) -> None:
    joined = []
    for somebody in people:
        call_id = (await somebody.does("room.join", name=name, **VIDEO))["callId"]
        await somebody.does("media.offer", callId=call_id, sdp=OFFER)
        joined.append(call_id)
    for somebody, call_id in zip(people, joined, strict=True):
        await somebody.does("room.leave", callId=call_id)
        await somebody.hears_of_end("NORMAL_HANGUP")
        await somebody.pings()


async def nothing_is_left(world: World, supervisor: WorkerSupervisor) -> None:
    await world.says_all()
    snapshot = await supervisor.run(0, world.platform.ids.new(), TakeSnapshot())
    assert isinstance(snapshot, Snapshot)
    assert snapshot.rooms == ()


@pytest.mark.worker
@pytest.mark.timeout(300)
async def test_a_hundred_calls_and_thirty_rooms_leave_nothing_behind(tmp_path: Path) -> None:
    async with running_world_with_a_worker(tmp_path) as (world, supervisor):
        anna, boris = await world.connects("anna"), await world.connects("boris")
        [worker] = supervisor.status()
        assert worker.pid is not None

        for _ in range(WARM_UP):
            world.clock.advance(1)  # or they talk too much in no time
            await call_and_hang_up(anna, boris)
            await meet_and_leave([anna, boris], "warm")
        await nothing_is_left(world, supervisor)
        tasks, mine, workers = len(asyncio.all_tasks()), held_by(os.getpid()), held_by(worker.pid)

        for _ in range(CALLS):
            world.clock.advance(1)
            await call_and_hang_up(anna, boris)
        for number in range(ROOMS):
            world.clock.advance(1)
            await meet_and_leave([anna, boris], f"room {number}")
        await nothing_is_left(world, supervisor)

        assert len(asyncio.all_tasks()) - tasks <= LOOPS
        assert held_by(os.getpid()).files - mine.files <= POOLED_FILES
        assert held_by(worker.pid).files == workers.files
        assert held_by(worker.pid).resident_kib - workers.resident_kib < WORKER_GROWTH_KIB
