"""What the SDK tells of a bad network, and how soon it has everything back: nobody does anything for it.

Anna's network goes away. The figures stand in benches/RESULTS.md (F-09, F-11).
"""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.impairment.conftest import COUNTERS, Arrive, Caller
from tests.e2e.impairment.link import Conditions
from tests.e2e.impairment.test_impaired_calls import BROADBAND, LONGER, begin, talk
from tests.e2e.people import POLL

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

AWAY = Conditions(up=False)
BACK_MS = 30_000
"""How long anybody waits here for media that comes back: the SDK tries every one and a half seconds."""

ROOM = "standup"


def told_of(caller: Caller, name: str, lines: list[str]) -> list[str]:
    """What this call has told since it was there, without its name."""
    events = [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]
    begun = next(index for index, event in enumerate(events) if event.startswith(("established", "room-joined")))
    return [event for event in events[begun + 1 :] if "camera-video" not in event]


async def tells(caller: Caller, line: str, times: int = 1) -> None:
    await caller.device.page.wait_for_function(
        "([line, times]) => device.transcript.filter((told) => told === line).length >= times",
        arg=[line, times],
        polling=POLL,
        timeout=BACK_MS,
    )


async def is_away_for(caller: Caller, seconds: float, name: str, *others: Caller) -> None:
    """Nothing passes for so long; then measures how soon the call says that it is back, and plays again."""
    caller.path.becomes(AWAY)
    await asyncio.sleep(seconds)
    await begin(caller, *others)
    caller.path.becomes(BROADBAND)
    clock = asyncio.get_running_loop()
    healed = clock.time()
    await tells(caller, f"{name}: reconnected")
    said = clock.time() - healed
    back = {kind: await caller.comes_back(kind) for kind in COUNTERS}
    print(f"\naway for {seconds} s: says so after {said:.2f} s, media back after {back}")  # for RESULTS.md


@pytest.mark.parametrize("seconds", [5, pytest.param(30, marks=LONGER)])
async def test_a_call_says_that_it_was_away_and_is_back(arrive: Arrive, seconds: float) -> None:
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    await is_away_for(anna, seconds, "to boris", boris)

    assert told_of(anna, "to boris", await anna.device.transcript()) == ["reconnecting", "reconnected"]
    await tells(boris, "from anna: remote-reconnected")
    told = told_of(boris, "from anna", await boris.device.transcript())
    assert told == ["remote-disconnected", "remote-reconnected"]
    await anna.device.hears("boris")
    await boris.device.hears("anna")


async def test_a_call_in_a_network_that_is_said_to_be_another_one_goes_on(arrive: Arrive) -> None:
    """A new path is looked for at once; when there is none but the present one, nobody notices."""
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    await begin(anna)
    credentials = "recognition.connections()[0].localDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
    before = await anna.device.page.evaluate(credentials)
    await anna.device.page.evaluate("window.dispatchEvent(new Event('online'))")
    await anna.device.page.wait_for_function(f"(before) => {credentials} !== before", arg=before)
    await anna.plays()

    assert told_of(anna, "to boris", await anna.device.transcript()) == []
    standstill = await anna.measured("standstill", "audio", COUNTERS["audio"])
    print(f"\nanother network in name only: stood still for {standstill['longest']} s")  # for RESULTS.md
    assert standstill["longest"] <= 1
    await boris.device.hears("anna")


@LONGER
async def test_a_call_says_that_it_moved_to_another_network(arrive: Arrive) -> None:
    anna, boris = await arrive("anna"), await arrive("boris")
    await talk(anna, boris)
    await anna.plays()
    await begin(anna, boris)
    clock = asyncio.get_running_loop()
    began = clock.time()
    await anna.moves()
    await tells(anna, "to boris: reconnected")
    said = clock.time() - began
    back = {kind: await anna.comes_back(kind) for kind in COUNTERS}
    print(f"\nanother network: says so after {said:.2f} s, media back after {back}")  # for RESULTS.md

    assert told_of(anna, "to boris", await anna.device.transcript()) == ["reconnecting", "reconnected"]
    await boris.device.hears("anna")


@LONGER
@pytest.mark.parametrize("seconds", [75, 120])
async def test_a_room_is_joined_again_after_minutes_away(arrive: Arrive, seconds: float) -> None:
    """After 75 s the platform still knows the session, and has hung up; after 120 s it knows nothing any more."""
    anna, boris = await arrive("anna"), await arrive("boris")
    for one in (boris, anna):
        await one.device.joins(ROOM, video=True)
        await one.told("room-joined" if one is boris else "room-joined boris")
    await boris.told("participant-joined anna")
    await anna.device.mutes()
    await anna.plays()
    id_before = await anna.device.page.evaluate("device.call().id()")
    await is_away_for(anna, seconds, f"in {ROOM}", boris)

    assert told_of(anna, f"in {ROOM}", await anna.device.transcript()) == ["reconnecting", "reconnected"]
    assert await anna.device.page.evaluate("device.call().id()") != id_before
    assert await anna.device.page.evaluate("[device.call().muted(), device.call().hasCameraVideo()]") == [True, True]
    assert told_of(boris, f"in {ROOM}", await boris.device.transcript()) == [
        f"participant-{event} anna"
        for event in ("joining", "joined", "muted", "disconnected", "left", "joining", "joined")
    ]
    await boris.plays()
    await anna.device.page.evaluate("device.call().mute(false)")
    await boris.device.hears("anna")
