"""What operators ask of a worker: snapshots in pages, packet captures, statistics."""

import stat
from pathlib import Path

import pytest

from tests.contract.worker.controller import OFFER, Controller, Message

SLOTS = 64
PARTICIPANTS = 40  # together more than fits into a page


@pytest.fixture
async def room(controller: Controller) -> Controller:
    """A controller with one open room, `r`."""
    await controller.done("open_room", room="r")
    return controller


async def pages(controller: Controller, **fields: object) -> list[Message]:
    found = [await controller.done("take_snapshot", **fields)]
    while found[-1]["next"] is not None:
        found.append(await controller.done("take_snapshot", **{**fields, "after": found[-1]["next"]}))
    return found


async def test_a_large_worker_is_told_in_pages(room: Controller) -> None:
    for name in ("empty", "s"):
        await room.done("open_room", room=name)
    for number in range(PARTICIPANTS):
        for index in range(SLOTS):
            slot = {"room": "r", "participant": str(number), "kind": "VIDEO", "index": index, "publication": None}
            room.send_command({"type": "map_slot", **slot})
    for _ in range(PARTICIPANTS * SLOTS):
        assert (await room.reply())["error"] is None
    await room.done("map_slot", room="s", participant="alone", kind="AUDIO", index=0, publication=None)

    found = await pages(room)
    assert len(found) > 1
    told = [
        (each["room"], person["participant"])
        for page in found
        for each in page["rooms"]
        for person in each["participants"]
    ]
    assert told == [*(("r", str(number)) for number in range(PARTICIPANTS)), ("s", "alone")]
    assert {each["room"] for page in found for each in page["rooms"]} == {"r", "empty", "s"}

    (only,) = await pages(room, room="s")
    assert [each["room"] for each in only["rooms"]] == ["s"]
    assert (
        sum(len(each["participants"]) for page in await pages(room, room="r") for each in page["rooms"]) == PARTICIPANTS
    )


async def test_a_place_that_nobody_has_named_is_refused(room: Controller) -> None:
    assert await room.refused("take_snapshot", after="nowhere") == "COMMAND_INVALID"
    assert await room.refused("take_snapshot", room="none") == "ROOM_NOT_FOUND"


async def test_a_worker_counts_what_it_holds(room: Controller) -> None:
    await room.done("accept_offer", room="r", participant="alice", transport="t", sdp=OFFER)
    worker = (await room.done("take_snapshot"))["worker"]
    assert (worker["rooms"], worker["participants"], worker["transports"]) == (1, 1, 0)
    assert worker["load"]["state"] == "NORMAL"
    assert worker["faults"] == {"rooms": 0, "transports": 0}


async def test_a_capture_goes_to_a_new_file_that_only_its_owner_reads(room: Controller, tmp_path: Path) -> None:
    capture = {"room": "r", "path": str(tmp_path / "r.pcap"), "payloads": False, "seconds": 30}
    await room.done("start_capture", **capture)
    assert stat.S_IMODE((tmp_path / "r.pcap").stat().st_mode) == 0o600
    assert await room.refused("start_capture", **{**capture, "path": str(tmp_path / "2.pcap")}) == "COMMAND_INVALID"
    for _ in range(2):
        await room.done("stop_capture", room="r")
    assert await room.refused("start_capture", **capture) == "COMMAND_INVALID"  # never over what is there
    await room.done("start_capture", **{**capture, "path": str(tmp_path / "2.pcap")})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"room": "none"}, "ROOM_NOT_FOUND"),
        ({"path": "/no/such/folder/r.pcap"}, "COMMAND_INVALID"),
        ({"seconds": 0}, "COMMAND_INVALID"),
        ({"seconds": 601}, "COMMAND_INVALID"),
    ],
)
async def test_what_cannot_be_captured_is_refused(room: Controller, tmp_path: Path, change: Message, code: str) -> None:
    path = tmp_path / "r.pcap"
    capture = {"room": "r", "path": str(path), "payloads": True, "seconds": 30}
    assert await room.refused("start_capture", **{**capture, **change}) == code
    assert not path.exists()


async def test_no_capture_needs_no_stopping(controller: Controller) -> None:
    await controller.done("stop_capture", room="none")
