"""Rooms, as the SDKs of those who are in live through them."""

import asyncio
from pathlib import Path

from ringback.media.commands import PreferSlot
from ringback.media.model import Source
from ringback.media.sockets import socket_directory, socket_path
from ringback.testing.media import FakeWorker
from tests.integration.signaling.world import OFFER, Somebody, World, running_world, running_world_with_a_worker


async def joins(somebody: Somebody, name: str = "standup", *, camera: bool = True) -> str:
    result = await somebody.does("room.join", name=name, microphone=True, camera=camera)
    await somebody.connects_media(result["callId"])
    return str(result["callId"])


async def test_three_come_and_one_leaves_and_comes_back(world: World) -> None:
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    annas = await joins(anna)
    alone = await anna.hears("room.joined")
    assert (alone["name"], alone["participants"], alone["slots"]) == ("standup", [], [])

    boriss = await joins(boris)
    assert (await anna.hears("participant.joining"))["participant"]["state"] == "JOINING"
    assert [slot["participantId"] for slot in (await anna.hears("slots.changed"))["slots"]] == [boriss]
    assert (await anna.hears("participant.joined"))["participant"]["id"] == boriss
    assert [participant["id"] for participant in (await boris.hears("room.joined"))["participants"]] == [annas]

    claras = await joins(clara, camera=False)
    snapshot = await clara.hears("room.joined")
    assert [participant["endpoint"]["identity"] for participant in snapshot["participants"]] == ["anna", "boris"]
    assert [(slot["index"], slot["participantId"]) for slot in snapshot["slots"]] == [(0, annas), (1, boriss)]
    for somebody in (anna, boris):
        await somebody.hears("participant.joining")
        slots = (await somebody.hears("slots.changed"))["slots"]
        assert (slots[1]["participantId"], slots[1]["camera"]) == (claras, None)
        await somebody.hears("participant.joined")

    await boris.does("room.leave", callId=boriss)
    await boris.hears_of_end("NORMAL_HANGUP")
    for somebody in (anna, clara):
        assert (await somebody.hears("participant.left"))["participantId"] == boriss
        assert len((await somebody.hears("slots.changed"))["slots"]) == 1

    again = await joins(boris)
    assert again != boriss
    returned = await boris.hears("room.joined")
    assert {participant["id"] for participant in returned["participants"]} == {annas, claras}


async def test_a_room_is_over_when_the_last_one_leaves(world: World) -> None:
    anna = await world.connects("anna")
    await anna.does("room.leave", callId=await joins(anna))
    await anna.hears("room.joined")
    await anna.hears_of_end("NORMAL_HANGUP")
    await world.says_all()
    assert world.engine.rules[0].rooms == []
    await joins(anna)
    assert (await anna.hears("room.joined"))["participants"] == []


async def test_two_who_come_at_once_meet(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await asyncio.gather(joins(anna), joins(boris))
    [room] = world.engine.rules[0].room_snapshots()
    assert len(room.participants) == 2


async def test_who_comes_to_a_full_room_is_told_so(tmp_path: Path) -> None:
    async with running_world(tmp_path, room_participants=2) as world:
        for name in ("anna", "boris"):
            await joins(await world.connects(name))
        late = await world.connects("emil")
        assert await late.fails("room.join", name="standup", microphone=True, camera=True) == "ROOM_FULL"
        await joins(late, "another")


async def test_beyond_four_everybody_is_asked_for_more_slots(world: World) -> None:
    anna = await world.connects("anna")
    await joins(anna)
    assert (await anna.hears("room.joined"))["videoSlots"] == 4
    others = [await world.connects(name) for name in ("boris", "clara", "dora", "emil")]
    calls = []
    for number, other in enumerate(others):
        calls.append(await joins(other))
        await anna.hears("participant.joining")
        changed = await anna.hears("slots.changed")
        await anna.hears("participant.joined")
        assert changed["videoSlots"] == (9 if number == 3 else 4)
    assert [(slot["index"], slot["participantId"]) for slot in changed["slots"]] == list(
        zip((0, 1, 2, 4), calls, strict=True)
    )
    assert [slot["microphone"] for slot in changed["slots"]] == [None] * 4
    assert (await others[3].hears("room.joined"))["videoSlots"] == 9


async def test_rooms_of_one_name_in_two_accounts_are_two_rooms(world: World) -> None:
    anna = await world.connects("anna")
    other = await world.platform.accounts.create_account("other")
    issued = await world.platform.identities.issue_token(other.id, "boris")
    boris = await world.opens_a_socket()
    await boris.does("hello", token=issued.token.reveal(), client={"name": "test", "version": "1"})
    await joins(anna)
    await joins(boris)
    assert (await boris.hears("room.joined"))["participants"] == []


async def test_the_others_see_who_closes_the_page_leave(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await joins(anna)
    boriss = await joins(boris)
    for event in ("room.joined", "participant.joining", "slots.changed", "participant.joined"):
        await anna.hears(event)
    await boris.goes()
    assert (await anna.hears("participant.left"))["participantId"] == boriss


async def test_everybody_is_told_who_speaks(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas, boriss = await joins(anna), await joins(boris)
    for event in ("room.joined", "participant.joining", "slots.changed", "participant.joined"):
        await anna.hears(event)
    await boris.hears("room.joined")
    [room] = world.engine.rules[0].rooms
    world.engine.audio_levels(room, {annas: -20, boriss: -35})
    for somebody in (anna, boris):
        assert (await somebody.hears("speakers.changed"))["speakers"] == [annas, boriss]
    world.clock.advance(1)
    world.engine.audio_levels(room, {annas: -20, boriss: -127})
    for somebody in (anna, boris):
        assert (await somebody.hears("speakers.changed"))["speakers"] == [annas]


async def test_one_presents_at_a_time_the_latest(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas, boriss = await joins(anna), await joins(boris)
    for event in ("room.joined", "participant.joining", "slots.changed", "participant.joined"):
        await anna.hears(event)
    await boris.hears("room.joined")
    await anna.does("media.update", callId=annas, screen=True)
    await boris.hears("participant.updated")
    assert [slot["screen"] for slot in (await boris.hears("slots.changed"))["slots"]] == [None, 5]

    await boris.does("media.update", callId=boriss, screen=True)
    stopped = await anna.hears("screen.stopped")
    assert stopped["reason"] == "ACTIVE_PRESENTER_CHANGED"
    assert (await anna.hears("participant.updated"))["participant"]["screen"] is True
    assert [slot["screen"] for slot in (await anna.hears("slots.changed"))["slots"]] == [None, 6]
    assert (await boris.hears("participant.updated"))["participant"]["screen"] is False
    assert [slot["screen"] for slot in (await boris.hears("slots.changed"))["slots"]] == [None]
    await anna.hears_nothing_more()
    await boris.hears_nothing_more()


async def in_a_room_of_two(world: World) -> tuple[Somebody, str, Somebody, str]:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas, boriss = await joins(anna), await joins(boris)
    for event in ("room.joined", "participant.joining", "slots.changed", "participant.joined"):
        await anna.hears(event)
    await boris.hears("room.joined")
    return anna, annas, boris, boriss


async def test_the_worker_is_told_how_large_slots_are_shown(world: World) -> None:
    anna, annas, boris, _ = await in_a_room_of_two(world)
    slots = [
        {"index": 0, "width": 320, "height": 180, "pinned": True},
        {"index": 3, "width": 0, "height": 0, "pinned": False},
    ]
    assert await anna.does("slots.prefer", callId=annas, slots=slots) == {}
    [room] = world.engine.rules[0].rooms
    assert world.engine.commands[-2:] == [
        PreferSlot(room=room, participant=annas, index=0, width=320, height=180, pinned=True),
        PreferSlot(room=room, participant=annas, index=3, width=0, height=0, pinned=False),
    ]
    assert await boris.fails("slots.prefer", callId=annas, slots=slots) == "CALL_NOT_FOUND"
    await anna.does("room.leave", callId=annas)
    assert await anna.fails("slots.prefer", callId=annas, slots=slots) == "INVALID_STATE"


async def test_everybody_is_told_which_slots_wait_and_which_layers_are_wanted(world: World) -> None:
    anna, annas, boris, boriss = await in_a_room_of_two(world)
    [room] = world.engine.rules[0].rooms
    world.engine.video(room, paused=[(annas, 0)], wanted={(boriss, Source.CAMERA): 1})
    assert (await anna.hears("slots.paused"))["slots"] == [0]
    assert (await anna.hears("layers.wanted"))["camera"] == 1  # all that the offer has
    wanted = await boris.hears("layers.wanted")
    assert (wanted["camera"], wanted["screen"]) == (1, 3)
    world.engine.video(room, paused=[(annas, 0)], wanted={(boriss, Source.CAMERA): 1})
    await anna.hears_nothing_more()
    await boris.hears_nothing_more()

    await anna.vanishes()
    world.engine.video(room, paused=[], wanted={(boriss, Source.CAMERA): 2})
    world.engine.video(room, paused=[(annas, 0)], wanted={(boriss, Source.CAMERA): 2})
    assert await anna.comes_back(await world.token("anna"))
    for slots in ([], [0], [0]):  # what was missed, and then what holds
        assert (await anna.hears("slots.paused"))["slots"] == slots
    assert (await anna.hears("layers.wanted"))["camera"] == 1
    assert (await boris.hears("layers.wanted"))["camera"] == 2
    await anna.hears_nothing_more()


async def test_everybody_is_told_from_whom_nothing_arrives_who_comes_later_too(world: World) -> None:
    anna, annas, boris, boriss = await in_a_room_of_two(world)
    [room] = world.engine.rules[0].rooms
    world.engine.audio_levels(room, {}, [annas])
    assert (await boris.hears("absent.changed"))["absent"] == [annas]
    await anna.hears_nothing_more()

    clara = await world.connects("clara")
    claras = await joins(clara)
    await clara.hears("room.joined")
    assert (await clara.hears("absent.changed"))["absent"] == [annas]
    world.engine.audio_levels(room, {})
    for event in ("participant.joining", "slots.changed", "participant.joined"):
        await boris.hears(event)
        await anna.hears(event)
    for somebody in (boris, clara):
        assert (await somebody.hears("absent.changed"))["absent"] == []
    world.engine.audio_levels(room, {}, [boriss, claras])
    assert (await anna.hears("absent.changed"))["absent"] == [boriss, claras]


async def test_what_a_worker_says_of_paused_slots_on_its_socket_reaches_the_client(tmp_path: Path) -> None:
    path = socket_path(socket_directory(tmp_path / "workers"), 0)
    async with FakeWorker(path) as worker, running_world_with_a_worker(tmp_path) as (world, supervisor):
        assert supervisor.status()[0].adopted
        anna, boris = await world.connects("anna"), await world.connects("boris")
        calls = []
        for somebody in (anna, boris):
            call_id = (await somebody.does("room.join", name="standup", microphone=True, camera=True))["callId"]
            await somebody.does("media.offer", callId=call_id, sdp=OFFER)
            [room] = worker.rules.rooms
            worker.transport_connected(room, call_id)
            await somebody.hears("room.joined")
            calls.append(call_id)
        for news in ("participant.joining", "slots.changed", "participant.joined"):
            await anna.hears(news)
        for paused in ([0], []):
            worker.video(room, paused=[(calls[0], slot) for slot in paused])
            assert (await anna.hears("slots.paused"))["slots"] == paused
