"""Sessions that lose their socket: they come back and have missed nothing, or they are gone and so are their calls."""

import asyncio
import json

from ringback.signaling.session import GRACE_SECONDS
from tests.integration.signaling.test_calls import AUDIO, calls
from tests.integration.signaling.world import Somebody, World


async def in_a_call(world: World) -> tuple[Somebody, str, Somebody, str]:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await boris.hears("call.established")
    return anna, annas, boris, boriss


async def test_whoever_comes_back_in_time_has_missed_nothing(world: World) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    await boris.vanishes()
    await anna.does("media.update", callId=annas, microphone=False)
    await anna.does("media.update", callId=annas, camera=True)
    await world.says_all()
    await world.time_passes(GRACE_SECONDS - 1)
    assert await boris.comes_back(await world.token("boris"))
    assert (await boris.hears("participant.updated"))["participant"]["microphone"] is False
    assert (await boris.hears("participant.updated"))["participant"]["camera"] is True
    await boris.hears("slots.changed")
    await boris.does("call.hangUp", callId=boriss)
    await anna.hears_of_end("NORMAL_HANGUP")


async def test_who_does_not_come_back_in_time_is_hung_up(world: World) -> None:
    anna, _, boris, _ = await in_a_call(world)
    await boris.vanishes()
    await world.time_passes(GRACE_SECONDS)
    await anna.hears_of_end("NETWORK_ERROR")
    assert not await boris.comes_back(await world.token("boris"))


async def test_a_request_whose_answer_was_lost_is_answered_again_and_not_done_again(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    start = {"destination": {"type": "WEBRTC", "identity": "boris"}, **AUDIO}
    first = await anna.asks("call.start", **start)
    await anna.vanishes()
    anna.forgets_answer(first["id"])
    assert await anna.comes_back(await world.token("anna"))
    await anna.sends(json.dumps({"type": "call.start", "id": first["id"], **start}))
    assert await anna.answer_to(first["id"]) == first
    await boris.hears("call.incoming")
    await boris.hears_nothing_more()


async def test_a_caller_who_comes_back_is_still_calling(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await anna.hears("call.ringing")
    await anna.vanishes()
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await boris.hears("call.established")
    assert await anna.comes_back(await world.token("anna"))
    await anna.hears("call.established")


async def test_ringing_waits_for_a_device_that_is_away(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await boris.vanishes()
    await calls(anna, "boris")
    await anna.hears("call.ringing")
    assert await boris.comes_back(await world.token("boris"))
    await boris.hears("call.incoming")


async def test_a_session_is_resumed_only_with_its_key_and_by_its_identity(world: World) -> None:
    _, _, boris, _ = await in_a_call(world)
    await boris.vanishes()
    stolen = {"sessionId": boris.welcome["sessionId"], "lastSequence": 0}
    for wrong in ("guess", "gueß", "\ud83d\ude00"):
        guess = await world.opens_a_socket()
        welcome = await guess.says_hello(await world.token("boris"), resume=stolen | {"resumeKey": wrong})
        assert not welcome["resumed"]
    other = await world.opens_a_socket()
    key = {"resumeKey": boris.welcome["resumeKey"]}
    assert not (await other.says_hello(await world.token("clara"), resume=stolen | key))["resumed"]
    assert await boris.comes_back(await world.token("boris"))


async def test_an_expired_token_resumes_its_session_but_opens_nothing(world: World) -> None:
    anna, annas, boris, _ = await in_a_call(world)
    token = await world.token("boris")
    assert await boris.comes_back(token)
    await boris.lost_the_old_socket()
    world.clock.advance(8 * 3600 + 1)
    await anna.pings()
    await boris.vanishes()
    assert await boris.comes_back(token)
    await anna.does("media.update", callId=annas, microphone=False)
    await boris.hears("participant.updated")
    stranger = await world.opens_a_socket()
    client = {"name": "test", "version": "1"}
    assert await stranger.fails("hello", token=token, client=client) == "UNAUTHENTICATED"


async def test_an_expired_token_resumes_no_session_of_another_token(world: World) -> None:
    boris, other, own = await world.opens_a_socket(), await world.token("boris"), await world.token("boris")
    await boris.says_hello(own)
    world.clock.advance(8 * 3600 + 1)
    await boris.vanishes()
    await boris.is_not_let_back(other)
    fresh = await world.token("boris")
    assert await boris.comes_back(fresh)
    await boris.vanishes()
    await boris.is_not_let_back(own)
    assert await boris.comes_back(fresh)


async def test_the_newer_socket_of_a_session_wins(world: World) -> None:
    anna, annas, boris, _ = await in_a_call(world)
    assert await boris.comes_back(await world.token("boris"))  # the old socket is not known to be dead yet
    await boris.lost_the_old_socket()
    await anna.does("media.update", callId=annas, microphone=False)
    await boris.hears("participant.updated")
    await boris.hears_nothing_more()


async def test_waiting_for_who_is_away_stops_when_told_in_the_moment_in_which_somebody_goes_away(world: World) -> None:
    hub, anna = world.conversations.hub, await world.connects("anna")
    live = hub.session(anna.welcome["sessionId"])
    assert live is not None
    waiting = asyncio.create_task(hub.run_graces())
    for _ in range(3):
        await asyncio.sleep(0)  # until it waits
    hub.wait_for(live)
    waiting.cancel()
    done, _ = await asyncio.wait([waiting], timeout=5)
    assert done == {waiting}
