"""Workers, rooms and transports are lost, and calls go on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringback.calls.transport import COMEBACK
from ringback.media.commands import OpenRoom
from ringback.media.facts import TransportCloseReason
from ringback.media.model import TransportState
from tests.integration.signaling.test_calls import AUDIO, VIDEO, calls
from tests.integration.signaling.world import OFFER, Somebody, World, running_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path, workers=2) as world:
        yield world


async def two_who_talk(world: World) -> tuple[Somebody, str, Somebody, str]:
    """Anna and Boris with their calls, on worker 0, with pictures; both are connected."""
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris", camera=True)
    boriss = (await boris.hears("call.incoming"))["callId"]
    await anna.hears("call.ringing")
    await anna.connects_media(annas)
    await boris.does("call.accept", callId=boriss, **VIDEO)
    await anna.hears("call.established")
    await boris.hears("call.established")
    await boris.connects_media(boriss)
    await anna.hears("participant.joined")
    return anna, annas, boris, boriss


def rooms(world: World) -> list[list[str]]:
    return [worker.rooms for worker in world.engine.rules]


async def test_a_killed_worker_s_call_goes_on_on_another_one(world: World) -> None:
    anna, annas, boris, boriss = await two_who_talk(world)
    [before] = world.engine.rules[0].room_snapshots()
    await world.engine.lose_worker(0)
    for somebody, call_id in ((anna, annas), (boris, boriss)):
        assert (await somebody.hears("media.lost"))["callId"] == call_id
        await somebody.connects_media(call_id, connection=2)
    [after] = world.engine.rules[1].room_snapshots()
    assert after.room == before.room
    assert {each.participant: each.publications for each in after.participants} == {
        each.participant: each.publications for each in before.participants
    }
    assert {each.transport and each.transport.transport for each in after.participants} == {f"{annas}:2", f"{boriss}:2"}
    await world.time_passes(COMEBACK.total_seconds())
    for somebody in (anna, boris):
        await somebody.hears_nothing_more()

    await boris.does("media.update", callId=boriss, microphone=False)  # and everything works as before
    assert (await anna.hears("participant.updated"))["participant"]["microphone"] is False
    await anna.does("call.hangUp", callId=annas)
    await anna.hears_of_end("NORMAL_HANGUP")
    await boris.hears_of_end("NORMAL_HANGUP")
    await world.says_all()
    assert rooms(world) == [[], []]


async def test_the_room_waits_until_a_worker_runs_again(world: World) -> None:
    anna, annas, boris, boriss = await two_who_talk(world)
    await world.engine.lose_worker(1)
    losing = asyncio.create_task(world.engine.lose_worker(0))
    await asyncio.sleep(0)
    world.engine.return_worker(0)
    await losing
    for somebody, call_id in ((anna, annas), (boris, boriss)):
        await somebody.hears("media.lost")
        await somebody.connects_media(call_id, connection=2)
        await somebody.hears_nothing_more()


async def test_who_does_not_come_back_leaves_and_the_other_with_him(world: World) -> None:
    anna, annas, boris, _ = await two_who_talk(world)
    await world.engine.lose_worker(0)
    await anna.hears("media.lost")
    await boris.hears("media.lost")
    await anna.connects_media(annas, connection=2)
    await world.time_passes(COMEBACK.total_seconds() - 1)
    await boris.hears_nothing_more()
    await world.time_passes(1)
    await anna.hears_of_end("NETWORK_ERROR")
    await boris.hears_of_end("NETWORK_ERROR")
    assert rooms(world) == [[], []]


@pytest.mark.parametrize("reason", [TransportCloseReason.ICE_TIMEOUT, TransportCloseReason.FAULT])
async def test_one_lost_transport_concerns_nobody_else(world: World, reason: TransportCloseReason) -> None:
    anna, annas, boris, _ = await two_who_talk(world)
    [room] = world.engine.rules[0].rooms
    await world.engine.transport_closed(room, annas, reason)
    await anna.hears("media.lost")
    await anna.connects_media(annas, connection=2)
    await world.time_passes(COMEBACK.total_seconds())
    await anna.hears_nothing_more()
    await boris.hears_nothing_more()


async def test_offers_of_an_older_connection_are_refused(world: World) -> None:
    anna, annas, _, _ = await two_who_talk(world)
    await world.engine.lose_worker(0)
    await anna.hears("media.lost")
    assert await anna.fails("media.offer", callId=annas, sdp=OFFER, connection=1) == "INVALID_STATE"
    await anna.connects_media(annas, connection=2)
    await anna.connects_media(annas, connection=3)  # by itself
    assert await anna.fails("media.offer", callId=annas, sdp=OFFER, connection=2) == "INVALID_STATE"


async def test_a_room_that_fails_twice_ends(world: World) -> None:
    anna, annas, boris, boriss = await two_who_talk(world)
    [room] = world.engine.rules[0].rooms
    await world.engine.room_failed(room)
    for somebody, call_id in ((anna, annas), (boris, boriss)):
        await somebody.hears("media.lost")
        await somebody.connects_media(call_id, connection=2)
    await world.engine.room_failed(room)
    for somebody in (anna, boris):
        await somebody.hears_of_end("SERVICE_UNAVAILABLE")
        await somebody.hears_nothing_more()


async def test_whoever_is_away_hears_of_it_on_the_way_back(world: World) -> None:
    anna, annas, boris, boriss = await two_who_talk(world)
    token = await world.token("boris")
    await boris.vanishes()
    await world.engine.lose_worker(0)
    await anna.hears("media.lost")
    await anna.connects_media(annas, connection=2)
    assert await boris.comes_back(token)
    await boris.hears("media.lost")
    await boris.connects_media(boriss, connection=2)
    await boris.hears_nothing_more()


async def test_facts_that_were_missed_are_made_up_for(world: World) -> None:
    anna, _, boris, boriss = await two_who_talk(world)
    worker = world.engine.rules[0]
    worker.run("orphan", OpenRoom(room="nobody's"))
    [room, _] = worker.rooms
    worker.transport_closed(room, boriss, TransportCloseReason.ICE_TIMEOUT)  # which nobody heard
    await world.engine.find_again(0)
    assert worker.rooms == [room]
    await boris.hears("media.lost")
    await boris.connects_media(boriss, connection=2)
    states = {each.transport and each.transport.state for each in worker.room_snapshots()[0].participants}
    assert states == {TransportState.CONNECTED}
    await anna.hears_nothing_more()


async def test_a_room_that_is_missing_is_opened_again(world: World) -> None:
    anna, annas, boris, boriss = await two_who_talk(world)
    worker = world.engine.rules[0]
    [room] = worker.rooms
    worker.room_failed(room)  # which nobody heard
    await world.engine.find_again(0)
    for somebody, call_id in ((anna, annas), (boris, boriss)):
        await somebody.hears("media.lost")
        await somebody.connects_media(call_id, connection=2)
    assert worker.rooms == [room]


async def test_who_rings_and_who_is_called_survive_the_worker(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await anna.hears("call.ringing")
    await world.engine.lose_worker(0)
    await anna.hears("media.lost")
    await anna.connects_media(annas, connection=2)
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await anna.hears("call.established")
    await boris.hears("call.established")
    await boris.connects_media(boriss)
    await anna.hears("participant.joined")


async def test_a_node_that_starts_again_with_fewer_workers_takes_their_rooms(world: World) -> None:
    anna, _, boris, _ = await two_who_talk(world)
    clara = await world.connects("clara")
    claras = (await clara.does("room.join", name="standup", **AUDIO))["callId"]
    await clara.connects_media(claras)
    await clara.hears("room.joined")
    assert [len(worker.rooms) for worker in world.engine.rules] == [1, 1]
    world.engine.rules.pop()
    await world.conversations.jobs.recover()
    await clara.hears("media.lost")
    await clara.connects_media(claras, connection=2)
    assert len(world.engine.rules[0].rooms) == 2
    for somebody in (anna, boris):
        await somebody.hears_nothing_more()
