"""The connection: greetings, versions, epochs, frames."""

import re
import stat
import struct

import msgspec
import pytest

from tests.contract.worker.conftest import WorkerUnderTest
from tests.contract.worker.controller import Controller

LIMIT = 1_048_576


async def test_a_controller_is_welcome(worker: WorkerUnderTest) -> None:
    controller = await worker.connect()
    welcome = await controller.hello()
    assert list(welcome) == ["type", "protocol", "build", "boot_id", "addresses", "last_fact", "overflowed", "draining"]
    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["build"]
    assert welcome["boot_id"]
    udp, tcp = welcome["addresses"]
    assert re.fullmatch(r"127\.0\.0\.1:[0-9]+/udp", udp)
    assert tcp == udp.replace("/udp", "/tcp"), "one port for both"
    assert welcome["last_fact"] == 0
    assert welcome["overflowed"] is False
    assert welcome["draining"] is False


async def test_only_its_own_user_reaches_the_socket(worker: WorkerUnderTest) -> None:
    assert stat.S_IMODE(worker.path.stat().st_mode) == 0o600


async def test_the_boot_keeps_its_name(worker: WorkerUnderTest) -> None:
    first = await (await worker.connect()).hello()
    second = await (await worker.connect()).hello()
    assert first["boot_id"] == second["boot_id"]


async def test_a_newer_controller_that_still_speaks_version_1_is_welcome(worker: WorkerUnderTest) -> None:
    controller = await worker.connect()
    assert (await controller.hello(protocol_min=1, protocol_max=7))["protocol"] == 1


@pytest.mark.parametrize(("oldest", "newest"), [(2, 3), (0, 0)])
async def test_versions_that_do_not_meet_are_refused(worker: WorkerUnderTest, oldest: int, newest: int) -> None:
    controller = await worker.connect()
    refused = await controller.hello(protocol_min=oldest, protocol_max=newest)
    assert (refused["type"], refused["code"]) == ("refused", "PROTOCOL_UNSUPPORTED")
    assert refused["message"]
    assert await controller.until_closed() == []


async def test_a_higher_epoch_takes_over(worker: WorkerUnderTest, controller: Controller) -> None:
    await controller.done("open_room", room="r")
    newer = await worker.connect()
    assert (await newer.hello(epoch=9))["type"] == "welcome"
    assert (await controller.until_closed())[-1] == {"type": "superseded", "epoch": 9}
    assert (await newer.room("r"))["participants"] == []


async def test_the_same_epoch_takes_over(worker: WorkerUnderTest, controller: Controller) -> None:
    again = await worker.connect()
    assert (await again.hello(epoch=1))["type"] == "welcome"
    assert await controller.until_closed() == [{"type": "superseded", "epoch": 1}]
    await again.done("take_snapshot")


async def test_a_lower_epoch_is_refused_and_changes_nothing(worker: WorkerUnderTest) -> None:
    controller = await worker.connect()
    await controller.hello(epoch=5)
    older = await worker.connect()
    refused = await older.hello(epoch=4)
    assert (refused["type"], refused["code"]) == ("refused", "STALE_EPOCH")
    assert await older.until_closed() == []
    await controller.done("take_snapshot")


async def test_the_highest_epoch_is_remembered_without_its_connection(worker: WorkerUnderTest) -> None:
    newest = await worker.connect()
    await newest.hello(epoch=5)
    newest.close()
    older = await worker.connect()
    assert (await older.hello(epoch=4))["code"] == "STALE_EPOCH"


async def test_a_refused_controller_does_not_raise_the_epoch(worker: WorkerUnderTest) -> None:
    foreign = await worker.connect()
    await foreign.hello(epoch=9, protocol_min=2, protocol_max=2)
    controller = await worker.connect()
    assert (await controller.hello(epoch=1))["type"] == "welcome"


async def test_rooms_outlive_the_connection(worker: WorkerUnderTest, controller: Controller) -> None:
    await controller.done("open_room", room="r")
    controller.close()
    next_controller = await worker.connect()
    await next_controller.hello(epoch=2)
    assert (await next_controller.room("r"))["participants"] == []


async def test_nothing_is_done_before_the_greeting(worker: WorkerUnderTest) -> None:
    stranger = await worker.connect()
    stranger.send_command({"type": "open_room", "room": "r"})
    assert [message["type"] for message in await stranger.until_closed()] == ["protocol_error"]
    controller = await worker.connect()
    await controller.hello()
    assert (await controller.done("take_snapshot"))["rooms"] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(msgspec.msgpack.encode(["hello"]), id="no map"),
        pytest.param(msgspec.msgpack.encode({"type": "goodbye"}), id="unknown type"),
        pytest.param(msgspec.msgpack.encode({"id": "1"}), id="no type"),
        pytest.param(msgspec.msgpack.encode({"type": 1}), id="type is no text"),
        pytest.param(msgspec.msgpack.encode({"type": "acknowledge", "fact": "1"}), id="field of a wrong kind"),
        pytest.param(b"\xc1", id="not MessagePack"),
        pytest.param(b"\x81\xa4type\xa2\xff\xff", id="not UTF-8"),
        pytest.param(b"\x82\xa4type", id="cut short"),
    ],
)
async def test_garbage_is_named_and_ends_the_connection(
    worker: WorkerUnderTest, controller: Controller, body: bytes
) -> None:
    controller.send_bytes(struct.pack(">I", len(body)) + body)
    (error,) = await controller.until_closed()
    assert error["type"] == "protocol_error"
    assert error["message"]
    assert (await (await worker.connect()).hello())["type"] == "welcome"


@pytest.mark.parametrize("length", [0, LIMIT + 1, 0xFFFF_FFFF])
async def test_an_impossible_length_ends_the_connection(
    worker: WorkerUnderTest, controller: Controller, length: int
) -> None:
    controller.send_bytes(struct.pack(">I", length))
    assert all(message["type"] == "protocol_error" for message in await controller.until_closed())
    assert (await (await worker.connect()).hello())["type"] == "welcome"


async def test_a_frame_may_have_the_full_length(controller: Controller) -> None:
    command = {"type": "command", "id": "long", "command": {"type": "take_snapshot", "filler": ""}}
    filler = "x" * (LIMIT - len(msgspec.msgpack.encode(command)) - 4)
    command["command"] = {"type": "take_snapshot", "filler": filler}
    assert len(msgspec.msgpack.encode(command)) == LIMIT
    controller.send(command)
    assert (await controller.reply())["error"] is None


async def test_frames_may_come_in_any_pieces(controller: Controller) -> None:
    body = msgspec.msgpack.encode({"type": "command", "id": "1", "command": {"type": "open_room", "room": "r"}})
    frame = struct.pack(">I", len(body)) + body
    for byte in frame:
        controller.send_bytes(bytes([byte]))
    assert (await controller.reply())["id"] == "1"
    controller.send_bytes(frame + frame[:7])
    controller.send_bytes(frame[7:])
    assert [(await controller.reply())["id"], (await controller.reply())["id"]] == ["1", "1"]


async def test_unknown_keys_are_ignored(controller: Controller) -> None:
    command = {"type": "open_room", "room": "r", "colour": "blue"}
    controller.send({"type": "command", "id": "1", "priority": 3, "command": command})
    reply = await controller.reply()
    assert reply == {"type": "reply", "id": "1", "result": {}, "error": None}


async def test_shut_down_answers_and_ends_the_process(worker: WorkerUnderTest, controller: Controller) -> None:
    await controller.done("open_room", room="r")
    assert await controller.done("shut_down") == {}
    assert [message for message in await controller.until_closed() if message["type"] != "statistics"] == []
    await worker.ended()
    with pytest.raises((FileNotFoundError, ConnectionRefusedError)):
        await worker.connect()
