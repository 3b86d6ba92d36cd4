"""Texts between those who are in a call or a room, as their SDKs send and hear them."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ringback.signaling import session
from ringback.signaling.session import GRACE_SECONDS
from ringback.signaling.texts import CONFIRM_TIME
from tests.integration.signaling.test_calls import AUDIO, calls
from tests.integration.signaling.test_killed import comes_back
from tests.integration.signaling.test_resume import in_a_call
from tests.integration.signaling.test_rooms import joins
from tests.integration.signaling.world import Somebody, World, started_again


async def in_a_room(world: World, *names: str) -> tuple[list[Somebody], list[str]]:
    people: list[Somebody] = []
    ids: list[str] = []
    for name in names:
        somebody = await world.connects(name)
        ids.append(await joins(somebody))
        await somebody.hears("room.joined")
        for other in people:
            for event in ("participant.joining", "slots.changed", "participant.joined"):
                await other.hears(event)
        people.append(somebody)
    return people, ids


async def writes(somebody: Somebody, call_id: str, text: str, **fields: Any) -> str:
    return str((await somebody.does("text.send", callId=call_id, text=text, **fields))["textId"])


async def reads(somebody: Somebody, text: str) -> str:
    """Hear this text, and confirm it."""
    received = await somebody.hears("text.received")
    assert received["text"] == text
    await somebody.does("text.confirm", callId=received["callId"], textId=received["textId"])
    return str(received["textId"])


async def is_told(somebody: Somebody, text_id: str, *, delivered: bool) -> None:
    report = await somebody.hears("text.delivered")
    assert (report["textId"], report["delivered"]) == (text_id, delivered)


async def test_two_in_a_call_write_to_each_other(world: World) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    hello = await writes(anna, annas, "hello")
    received = await boris.hears("text.received")
    assert received["callId"] == boriss
    assert received["from"] == {"type": "WEBRTC", "identity": "anna", "displayName": None}
    assert received["direct"] is False
    await boris.does("text.confirm", callId=boriss, textId=hello)
    await is_told(anna, hello, delivered=True)
    hi = await writes(boris, boriss, "hi")
    assert await reads(anna, "hi") == hi
    await is_told(boris, hi, delivered=True)


async def test_all_in_a_room_read_in_the_same_order(world: World) -> None:
    people, ids = await in_a_room(world, "anna", "boris", "clara")
    rounds = [(who, f"{ids[who]} {number}") for number in range(10) for who in range(3)]
    await asyncio.gather(*(writes(people[who], ids[who], text) for who, text in rounds))
    heard = [[(await somebody.hears("text.received"))["text"] for _ in range(20)] for somebody in people]
    for own, texts in zip(ids, heard, strict=True):
        assert not any(text.startswith(own) for text in texts)
    for one, other in itertools.combinations(heard, 2):
        assert [text for text in one if text in other] == [text for text in other if text in one]
    for reader, sender in ((0, 1), (1, 2), (2, 0)):
        texts = [text for text in heard[reader] if text.startswith(ids[sender])]
        assert texts == [f"{ids[sender]} {number}" for number in range(10)]


async def test_a_direct_text_is_for_one(world: World) -> None:
    (anna, boris, clara), (annas, _, _) = await in_a_room(world, "anna", "boris", "clara")
    text = await writes(anna, annas, "psst", to={"type": "WEBRTC", "identity": "boris"})
    received = await boris.hears("text.received")
    assert received["direct"] is True
    await boris.does("text.confirm", callId=received["callId"], textId=text)
    await is_told(anna, text, delivered=True)
    await clara.hears_nothing_more()


async def test_what_is_written_while_somebody_is_away_waits(world: World) -> None:
    anna, annas, boris, _ = await in_a_call(world)
    await boris.vanishes()
    first, second = await writes(anna, annas, "one"), await writes(anna, annas, "two")
    await world.time_passes(GRACE_SECONDS - 1)
    assert await boris.comes_back(await world.token("boris"))
    await reads(boris, "one")
    await is_told(anna, first, delivered=True)
    await reads(boris, "two")
    await is_told(anna, second, delivered=True)


async def test_what_somebody_who_is_gone_for_good_did_not_read_is_not_delivered(world: World) -> None:
    (anna, boris), (annas, _) = await in_a_room(world, "anna", "boris")
    text = await writes(anna, annas, "are you there?")
    await boris.goes()
    await is_told(anna, text, delivered=False)
    await anna.hears("participant.left")


async def test_what_nobody_confirms_is_not_delivered(world: World) -> None:
    """As it is with a client that does not hand texts to its application."""
    anna, annas, boris, _ = await in_a_call(world)
    text = await writes(anna, annas, "are you there?")
    await boris.hears("text.received")
    await world.time_passes(CONFIRM_TIME.total_seconds())
    await is_told(anna, text, delivered=False)


async def test_only_who_is_in_the_call_writes_and_confirms(world: World) -> None:
    anna, annas, boris, _ = await in_a_call(world)
    clara = await world.connects("clara")
    assert await clara.fails("text.send", callId=annas, text="let me in") == "CALL_NOT_FOUND"
    text = await writes(anna, annas, "only for boris")
    assert await clara.fails("text.confirm", callId=annas, textId=text) == "CALL_NOT_FOUND"
    await world.connects("dora")
    claras = await calls(clara, "dora")
    await clara.hears("call.ringing")
    assert await clara.fails("text.send", callId=claras, text="hello?") == "INVALID_STATE"
    assert await boris.hears("text.received")
    await boris.hears_nothing_more()


async def test_who_never_says_what_it_has_got_is_gone_before_it_costs_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client confirms texts to their senders, and events to the platform; both are bounded."""
    monkeypatch.setattr(session, "EVENTS_KEPT", 20)
    anna, annas, boris, _ = await in_a_call(world)
    for number in range(18):  # with the two events that began the call it is all that is kept
        text = await writes(anna, annas, f"text {number}")
        await reads(boris, f"text {number}")
        await is_told(anna, text, delivered=True)
        await anna.pings()
    await writes(anna, annas, "one too many")
    await boris.closed_with()
    while (await anna.hears_one_of("text.delivered", "call.ended"))["type"] != "call.ended":
        pass


async def test_an_echo_test_has_nobody_to_write_to(world: World) -> None:
    anna = await world.connects("anna")
    call_id = (await anna.does("echo.start", **AUDIO))["callId"]
    await anna.connects_media(call_id)
    await anna.hears("room.joined")
    await is_told(anna, await writes(anna, call_id, "echo"), delivered=False)


async def test_a_text_that_may_have_been_lost_with_the_process_comes_once(world: World, tmp_path: Path) -> None:
    """The answer was lost, so the client asks again; the new process gives the text the id that it had."""
    anna, annas, boris, _ = await in_a_call(world)
    text = await writes(anna, annas, "hello")
    asked = anna.last_id
    assert await reads(boris, "hello") == text
    async with started_again(world, tmp_path / "again") as world:
        for somebody in (boris, anna):
            await comes_back(somebody, world)
            await somebody.hears("call.established")
        again = await anna.asks_again(asked, "text.send", callId=annas, text="hello")
        assert again["result"]["textId"] == text
        assert await reads(boris, "hello") == text
        await is_told(anna, text, delivered=True)


async def test_what_was_on_its_way_when_the_process_was_killed_is_lost(world: World, tmp_path: Path) -> None:
    anna, annas, boris, boriss = await in_a_call(world)
    await boris.vanishes()
    lost = await writes(anna, annas, "lost")
    async with started_again(world, tmp_path / "again") as world:
        for somebody in (anna, boris):
            await comes_back(somebody, world)
            await somebody.hears("call.established")
        assert await boris.does("text.confirm", callId=boriss, textId=lost) == {}
        await anna.hears_nothing_more()
        await boris.hears_nothing_more()
        text = await writes(anna, annas, "here again")
        await reads(boris, "here again")
        await is_told(anna, text, delivered=True)


async def test_no_text_is_in_the_log(world: World) -> None:
    with capture_logs() as logged:
        anna, annas, boris, _ = await in_a_call(world)
        await writes(anna, annas, "a secret of ours")
        await reads(boris, "a secret of ours")
        await anna.fails("text.send", callId=annas, text="another secret" * 8192)
        await boris.vanishes()
    assert "secret" not in str(logged)
