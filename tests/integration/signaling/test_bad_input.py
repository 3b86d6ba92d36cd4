"""What strangers and broken clients get: a stable code, and nobody else notices."""

import json

import pytest

from tests.integration.signaling.world import World

CLIENT = {"name": "test", "version": "1"}


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_is_not_ours(world: World, token: str) -> None:
    stranger = await world.opens_a_socket()
    await stranger.sends(json.dumps({"type": "hello", "id": 1, "token": token, "client": CLIENT}))
    code = (await stranger.answer_to(1))["code"]
    assert (code, await stranger.closed_with()) in [("UNAUTHENTICATED", 4401), ("INVALID_MESSAGE", 4400)]
    assert (code == "INVALID_MESSAGE") is (token == "")


async def test_a_token_that_was_tampered_with(world: World) -> None:
    header, _, signature = (await world.token("anna")).split(".")
    _, body, _ = (await world.token("boris")).split(".")
    stranger = await world.opens_a_socket()
    assert await stranger.fails("hello", token=f"{header}.{body}.{signature}", client=CLIENT) == "UNAUTHENTICATED"
    assert await stranger.closed_with() == 4401


async def test_a_token_that_has_expired(world: World) -> None:
    token = await world.token("anna")
    world.clock.advance(8 * 3600 + 1)
    late = await world.opens_a_socket()
    assert await late.fails("hello", token=token, client=CLIENT) == "UNAUTHENTICATED"
    assert await late.closed_with() == 4401


async def test_a_message_that_does_not_fit_is_refused_and_the_session_lives(world: World) -> None:
    anna = await world.connects("anna")
    refusal = await anna.asks("call.start", destination={"type": "WEBRTC"}, microphone=True, camera=False)
    assert (refusal["code"], refusal["field"]) == ("INVALID_MESSAGE", "destination.identity")
    await anna.pings()


async def test_an_oversized_message_closes_with_1009(world: World) -> None:
    anna = await world.connects("anna")
    await anna.sends("x" * (128 * 1024 + 1))
    assert await anna.closed_with() == 1009


async def test_a_flood_closes_with_4429(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    for id in range(2, 300):
        await anna.sends(json.dumps({"type": "ping", "id": id, "received": 0}))
    assert await anna.closed_with() == 4429
    assert (await anna.answer_to(None))["code"] == "TOO_MANY_MESSAGES"
    await boris.pings()


async def test_a_session_that_is_closed_is_gone(world: World) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await boris.goes()
    await world.says_all()
    await anna.does("call.start", destination={"type": "WEBRTC", "identity": "boris"}, microphone=True, camera=False)
    await anna.hears_of_end("TEMPORARILY_UNAVAILABLE")
