"""Texts over the data channels of calls and rooms, on networks and platforms that fail."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.e2e.conftest import Open, Serve
from tests.e2e.devices import Device, demo_token
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.relay import Relay
from tests.e2e.test_control_plane_killed import tells
from tests.e2e.test_endings import outgoing
from tests.e2e.test_firefox import START_SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MANY = 100
FIREFOX = Path(__file__).with_name("firefox_texts.mjs")


async def meet(room: str, *devices: Device) -> None:
    """All join; each knows of the others."""
    for number, device in enumerate(devices):
        await device.joins(room, texts=True)
        await tells(device, "room-joined", 1)
        for other in devices[:number]:
            await tells(other, "participant-joined", number - devices.index(other))


async def test_two_in_a_call_write_to_each_other(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await anna.calls("boris", texts=True)
    await tells(boris, "incoming", 1)
    await boris.accepts(texts=True)
    await anna.recorded(*outgoing(boris, "ringing", "established"))
    await anna.writes("hello")
    await boris.reads("anna: hello")
    await boris.writes("hi")
    await anna.reads("delivered: hello", "boris: hi")
    await boris.reads("anna: hello", "delivered: hi")


async def test_three_in_a_room_write_to_all_and_to_one(open_device: Open) -> None:
    anna, boris, clara = [await open_device(name) for name in ("anna", "boris", "clara")]
    await meet("chat", anna, boris, clara)
    await anna.writes("to all ☕")
    await boris.reads("anna: to all ☕")
    await clara.reads("anna: to all ☕")
    await anna.reads("delivered: to all ☕")
    await clara.writes("to boris", to="boris")
    await clara.reads("anna: to all ☕", "delivered: to boris")
    await boris.reads("anna: to all ☕", "clara directly: to boris")
    await boris.writes("to nobody", to="dora")
    await boris.reads("anna: to all ☕", "clara directly: to boris", "not delivered: to nobody")
    await anna.reads("delivered: to all ☕")


async def test_a_hundred_texts_come_in_their_order(open_device: Open) -> None:
    anna, boris, clara = [await open_device(name) for name in ("anna", "boris", "clara")]
    await meet("many", anna, boris, clara)
    annas, boriss = [[f"{name} {number}" for number in range(MANY)] for name in ("one", "two")]
    await asyncio.gather(anna.writes(*annas), boris.writes(*boriss))
    told = {device.name: await everything(device, 2 * MANY) for device in (anna, boris, clara)}
    for writer, reader, texts in ((anna, boris, annas), (boris, anna, boriss)):
        from_writer = [f"{writer.name}: {text}" for text in texts]
        for name in (reader.name, "clara"):
            assert [line for line in told[name] if line.startswith(f"{writer.name}: ")] == from_writer
        assert sorted(line for line in told[writer.name] if line.startswith("delivered: ")) == sorted(
            f"delivered: {text}" for text in texts
        )


async def everything(device: Device, lines: int) -> list[str]:
    """What has come through the data channel, once it is so much."""
    await device.page.wait_for_function(
        "(lines) => device.texts.length >= lines", arg=lines, polling=POLL, timeout=PATIENCE
    )
    told: list[str] = await device.page.evaluate("device.texts")
    assert len(told) == lines
    return told


async def test_what_is_written_without_a_connection_arrives_once(open_device: Open, relay: Relay) -> None:
    anna, boris = await open_device("anna"), await open_device("boris", via=relay)
    await meet("gap", anna, boris)
    relay.cut()
    await tells(boris, "reconnecting", 1)
    writing = asyncio.create_task(boris.writes("one", "two"))
    await anna.writes("three")
    relay.mend()
    await writing
    await anna.reads("boris: one", "boris: two", "delivered: three")
    told = await everything(boris, 3)
    assert sorted(told) == ["anna: three", "delivered: one", "delivered: two"]


async def test_firefox_and_chromium_write_to_each_other(open_device: Open) -> None:
    anna = await open_device("anna")
    await anna.joins("mixed", texts=True)
    token = await demo_token(anna, "foxy")
    script = ("node", str(FIREFOX), anna.server.url, token, "mixed")
    firefox = await asyncio.create_subprocess_exec(*script, stdin=PIPE, stdout=PIPE)
    told, says = firefox.stdout, firefox.stdin
    assert told is not None
    assert says is not None

    async def said(line: str) -> None:
        assert await asyncio.wait_for(told.readline(), START_SECONDS) == f"{line}\n".encode()

    try:
        await said("joined")
        await anna.writes("hello ☕")
        await said("anna: hello ☕")
        says.write("hello yourself ☕\n".encode())
        await said("delivered")
        await anna.reads("delivered: hello ☕", "foxy: hello yourself ☕")
    finally:
        says.close()
        await firefox.wait()


@pytest.mark.timeout(180)
async def test_a_platform_that_is_killed_neither_loses_nor_repeats_what_is_written_meanwhile(
    open_device: Open, serve: Serve
) -> None:
    server = await serve({})
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    await meet("killed", anna, boris)
    await anna.writes("before")
    await anna.reads("delivered: before")
    await server.is_killed()
    await tells(anna, "reconnecting", 1)
    writing = asyncio.create_task(anna.writes("one", "two"))
    await server.starts()
    await writing
    await boris.reads("anna: before", "anna: one", "anna: two")
    await anna.reads("delivered: before", "delivered: one", "delivered: two")
