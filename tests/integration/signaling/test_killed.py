"""The platform's process is killed and started again: sessions come back, calls go on, and nothing is done twice."""

from pathlib import Path
from typing import Any

import pytest

from ringback.platform import Platform
from ringback.signaling.session import GRACE_SECONDS
from ringback.web import Principal
from tests.integration.signaling.test_calls import AUDIO, calls
from tests.integration.signaling.test_resume import in_a_call
from tests.integration.signaling.world import OFFER, Somebody, World, started_again


async def comes_back(somebody: Somebody, world: World) -> list[str]:
    """Resume after the kill; return the calls that the session still has."""
    identity = somebody.welcome["identity"]
    assert await somebody.comes_back(await world.token(identity))
    calls: list[str] = (await somebody.hears("session.restored"))["calls"]
    return calls


async def test_a_call_goes_on_and_is_told_as_it_is_now(world: World, tmp_path: Path) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    await anna.does("media.update", callId=annas, microphone=False)
    assert not (await boris.hears("participant.updated"))["participant"]["microphone"]
    rooms = world.engine.rules[0].room_snapshots()
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(boris, world) == [boriss]
        established = await boris.hears("call.established")
        assert [(one["id"], one["microphone"]) for one in established["participants"]] == [(annas, False)]
        assert world.engine.rules[0].room_snapshots() == rooms
        assert await comes_back(anna, world) == [annas]
        await anna.hears("call.established")
        await anna.does("media.update", callId=annas, camera=True)
        assert (await boris.hears("participant.updated"))["participant"]["camera"]
        await boris.hears("slots.changed")
        await boris.does("call.hangUp", callId=boriss)
        await anna.hears_of_end("NORMAL_HANGUP")
        await boris.hears_of_end("NORMAL_HANGUP")
        await boris.hears_nothing_more()
        assert world.engine.rules[0].rooms == []


async def test_what_happens_before_somebody_is_back_is_told_afterwards(world: World, tmp_path: Path) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(anna, world)
        await anna.hears("call.established")
        await anna.does("media.update", callId=annas, microphone=False)
        assert await comes_back(boris, world) == [boriss]
        assert (await boris.hears("call.established"))["participants"][0]["microphone"]
        assert not (await boris.hears("participant.updated"))["participant"]["microphone"]
        await boris.vanishes()
        assert await boris.comes_back(await world.token("boris")), "from now on it is a session like any other"
        await boris.hears_nothing_more()


async def test_a_call_that_rings_goes_on_ringing_on_both_sides(world: World, tmp_path: Path) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    annas = await calls(anna, "boris", customData={"order": "17"})
    incoming = await boris.hears("call.incoming")
    await anna.hears("call.ringing")
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(boris, world) == [incoming["callId"]]
        again = await boris.hears("call.incoming")
        assert again | {"sequence": 0} == incoming | {"sequence": 0}
        await boris.does("call.accept", callId=incoming["callId"], **AUDIO)
        assert await comes_back(anna, world) == [annas]
        await anna.hears("call.ringing")
        await anna.hears("call.established")


async def test_devices_that_had_not_been_looked_for_are_found_afterwards(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    monkeypatch.setattr(world.conversations.mailboxes, "_run_commands", lambda _tree: None)
    annas = await calls(anna, "boris")
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(boris, world) == []
        await boris.hears("call.incoming")
        assert await comes_back(anna, world) == [annas]
        await anna.hears("call.ringing")


async def test_a_room_is_told_as_it_is_now(world: World, tmp_path: Path) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    ids = []
    for somebody in (anna, boris):
        ids.append((await somebody.does("room.join", name="standup", **AUDIO))["callId"])
        await somebody.connects_media(ids[-1])
        await somebody.hears("room.joined")
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(anna, world) == [ids[0]]
        joined = await anna.hears("room.joined")
        assert (joined["name"], [one["id"] for one in joined["participants"]]) == ("standup", [ids[1]])
        await anna.hears("screen.stopped")
        clara = await world.connects("clara")
        claras = (await clara.does("room.join", name="standup", **AUDIO))["callId"]
        assert (await anna.hears("participant.joining"))["participant"]["id"] == claras


async def test_who_does_not_come_back_is_hung_up(world: World, tmp_path: Path) -> None:
    anna, _, _, _ = await in_a_call(world)
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(anna, world)
        await anna.hears("call.established")
        await world.time_passes(GRACE_SECONDS)
        await anna.hears_of_end("NETWORK_ERROR")


async def test_an_end_that_nobody_was_told_of_is_told_with_its_reason(world: World, tmp_path: Path) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    await world.tells_nothing_more()
    await boris.does("call.hangUp", callId=boriss)
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(anna, world) == [annas]
        await anna.hears_of_end("NORMAL_HANGUP")
        await anna.hears_nothing_more()


async def test_what_is_owed_from_before_is_told_once(world: World, tmp_path: Path) -> None:
    anna, annas, boris, _ = await in_a_call(world)
    await world.tells_nothing_more()
    await anna.does("media.update", callId=annas, microphone=False)
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(boris, world)
        assert not (await boris.hears("call.established"))["participants"][0]["microphone"]
        await boris.hears_nothing_more()


async def test_a_session_is_resumed_only_with_its_key_and_unrevoked(world: World, tmp_path: Path) -> None:
    _, _, boris, _ = await in_a_call(world)
    async with started_again(world, tmp_path / "again") as world:
        stolen = {"sessionId": boris.welcome["sessionId"], "lastSequence": 0, "resumeKey": "guess"}
        guess = await world.opens_a_socket()
        assert not (await guess.says_hello(await world.token("boris"), resume=stolen))["resumed"]
        assert await boris.comes_back(await world.token("boris"))


async def test_who_was_thrown_out_while_the_platform_was_down_does_not_come_back(world: World, tmp_path: Path) -> None:
    anna, _, boris, _ = await in_a_call(world)
    token = await world.token("boris")

    async def revoke(platform: Platform) -> None:
        account = await platform.accounts.find_account("default")
        await platform.identities.revoke_identity(Principal(account_id=account.id, credential_id="key-1"), "boris")

    async with started_again(world, tmp_path / "again", meanwhile=revoke) as world:
        await comes_back(anna, world)
        await anna.hears("call.established")
        await anna.hears_of_end("NETWORK_ERROR")
        await boris.is_not_let_back(token)


async def test_who_has_to_connect_media_again_is_told_so_again(world: World, tmp_path: Path) -> None:
    anna, annas, _, _ = await in_a_call(world)
    await anna.connects_media(annas)
    [room] = world.engine.rules[0].rooms
    await world.engine.transport_closed(room, annas)
    await anna.hears("media.lost")
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(anna, world) == [annas]
        await anna.hears("call.established")
        assert (await anna.hears("media.lost"))["callId"] == annas


async def test_commands_whose_end_was_not_stored_are_carried_out_again_under_their_ids(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ringback.storage.aggregates.finish_commands", lambda _connection, _positions: None)
        await in_a_call(world)
        await world.says_all()
        given, rooms = [recorded.id for recorded in world.engine.recorded], world.engine.rules[0].room_snapshots()
        async with started_again(world, tmp_path / "again") as world:
            await world.says_all()
            again = [recorded.id for recorded in world.engine.recorded[len(given) :]]
            assert len(again) > 0
            assert set(again) <= set(given)
            assert world.engine.rules[0].room_snapshots() == rooms


async def test_a_restart_counts_as_no_new_session(world: World, tmp_path: Path) -> None:
    anna = await world.connects("anna")
    async with started_again(world, tmp_path / "again") as world:
        figures = {figure.labels["state"]: figure.value for figure in world.conversations.hub.figures()}
        assert figures == {"connected": 0, "away": 1}
        await comes_back(anna, world)
        figures = {figure.labels["state"]: figure.value for figure in world.conversations.hub.figures()}
        assert figures == {"connected": 1, "away": 0}


async def test_two_kills_in_a_row(world: World, tmp_path: Path) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    async with started_again(world, tmp_path / "again") as second:
        await comes_back(anna, second)
        await anna.hears("call.established")
        async with started_again(second, tmp_path / "and again") as third:
            assert await comes_back(boris, third) == [boriss]
            assert await comes_back(anna, third) == [annas]
            await anna.hears("call.established")
            await boris.hears("call.established")


# Requests whose answers the kill took. What was stored is answered, and not done again.


BEGINNINGS: list[tuple[str, dict[str, Any]]] = [
    ("call.start", {"destination": {"type": "WEBRTC", "identity": "boris"}, **AUDIO}),
    ("room.join", {"name": "standup", **AUDIO}),
    ("echo.start", AUDIO),
]


@pytest.mark.parametrize(("type", "fields"), BEGINNINGS)
async def test_a_call_whose_beginning_was_stored_begins_once(
    world: World, tmp_path: Path, type: str, fields: dict[str, Any]
) -> None:
    anna = await world.connects("anna")
    first = await anna.asks(type, **fields)
    await world.says_all()
    rooms = world.engine.rules[0].rooms
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(anna, world)
        assert await anna.asks_again(first["id"], type, **fields) == first
        await world.says_all()
        assert world.engine.rules[0].rooms == rooms


@pytest.mark.parametrize(("type", "fields"), BEGINNINGS)
async def test_a_call_whose_beginning_was_not_stored_begins_when_it_is_asked_for_again(
    world: World, tmp_path: Path, type: str, fields: dict[str, Any]
) -> None:
    anna = await world.connects("anna")
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(anna, world) == []
        first = await anna.asks_again(2, type, **fields)
        assert first["type"] == "reply"
        assert await anna.asks_again(2, type, **fields) == first


async def test_a_stored_beginning_is_answered_whatever_has_expired_meanwhile(world: World, tmp_path: Path) -> None:
    anna = await world.opens_a_socket()
    token = await world.token("anna")
    world.clock.advance(8 * 3600 - 1)
    await anna.says_hello(token)
    first = await anna.asks("room.join", name="standup", **AUDIO)
    async with started_again(world, tmp_path / "again") as world:
        world.clock.advance(2)
        assert await anna.comes_back(token)
        assert await anna.asks_again(first["id"], "room.join", name="standup", **AUDIO) == first
        assert await anna.fails("room.join", name="standup", **AUDIO) == "UNAUTHENTICATED"


async def test_an_acceptance_that_was_stored_is_answered(world: World, tmp_path: Path) -> None:
    anna, _, boris, boriss = await in_a_call(world)
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(boris, world)
        answer = await boris.asks_again(boris.last_id - 1, "call.accept", callId=boriss, **AUDIO)
        assert answer["type"] == "reply"
        await boris.hears("call.established")
        await boris.hears_nothing_more()
        await comes_back(anna, world)


async def test_nobody_accepts_his_own_call(world: World) -> None:
    anna, annas, _, _ = await in_a_call(world)
    assert await anna.fails("call.accept", callId=annas, **AUDIO) == "INVALID_STATE"


async def test_hanging_up_again_is_answered(world: World, tmp_path: Path) -> None:
    anna, annas, _, _ = await in_a_call(world)
    first = await anna.asks("call.hangUp", callId=annas)
    await world.says_all()
    async with started_again(world, tmp_path / "again") as world:
        assert await comes_back(anna, world) == []
        assert await anna.asks_again(first["id"], "call.hangUp", callId=annas) == first


async def test_an_offer_that_the_worker_has_answered_is_answered_alike(world: World, tmp_path: Path) -> None:
    anna, annas, _, _ = await in_a_call(world)
    first = await anna.asks("media.offer", callId=annas, sdp=OFFER)
    async with started_again(world, tmp_path / "again") as world:
        await comes_back(anna, world)
        assert await anna.asks_again(first["id"], "media.offer", callId=annas, sdp=OFFER) == first
        given = [recorded.id for recorded in world.engine.recorded if recorded.id.endswith(f":{first['id']}")]
        assert len(given) == 2
        assert len(set(given)) == 1
