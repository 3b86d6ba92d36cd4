"""Commands: what each does, as the snapshot shows it, and what is refused."""

import pytest

from tests.contract.worker.conftest import WorkerUnderTest
from tests.contract.worker.controller import OFFER, Controller, Message

ALICE = {"room": "r", "participant": "alice"}
BOB = {"room": "r", "participant": "bob"}
CAMERA = {"publication": "a-camera", "number": 7, "source": "CAMERA"}
MICROPHONE = {"publication": "a-mic", "number": 4_294_967_295, "source": "MICROPHONE"}
SHOWN = {"index": 1, "width": 640, "height": 360, "pinned": False}
ALL_SLOTS = [("AUDIO", 0), ("AUDIO", 1), ("AUDIO", 2), ("VIDEO", 0), ("VIDEO", 1), ("VIDEO", 2), ("VIDEO", 3)]


@pytest.fixture
async def room(controller: Controller) -> Controller:
    """A controller with one open room, `r`."""
    assert await controller.done("open_room", room="r") == {}
    return controller


async def participant(controller: Controller, name: str) -> Message:
    found: list[Message] = [
        entry for entry in (await controller.room("r"))["participants"] if entry["participant"] == name
    ]
    assert len(found) == 1
    return found[0]


async def shown(controller: Controller, name: str) -> dict[tuple[str, int], str | None]:
    """What each slot of a participant shows."""
    slots = (await participant(controller, name))["slots"]
    return {(slot["kind"], slot["index"]): slot["publication"] for slot in slots}


async def test_replies_come_in_the_order_of_the_commands(room: Controller) -> None:
    offer = {"type": "accept_offer", **ALICE, "transport": "t", "sdp": OFFER}
    commands = [offer, {"type": "take_snapshot"}, {"type": "close_room", "room": "r"}, {"type": "take_snapshot"}]
    sent = [room.send_command(command) for command in commands]
    replies = [await room.reply() for _ in sent]
    assert [reply["id"] for reply in replies] == sent
    assert [len(replies[index]["result"]["rooms"]) for index in (1, 3)] == [1, 0]


async def test_a_repeated_command_is_answered_and_not_run_again(room: Controller) -> None:
    await room.command("open_room", command_id="once", room="other")
    await room.done("close_room", room="other")
    reply = await room.command("open_room", command_id="once", room="other")
    assert (reply["result"], reply["error"]) == ({}, None)
    assert [entry["room"] for entry in (await room.done("take_snapshot"))["rooms"]] == ["r"]


async def test_a_repeated_command_is_answered_by_its_id_alone(room: Controller) -> None:
    first = await room.command("publish", command_id="once", room="nowhere", participant="alice", **CAMERA)
    assert first["error"]["code"] == "ROOM_NOT_FOUND"
    assert await room.command("close_room", command_id="once", room="r") == first


async def test_an_answer_is_repeated_word_for_word(room: Controller) -> None:
    offer = {**ALICE, "transport": "t", "sdp": OFFER}
    first = await room.command("accept_offer", command_id="once", **offer)
    assert await room.command("accept_offer", command_id="once", **offer) == first


async def test_a_snapshot_is_taken_each_time(room: Controller) -> None:
    rooms = []
    for name in ("s", "t"):
        reply = await room.command("take_snapshot", command_id="once")
        rooms.append([entry["room"] for entry in reply["result"]["rooms"]])
        await room.done("open_room", room=name)
    assert rooms == [["r"], ["r", "s"]]


async def test_the_last_4096_command_ids_are_remembered(room: Controller) -> None:
    await room.command("open_room", command_id="forgotten", room="forgotten")
    await room.command("open_room", command_id="kept", room="kept")
    for name in ("forgotten", "kept"):
        await room.done("close_room", room=name)
    ids = [room.send_command({"type": "unpublish", "room": "r", "publication": "none"}) for _ in range(4093)]
    for command_id in ids:
        assert (await room.reply())["id"] == command_id
    await room.command("open_room", command_id="kept", room="kept")
    await room.command("open_room", command_id="forgotten", room="forgotten")
    assert [entry["room"] for entry in (await room.done("take_snapshot"))["rooms"]] == ["r", "forgotten"]


async def test_opening_an_open_room_changes_nothing(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    assert await room.done("open_room", room="r") == {}
    assert len((await participant(room, "alice"))["publications"]) == 1


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("close_room", {"room": "none"}),
        ("close_participant", {"room": "none", "participant": "none"}),
        ("close_participant", {"room": "r", "participant": "none"}),
        ("unpublish", {"room": "none", "publication": "none"}),
        ("unpublish", {"room": "r", "publication": "none"}),
    ],
)
async def test_closing_what_is_not_there_succeeds(room: Controller, command: str, fields: Message) -> None:
    assert await room.done(command, **fields) == {}


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("accept_offer", {"participant": "p", "transport": "t", "sdp": OFFER}),
        ("publish", {"participant": "p", **CAMERA}),
        ("map_slot", {"participant": "p", "kind": "VIDEO", "index": 0, "publication": None}),
        ("prefer_slot", {"participant": "p", "index": 0, "width": 0, "height": 0, "pinned": False}),
        ("request_keyframe", {"publication": "a-camera"}),
    ],
)
async def test_a_room_that_is_not_open_is_refused(room: Controller, command: str, fields: Message) -> None:
    assert await room.refused(command, room="none", **fields) == "ROOM_NOT_FOUND"


async def test_an_unknown_publication_is_refused(room: Controller) -> None:
    slot = {"kind": "VIDEO", "index": 0, "publication": "none"}
    assert await room.refused("map_slot", **ALICE, **slot) == "PUBLICATION_NOT_FOUND"
    assert await room.refused("request_keyframe", room="r", publication="none") == "PUBLICATION_NOT_FOUND"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"type": "fly"}, "COMMAND_UNKNOWN"),
        ({"type": "open_room"}, "COMMAND_INVALID"),
        ({"type": "open_room", "room": 1}, "COMMAND_INVALID"),
        ({"type": "open_room", "room": ""}, "COMMAND_INVALID"),
        ({"type": "open_room", "room": "r" * 65}, "COMMAND_INVALID"),
        ({"type": "publish", **ALICE, **CAMERA, "source": "WINDOW"}, "COMMAND_INVALID"),
        ({"type": "publish", **ALICE, **CAMERA, "number": 2**32}, "COMMAND_INVALID"),
        ({"type": "publish", **ALICE, **CAMERA, "number": -1}, "COMMAND_INVALID"),
        ({"type": "map_slot", **ALICE, "kind": "DATA", "index": 0, "publication": None}, "COMMAND_INVALID"),
        ({"type": "map_slot", **ALICE, "kind": "AUDIO", "index": 65536, "publication": None}, "COMMAND_INVALID"),
        ({"type": "map_slot", **ALICE, "kind": "AUDIO", "index": 64, "publication": None}, "COMMAND_INVALID"),
        ({"type": "prefer_slot", **ALICE, **SHOWN, "index": 64}, "COMMAND_INVALID"),
        ({"type": "prefer_slot", **ALICE, **SHOWN, "width": 65536}, "COMMAND_INVALID"),
        ({"type": "prefer_slot", **ALICE, **SHOWN, "height": -1}, "COMMAND_INVALID"),
        ({"type": "prefer_slot", **ALICE, **SHOWN, "pinned": 1}, "COMMAND_INVALID"),
    ],
)
async def test_a_command_that_is_none_is_refused_and_nothing_else(
    room: Controller, command: Message, code: str
) -> None:
    command_id = room.send_command(command)
    reply = await room.reply()
    assert (reply["id"], reply["result"], reply["error"]["code"]) == (command_id, None, code)
    assert (await room.room("r"))["participants"] == []


async def test_ids_have_up_to_64_characters_of_any_script(room: Controller) -> None:
    name = "会議" * 32
    await room.done("open_room", room=name)
    reply = await room.command("publish", command_id="🎧" * 64, room=name, participant=name, **CAMERA)
    assert reply["id"] == "🎧" * 64
    assert (await room.room(name))["participants"][0]["participant"] == name


async def test_a_slot_may_be_preferred_before_there_is_anything_to_show(room: Controller) -> None:
    for _ in range(2):
        assert await room.done("prefer_slot", **ALICE, **SHOWN) == {}
    assert await shown(room, "alice") == {("VIDEO", 1): None}


async def test_an_offer_makes_a_participant_with_its_slots(room: Controller) -> None:
    await room.done("accept_offer", **ALICE, transport="t-1", sdp=OFFER)
    alice = await participant(room, "alice")
    assert (alice["transport"]["transport"], alice["transport"]["state"]) == ("t-1", "NEW")
    assert alice["transport"]["round_trip_ms"] is None
    assert await shown(room, "alice") == dict.fromkeys(ALL_SLOTS)


async def test_a_new_transport_takes_the_place_of_the_one_before(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    for transport in ("t-1", "t-2"):
        await room.done("accept_offer", **ALICE, transport=transport, sdp=OFFER)
    alice = await participant(room, "alice")
    assert alice["transport"]["transport"] == "t-2"
    assert [publication["publication"] for publication in alice["publications"]] == ["a-camera"]


async def test_publications_and_slots_may_come_before_the_offer(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("map_slot", **BOB, kind="VIDEO", index=1, publication="a-camera")
    assert (await participant(room, "alice"))["transport"] is None
    assert await shown(room, "bob") == {("VIDEO", 1): "a-camera"}
    await room.done("accept_offer", **BOB, transport="t", sdp=OFFER)
    assert (await shown(room, "bob"))["VIDEO", 1] == "a-camera"


async def test_a_publication_is_made_once(room: Controller) -> None:
    await room.done("publish", **ALICE, **MICROPHONE)
    await room.done("publish", **{**ALICE, **MICROPHONE, "number": 8})
    assert (await participant(room, "alice"))["publications"] == [
        {**MICROPHONE, "started": False, "packets_received": 0, "packets_lost": 0, "keyframe_requests": 0, "layers": []}
    ]


async def test_a_source_has_one_publication_the_latest(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("map_slot", **BOB, kind="VIDEO", index=0, publication="a-camera")
    await room.done("publish", **{**ALICE, **CAMERA, "publication": "a-camera-2"})
    publications = (await participant(room, "alice"))["publications"]
    assert [publication["publication"] for publication in publications] == ["a-camera-2"]
    assert await shown(room, "bob") == {("VIDEO", 0): None}


async def test_a_slot_shows_what_was_mapped_last(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("publish", **BOB, **{**CAMERA, "publication": "b-camera"})
    carol = {"room": "r", "participant": "carol", "kind": "VIDEO", "index": 0}
    for publication in ("a-camera", "b-camera", None, "b-camera"):
        await room.done("map_slot", **carol, publication=publication)
        assert await shown(room, "carol") == {("VIDEO", 0): publication}


async def test_publishing_and_mapping_make_the_participant(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("map_slot", **BOB, kind="AUDIO", index=63, publication=None)
    assert [entry["participant"] for entry in (await room.room("r"))["participants"]] == ["alice", "bob"]
    assert (await participant(room, "alice"))["transport"] is None
    assert await shown(room, "bob") == {("AUDIO", 63): None}


async def test_what_cannot_be_mapped_makes_no_participant(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    for slot in (
        {"kind": "VIDEO", "index": 0, "publication": "none"},
        {"kind": "AUDIO", "index": 0, "publication": "a-camera"},
        {"kind": "VIDEO", "index": 64, "publication": "a-camera"},
    ):
        await room.refused("map_slot", **BOB, **slot)
    assert [entry["participant"] for entry in (await room.room("r"))["participants"]] == ["alice"]


async def test_a_slot_shows_only_its_own_kind(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    slot = {"kind": "AUDIO", "index": 0, "publication": "a-camera"}
    assert await room.refused("map_slot", **BOB, **slot) == "COMMAND_INVALID"


async def test_slots_of_the_loudest_carry_the_other_microphones_while_there_are_enough_slots(room: Controller) -> None:
    for name in ("alice", "bob", "carol"):
        microphone = {**MICROPHONE, "publication": f"{name}-mic"}
        await room.done("publish", room="r", participant=name, **microphone)
    slot = {**ALICE, "kind": "AUDIO", "publication": None}
    await room.done("map_slot", **{**slot, "publication": "bob-mic"}, index=0)
    for index in (1, 2):
        await room.done("map_slot", **slot, index=index, loudest=True)
    assert await shown(room, "alice") == {("AUDIO", 0): "bob-mic", ("AUDIO", 1): "carol-mic", ("AUDIO", 2): None}
    assert [entry["loudest"] for entry in (await participant(room, "alice"))["slots"]] == [False, True, True]
    await room.done("unpublish", room="r", publication="carol-mic")
    assert await shown(room, "alice") == {("AUDIO", 0): "bob-mic", ("AUDIO", 1): None, ("AUDIO", 2): None}
    await room.done("map_slot", **slot, index=0)
    assert await shown(room, "alice") == {("AUDIO", 0): None, ("AUDIO", 1): "bob-mic", ("AUDIO", 2): None}
    await room.done("map_slot", **slot, index=1)
    assert await shown(room, "alice") == {("AUDIO", 0): None, ("AUDIO", 1): None, ("AUDIO", 2): "bob-mic"}
    await room.done("publish", room="r", participant="bob", **{**MICROPHONE, "publication": "bob-mic-2"})
    assert (await shown(room, "alice"))["AUDIO", 2] == "bob-mic-2"
    await room.done("close_participant", **BOB)
    assert (await shown(room, "alice"))["AUDIO", 2] is None


async def test_the_loudest_is_for_audio_and_without_a_publication(room: Controller) -> None:
    await room.done("publish", **ALICE, **MICROPHONE)
    for slot in ({"kind": "VIDEO", "publication": None}, {"kind": "AUDIO", "publication": "a-mic"}):
        assert await room.refused("map_slot", **BOB, **slot, index=0, loudest=True) == "COMMAND_INVALID"
    assert [entry["participant"] for entry in (await room.room("r"))["participants"]] == ["alice"]


async def test_unpublish_silences_the_slots(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("map_slot", **BOB, kind="VIDEO", index=0, publication="a-camera")
    await room.done("unpublish", room="r", publication="a-camera")
    assert (await participant(room, "alice"))["publications"] == []
    assert await shown(room, "bob") == {("VIDEO", 0): None}


async def test_a_closed_participant_leaves_nothing_behind(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("publish", **BOB, **{**MICROPHONE, "publication": "b-mic"})
    await room.done("map_slot", **BOB, kind="VIDEO", index=0, publication="a-camera")
    await room.done("map_slot", **ALICE, kind="AUDIO", index=0, publication="b-mic")
    await room.done("close_participant", **ALICE)
    assert [entry["participant"] for entry in (await room.room("r"))["participants"]] == ["bob"]
    assert await shown(room, "bob") == {("VIDEO", 0): None}


async def test_a_closed_room_leaves_nothing_behind(room: Controller) -> None:
    await room.done("publish", **ALICE, **CAMERA)
    await room.done("close_room", room="r")
    await room.done("open_room", room="r")
    assert (await room.room("r"))["participants"] == []


async def test_rooms_do_not_see_each_other(room: Controller) -> None:
    await room.done("open_room", room="s")
    await room.done("publish", **ALICE, **CAMERA)
    assert await room.refused("request_keyframe", room="s", publication="a-camera") == "PUBLICATION_NOT_FOUND"
    assert await room.done("request_keyframe", room="r", publication="a-camera") == {}
    await room.done("publish", **{**ALICE, "room": "s"}, **{**CAMERA, "number": 9})
    assert [entry["number"] for entry in (await participant(room, "alice"))["publications"]] == [7]


async def test_a_ping_is_answered(controller: Controller) -> None:
    assert await controller.done("ping") == {}


async def test_a_worker_that_drains_takes_no_new_rooms_and_ends_with_the_last(
    worker: WorkerUnderTest, controller: Controller
) -> None:
    await controller.done("open_room", room="r")
    assert await controller.done("drain") == {}
    assert await controller.refused("open_room", room="other") == "DRAINING"
    await controller.done("open_room", room="r")
    await controller.done("publish", room="r", participant="a", publication="p", number=1, source="CAMERA")
    newer = await worker.connect()
    assert (await newer.hello(epoch=2))["draining"] is True
    await newer.done("close_room", room="r")
    await newer.until_closed()
    await worker.ended()


async def test_a_worker_without_rooms_drains_at_once(worker: WorkerUnderTest, controller: Controller) -> None:
    await controller.done("drain")
    await controller.until_closed()
    await worker.ended()
