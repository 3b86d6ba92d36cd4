"""Calls between two identities, as their SDKs live through them."""

import asyncio

import pytest

from ringback.calls import jobs
from ringback.media.facts import TransportCloseReason
from tests.integration.signaling.world import OFFER, Somebody, World

AUDIO = {"microphone": True, "camera": False}
VIDEO = {"microphone": True, "camera": True}


async def calls(caller: Somebody, identity: str, **fields: object) -> str:
    destination = {"type": "WEBRTC", "identity": identity}
    result = await caller.does("call.start", destination=destination, **(AUDIO | fields))
    return str(result["callId"])


async def test_a_call_is_answered_and_hung_up_by_the_caller(world: World) -> None:
    anna, boris = await world.connects("anna", "Anna, desk"), await world.connects("boris", "Boris, home")
    annas = await calls(anna, "boris", camera=True, customData={"order": "17"})
    incoming = await boris.hears("call.incoming")
    boriss = incoming["callId"]
    assert incoming["from"] == {"type": "WEBRTC", "identity": "anna", "displayName": "Anna, desk"}
    assert incoming["camera"] is True
    assert incoming["customData"] == {"order": "17"}
    assert (await anna.hears("call.ringing"))["callId"] == annas
    await anna.connects_media(annas)

    await boris.does("call.accept", callId=boriss, **AUDIO)
    seen_by_anna, seen_by_boris = await anna.hears("call.established"), await boris.hears("call.established")
    assert seen_by_anna["participants"] == [
        {
            "id": boriss,
            "endpoint": {"type": "WEBRTC", "identity": "boris", "displayName": "Boris, home"},
            "state": "JOINING",
            "microphone": True,
            "camera": False,
            "screen": False,
        }
    ]
    assert seen_by_anna["slots"] == [
        {"index": 0, "participantId": boriss, "microphone": 3, "camera": None, "screen": None}
    ]
    assert seen_by_boris["slots"] == [
        {"index": 0, "participantId": annas, "microphone": 1, "camera": 2, "screen": None}
    ]
    assert seen_by_boris["participants"][0]["state"] == "JOINED"
    await boris.connects_media(boriss)
    assert (await anna.hears("participant.joined"))["participant"]["id"] == boriss

    await anna.does("call.hangUp", callId=annas)
    await anna.hears_of_end("NORMAL_HANGUP")
    await boris.hears_of_end("NORMAL_HANGUP")
    await anna.hears_nothing_more()
    await boris.hears_nothing_more()
    assert world.engine.rules[0].rooms == []


async def test_the_callee_hangs_up(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await boris.hears("call.established")
    await boris.does("call.hangUp", callId=boriss)
    await boris.hears_of_end("NORMAL_HANGUP")
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await anna.hears_of_end("NORMAL_HANGUP")


async def test_the_callee_declines(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.decline", callId=boriss)
    await boris.hears_of_end("REJECTED")
    await anna.hears("call.ringing")
    await anna.hears_of_end("REJECTED")
    assert await boris.fails("call.accept", callId=boriss, **AUDIO) == "CALL_NOT_FOUND"


async def test_the_caller_gives_up(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    await boris.hears("call.incoming")
    await anna.hears("call.ringing")
    await anna.does("call.hangUp", callId=annas)
    await anna.hears_of_end("CANCELLED")
    await boris.hears_of_end("CANCELLED")


async def test_nobody_answers(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.hears("call.incoming")
    await anna.hears("call.ringing")
    await world.time_passes(61)
    await anna.hears_of_end("NO_ANSWER")
    await boris.hears_of_end("NO_ANSWER")


async def test_whoever_is_not_connected_cannot_ring(world: World) -> None:
    anna = await world.connects("anna")
    await world.token("boris")
    await calls(anna, "boris")
    await anna.hears_of_end("TEMPORARILY_UNAVAILABLE")
    await calls(anna, "nobody")
    await anna.hears_of_end("DESTINATION_NOT_FOUND")


async def test_all_devices_ring_and_one_answers(world: World) -> None:
    anna, phone, desk = await world.connects("anna"), await world.connects("boris"), await world.connects("boris")
    await calls(anna, "boris")
    boriss = (await phone.hears("call.incoming"))["callId"]
    assert (await desk.hears("call.incoming"))["callId"] == boriss
    await desk.does("call.accept", callId=boriss, **AUDIO)
    await phone.hears_of_end("ANSWERED_ELSEWHERE")
    await desk.hears("call.established")
    assert await phone.fails("call.hangUp", callId=boriss) == "CALL_NOT_FOUND"
    await desk.hears_nothing_more()


async def test_the_call_ends_when_a_side_closes_its_page(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await boris.goes()
    await anna.hears_of_end("NETWORK_ERROR")


async def test_ringing_stops_when_the_caller_closes_its_page(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.hears("call.incoming")
    await anna.goes()
    await boris.hears_of_end("CANCELLED")


async def test_whoever_is_in_a_call_is_busy(world: World) -> None:
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await boris.hears("call.established")
    await calls(clara, "boris")
    await clara.hears_of_end("BUSY")
    desk = await world.connects("boris")
    await calls(clara, "boris")
    await desk.hears("call.incoming")
    await clara.hears("call.ringing")
    await boris.hears_nothing_more()


async def test_of_two_who_call_each_other_the_first_one_rings(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    boriss = await calls(boris, "anna")
    heard = [await boris.hears_one_of("call.incoming", "call.ended") for _ in range(2)]
    by_type = {event["type"]: event for event in heard}
    assert by_type["call.ended"]["callId"] == boriss
    assert by_type["call.ended"]["reason"]["name"] == "BUSY"
    await anna.hears("call.ringing")
    await boris.does("call.accept", callId=by_type["call.incoming"]["callId"], **AUDIO)
    assert (await anna.hears("call.established"))["callId"] == annas
    await anna.hears_nothing_more()


async def test_both_hang_up_at_once(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await asyncio.gather(anna.does("call.hangUp", callId=annas), boris.does("call.hangUp", callId=boriss))
    await anna.hears("call.ringing")
    for somebody in (anna, boris):
        await somebody.hears("call.established")
        await somebody.hears_of_end("NORMAL_HANGUP")
        await somebody.hears_nothing_more()


async def test_an_expired_token_begins_nothing_new_and_ends_nothing(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await boris.hears("call.established")
    world.clock.advance(8 * 3600)
    destination = {"type": "WEBRTC", "identity": "clara"}
    assert await anna.fails("call.start", destination=destination, **AUDIO) == "UNAUTHENTICATED"
    assert await anna.fails("room.join", name="standup", **AUDIO) == "UNAUTHENTICATED"
    await anna.does("media.update", callId=annas, microphone=False)
    await boris.hears("participant.updated")
    await anna.does("call.hangUp", callId=annas)
    await boris.hears_of_end("NORMAL_HANGUP")


async def test_both_sides_can_share_their_screens(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    await boris.does("call.accept", callId=boriss, **AUDIO)
    await boris.hears("call.established")
    await anna.does("media.update", callId=annas, screen=True)
    assert (await boris.hears("participant.updated"))["participant"]["screen"] is True
    person, screen = (await boris.hears("slots.changed"))["slots"]
    assert (person["index"], person["camera"], person["screen"]) == (0, None, None)
    assert (screen["index"], screen["participantId"], screen["screen"]) == (3, annas, 3)
    await boris.does("media.update", callId=boriss, screen=True)
    await anna.hears("call.ringing")
    await anna.hears("call.established")
    await anna.hears("participant.updated")
    assert len((await anna.hears("slots.changed"))["slots"]) == 2
    await anna.does("media.update", callId=annas, screen=False)
    await boris.hears("participant.updated")
    assert len((await boris.hears("slots.changed"))["slots"]) == 1
    await boris.hears_nothing_more()


async def test_the_line_is_tested_by_an_echo(world: World) -> None:
    anna = await world.connects("anna")
    call_id = (await anna.does("echo.start", **VIDEO))["callId"]
    await anna.connects_media(call_id)
    joined = await anna.hears("room.joined")
    assert joined["participants"] == []
    assert joined["slots"] == [{"index": 0, "participantId": call_id, "microphone": 1, "camera": 2, "screen": None}]
    await anna.does("call.hangUp", callId=call_id)
    await anna.hears_of_end("NORMAL_HANGUP")


async def test_muting_and_the_camera_are_seen_by_the_other_side(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await boris.hears("call.established")
    await anna.does("media.update", callId=annas, microphone=False)
    assert (await boris.hears("participant.updated"))["participant"]["microphone"] is False
    await anna.does("media.update", callId=annas, camera=True)
    assert (await boris.hears("participant.updated"))["participant"]["camera"] is True
    [slot] = (await boris.hears("slots.changed"))["slots"]
    assert slot["camera"] is not None
    await anna.does("media.update", callId=annas, camera=True)
    await boris.hears_nothing_more()


async def test_without_any_worker_calls_end_and_with_the_next_one_calls_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "WORKER_SECONDS", 0)
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    for somebody in (anna, boris):
        if somebody is anna:
            await somebody.hears("call.ringing")
        await somebody.hears("call.established")
    await world.engine.lose_worker(0)
    await anna.hears_of_end("SERVICE_UNAVAILABLE")
    await boris.hears_of_end("SERVICE_UNAVAILABLE")
    destination = {"type": "WEBRTC", "identity": "boris"}
    assert await anna.fails("call.start", destination=destination, **AUDIO) == "SERVICE_UNAVAILABLE"
    world.engine.return_worker(0)
    await calls(anna, "boris")
    await boris.hears("call.incoming")


async def test_a_browser_that_says_goodbye_ends_the_call(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris")
    await boris.does("call.accept", callId=(await boris.hears("call.incoming"))["callId"], **AUDIO)
    await anna.connects_media(annas)
    [room] = world.engine.rules[0].rooms
    await world.engine.transport_closed(room, annas, TransportCloseReason.PEER_CLOSED)
    await boris.hears("call.established")
    await boris.hears("participant.joined")
    await boris.hears_of_end("NETWORK_ERROR")


async def test_media_is_negotiated_only_by_who_holds_the_call(world: World) -> None:
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    assert await boris.fails("media.offer", callId=boriss, sdp=OFFER) == "INVALID_STATE"  # not accepted yet
    assert await clara.fails("media.offer", callId=annas, sdp=OFFER) == "CALL_NOT_FOUND"
    assert await anna.fails("media.offer", callId=annas, sdp="v=0\r\nnonsense") == "OFFER_INVALID"
    assert (await anna.does("media.offer", callId=annas, sdp=OFFER))["sdp"].startswith("v=0")


async def test_a_stranger_can_do_nothing_with_a_call(world: World) -> None:
    anna, boris, clara = [await world.connects(name) for name in ("anna", "boris", "clara")]
    annas = await calls(anna, "boris")
    boriss = (await boris.hears("call.incoming"))["callId"]
    for call_id in (annas, boriss, "no-such-call"):
        assert await clara.fails("call.accept", callId=call_id, **AUDIO) == "CALL_NOT_FOUND"
        assert await clara.fails("call.decline", callId=call_id) == "CALL_NOT_FOUND"
        assert await clara.fails("call.hangUp", callId=call_id) == "CALL_NOT_FOUND"
        assert await clara.fails("media.update", callId=call_id, microphone=False) == "CALL_NOT_FOUND"
    await anna.hears("call.ringing")
    await anna.hears_nothing_more()


async def test_the_same_identity_of_another_account_does_not_ring(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    other = await world.platform.accounts.create_account("other")
    issued = await world.platform.identities.issue_token(other.id, "boris")
    foreign = await world.opens_a_socket()
    await foreign.does("hello", token=issued.token.reveal(), client={"name": "test", "version": "1"})
    await calls(anna, "boris")
    await boris.hears("call.incoming")
    await foreign.hears_nothing_more()


@pytest.mark.parametrize(
    "destination",
    [
        {"type": "PHONE", "phoneNumber": "+41793026727", "from": "41793026700"},
        {"type": "APPLICATION", "callsConfigurationId": "support", "autoReconnect": True},
    ],
)
async def test_a_call_that_no_channel_can_make_ends_for_that_reason(world: World, destination: object) -> None:
    anna = await world.connects("anna")
    annas = (await anna.does("call.start", destination=destination, **AUDIO))["callId"]
    ended = await anna.hears("call.ended")
    assert (ended["callId"], ended["reason"]["id"], ended["reason"]["name"]) == (annas, 10311, "FEATURE_UNAVAILABLE")
    await anna.hears_nothing_more()
    assert world.engine.rules[0].rooms == []


async def test_a_phone_number_that_is_none_is_refused_by_its_field(world: World) -> None:
    anna = await world.connects("anna")
    refusal = await anna.asks("call.start", destination={"type": "PHONE", "phoneNumber": "home"}, **AUDIO)
    assert (refusal["code"], refusal["field"]) == ("INVALID_MESSAGE", "destination.phoneNumber")
