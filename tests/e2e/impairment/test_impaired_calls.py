"""Calls over bad networks: what people on them still see and hear.

Anna's network is bad in both directions, Boris's is not; so everything that one of them sends crosses the bad one once.
The limits are what a caller would still call usable; what was measured stands in benches/RESULTS.md.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.impairment.conftest import COUNTERS, Arrive, Caller
from tests.e2e.impairment.link import Conditions

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SETTLE = 4.0  # seconds until encoders have found their rate
WATCH = 10.0  # seconds
LONGER = pytest.mark.soak

BROADBAND = Conditions(delay=0.025)
"""50 ms there and back."""


async def talk(caller: Caller, called: Caller) -> None:
    """A call with pictures on both sides."""
    await caller.device.calls(called.device.name, video=True)
    await called.told("incoming")
    await called.device.accepts(video=True)
    for one in (caller, called):
        await one.told("established")


async def begin(*callers: Caller) -> None:
    for one in callers:
        await one.measured("begin")


async def come_back(*callers: Caller) -> None:
    """Sound and picture are there again within five seconds from `begin` on, in the same call."""
    for one in callers:
        back = {kind: await one.comes_back(kind) for kind in COUNTERS}
        print(f"\n{one.device.name} back after {back}")  # for RESULTS.md
        assert max(back.values()) <= 5
        await one.stays_connected()


async def watch(caller: Caller, seconds: float = WATCH) -> dict[str, Any]:
    await caller.measured("begin")
    await asyncio.sleep(seconds)
    report: dict[str, Any] = await caller.measured("report")
    print(f"\n{caller.device.name} {report} lost {dict(caller.path.lost)}")  # for RESULTS.md
    return report


@LONGER
@pytest.mark.parametrize(("loss", "frames_per_second"), [(0.1, 6), (0.3, 1)])
async def test_a_call_with_random_losses_stays_usable(arrive: Arrive, loss: float, frames_per_second: int) -> None:
    """F-06. At 30 % a browser believes that it may send next to nothing: its pictures are slides, its voice is not."""
    anna, boris = await arrive("anna"), await arrive("boris")
    for one in (anna, boris):
        one.path.becomes(BROADBAND)
    await talk(anna, boris)
    anna.path.becomes(Conditions(delay=0.025, loss=loss))
    await asyncio.sleep(SETTLE)

    for report in await asyncio.gather(watch(anna, 30), watch(boris, 30)):
        assert report["concealed"] <= 0.10
        assert report["framesPerSecond"] >= frames_per_second  # of 15


@pytest.mark.parametrize(("loss", "burst"), [(0.1, 5), pytest.param(0.3, 20, marks=LONGER)])
async def test_a_call_with_bursts_of_losses_goes_on(arrive: Arrive, loss: float, burst: float) -> None:
    """F-07."""
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    anna.path.becomes(Conditions(delay=0.025, loss=loss, burst=burst))
    await asyncio.sleep(SETTLE)
    reports = await asyncio.gather(watch(anna), watch(boris))
    anna.path.becomes(BROADBAND)

    assert all(report["framesPerSecond"] > 0 for report in reports)
    for one in (anna, boris):
        await one.stays_connected()
    await anna.device.hears("boris")
    await boris.device.hears("anna")


@LONGER
async def test_a_call_over_a_satellite_connects_and_is_not_given_up(arrive: Arrive) -> None:
    """F-08: half a second there and back, with jitter."""
    anna, boris = await arrive("anna"), await arrive("boris")
    anna.path.becomes(Conditions(delay=0.25, jitter=0.05))
    clock = asyncio.get_running_loop()
    began = clock.time()
    await anna.measured("begin")
    await talk(anna, boris)
    await anna.hears_and_sees_something()
    connected_after = clock.time() - began
    print(f"\nconnected and playing after {connected_after:.1f} s")

    assert connected_after <= 8
    for report in await asyncio.gather(watch(anna), watch(boris)):
        assert report["concealed"] <= 0.05
        assert report["framesPerSecond"] >= 8
    for one in (anna, boris):
        await one.stays_connected()


@LONGER
@pytest.mark.parametrize("seconds", [5, 30])
async def test_after_an_outage_sound_and_picture_are_back_by_themselves(arrive: Arrive, seconds: float) -> None:
    """F-09."""
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    anna.path.becomes(Conditions(up=False))
    await asyncio.sleep(seconds)
    await begin(anna, boris)
    anna.path.becomes(BROADBAND)

    await come_back(anna, boris)


@LONGER
async def test_a_narrow_path_costs_picture_and_not_sound(arrive: Arrive) -> None:
    """F-10: 2 Mbit/s, then 300 kbit/s, then 2 Mbit/s again."""
    anna, boris = await arrive("anna"), await arrive("boris")
    wide, narrow = Conditions(delay=0.025, rate=2_000_000), Conditions(delay=0.025, rate=300_000)
    anna.path.becomes(wide)
    await talk(anna, boris)
    await asyncio.sleep(2 * SETTLE)
    before = await watch(anna, 5)
    anna.path.becomes(narrow)
    await asyncio.sleep(2)
    during = await watch(anna, 10)
    anna.path.becomes(wide)
    await asyncio.sleep(10)
    after = await watch(anna, 5)

    assert during["concealed"] <= 0.05
    assert during["kilobitsPerSecond"] <= 300
    assert after["kilobitsPerSecond"] >= 0.6 * before["kilobitsPerSecond"]
    assert after["framesPerSecond"] >= 8


@LONGER
async def test_a_router_that_forgets_its_translations_is_not_noticed(arrive: Arrive) -> None:
    """F-11, first half: the same device, suddenly from another address."""
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    await begin(anna, boris)
    anna.path.rebind()

    await come_back(anna, boris)


@LONGER
async def test_a_device_that_changes_networks_goes_on(arrive: Arrive) -> None:
    """F-11, second half: the device itself has another address."""
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    await begin(anna, boris)
    await anna.moves()

    await come_back(anna, boris)
