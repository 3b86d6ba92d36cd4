"""Facts: numbered, repeated until they are acknowledged, and contained in the snapshot. And the statistics."""

from tests.contract.worker.conftest import WorkerUnderTest
from tests.contract.worker.controller import OFFER, Controller, Message, in_layers


async def reconnected(worker: WorkerUnderTest) -> tuple[Controller, Message]:
    controller = await worker.connect()
    return controller, await controller.hello()


def fact(number: int, participant: str) -> Message:
    return {
        "type": "fact",
        "number": number,
        "fact": {
            "type": "transport_closed",
            "room": "r",
            "participant": participant,
            "transport": f"{participant}-1",
            "reason": "ICE_TIMEOUT",
        },
    }


async def test_facts_are_repeated_until_they_are_acknowledged(worker: WorkerUnderTest, controller: Controller) -> None:
    await controller.done("open_room", room="r")
    for name in ("alice", "bob", "carol"):
        offer = {"room": "r", "participant": name, "transport": f"{name}-1", "sdp": OFFER}
        await controller.done("accept_offer", **offer)
    await controller.done("close_participant", room="r", participant="carol")  # commanded, so no fact
    worker.let_transports_time_out("r", ["alice", "bob"])

    assert [await controller.fact(), await controller.fact()] == [fact(1, "alice"), fact(2, "bob")]
    snapshot = await controller.done("take_snapshot")
    assert list(snapshot) == ["boot_id", "last_fact", "rooms", "next", "worker"]
    assert snapshot["last_fact"] == 2
    participants = snapshot["rooms"][0]["participants"]
    assert [entry["transport"]["state"] for entry in participants] == ["CLOSED", "CLOSED"]
    again = {"room": "r", "participant": "alice", "transport": "alice-1", "sdp": OFFER}
    assert await controller.refused("accept_offer", **again) == "OFFER_INVALID"

    controller.close()
    controller, welcome = await reconnected(worker)
    assert (welcome["last_fact"], welcome["overflowed"]) == (2, False)
    assert [await controller.fact(), await controller.fact()] == [fact(1, "alice"), fact(2, "bob")]
    controller.send({"type": "acknowledge", "fact": 1})
    await controller.done("take_snapshot")  # the acknowledgement has been read

    controller, welcome = await reconnected(worker)
    assert await controller.fact() == fact(2, "bob")
    controller.send({"type": "acknowledge", "fact": 2})
    controller.send({"type": "acknowledge", "fact": 1})  # an old one takes nothing back
    await controller.done("take_snapshot")

    controller, welcome = await reconnected(worker)
    assert welcome["last_fact"] == 2
    await controller.done("open_room", room="s")
    assert not controller.has_facts()


async def said(controller: Controller, type_: str) -> list[Message]:
    """The rooms of the next message of this type. Other messages that come by themselves are passed over."""
    while (message := await controller.receive())["type"] != type_:
        assert message["type"] in ("statistics", "levels", "video")
    assert list(message) == ["type", "rooms"]
    rooms: list[Message] = message["rooms"]
    return rooms


async def test_statistics_come_by_themselves(controller: Controller) -> None:
    await controller.done("open_room", room="r")
    await controller.done("publish", room="r", participant="alice", publication="a", number=1, source="SCREEN")
    while (statistics := await controller.receive())["type"] != "statistics":
        pass
    assert list(statistics) == ["type", "worker"]
    snapshot = await controller.done("take_snapshot")
    assert list(statistics["worker"]) == list(snapshot["worker"])
    assert (statistics["worker"]["rooms"], statistics["worker"]["participants"]) == (1, 1)


async def levels(controller: Controller) -> list[Message]:
    return await said(controller, "levels")


async def test_levels_come_when_they_are_not_what_was_said_last(
    worker: WorkerUnderTest, controller: Controller
) -> None:
    for room in ("quiet", "r"):
        await controller.done("open_room", room=room)
    microphone = {"room": "r", "source": "MICROPHONE"}
    silent = [{"participant": name, "loudness": -127} for name in ("alice", "bob")]
    await controller.done("publish", **microphone, participant="alice", publication="a", number=1)
    assert await levels(controller) == [{"room": "r", "levels": silent[:1], "absent": []}]
    await controller.done("publish", **microphone, participant="bob", publication="b", number=2)
    assert await levels(controller) == [{"room": "r", "levels": silent, "absent": []}]
    assert [list(entry) for entry in silent] == [["participant", "loudness"]] * 2

    controller, _ = await reconnected(worker)  # to which nothing has been said
    assert await levels(controller) == [{"room": "r", "levels": silent, "absent": []}]
    await controller.done("unpublish", room="r", publication="a")
    assert await levels(controller) == [{"room": "r", "levels": silent[1:], "absent": []}]


async def test_what_is_wanted_of_a_camera_follows_from_who_shows_it(
    worker: WorkerUnderTest, controller: Controller
) -> None:
    async def until_wanted(layers: list[tuple[str, str, int]]) -> None:
        wanted = [{"participant": name, "source": source, "layers": count} for name, source, count in layers]
        while await said(controller, "video") != [{"room": "r", "paused": [], "wanted": wanted}]:
            pass  # What is no longer needed is wanted for some more seconds.

    slot = {"room": "r", "participant": "bob", "index": 1}
    await controller.done("open_room", room="r")
    await controller.done("accept_offer", room="r", participant="alice", transport="t", sdp=in_layers(OFFER))
    await controller.done("publish", room="r", participant="alice", publication="s", number=1, source="SCREEN")
    await controller.done("publish", room="r", participant="alice", publication="c", number=2, source="CAMERA")
    await until_wanted([("alice", "CAMERA", 0), ("alice", "SCREEN", 0)])
    await controller.done("map_slot", **slot, kind="VIDEO", publication="c")
    await until_wanted([("alice", "CAMERA", 3), ("alice", "SCREEN", 0)])
    await controller.done("map_slot", **slot, kind="VIDEO", publication="s")
    await until_wanted([("alice", "CAMERA", 0), ("alice", "SCREEN", 1)])
    await controller.done("prefer_slot", **slot, width=0, height=0, pinned=False)
    await until_wanted([("alice", "CAMERA", 0), ("alice", "SCREEN", 0)])
    await controller.done("prefer_slot", **slot, width=3840, height=2160, pinned=True)
    await until_wanted([("alice", "CAMERA", 0), ("alice", "SCREEN", 1)])

    controller, _ = await reconnected(worker)  # to which nothing has been said
    await until_wanted([("alice", "CAMERA", 0), ("alice", "SCREEN", 1)])
    await controller.done("unpublish", room="r", publication="c")
    await until_wanted([("alice", "SCREEN", 1)])
    await controller.done("close_participant", room="r", participant="alice")
    await until_wanted([])


async def test_the_snapshot_has_the_keys_of_the_document_in_their_order(controller: Controller) -> None:
    await controller.done("open_room", room="r")
    await controller.done("publish", room="r", participant="alice", publication="a", number=1, source="SCREEN")
    await controller.done("accept_offer", room="r", participant="alice", transport="t", sdp=OFFER)
    (room,) = (await controller.done("take_snapshot"))["rooms"]
    assert list(room) == ["room", "age_s", "participants"]
    (alice,) = room["participants"]
    assert list(alice) == ["participant", "transport", "publications", "slots"]
    assert list(alice["transport"]) == [
        "transport",
        "state",
        "packets_received",
        "packets_sent",
        "bytes_received",
        "bytes_sent",
        "round_trip_ms",
        "estimate_bps",
        "packets_dropped",
        "connected_after_ms",
        "network",
        "loss_received",
        "loss_sent",
    ]
    assert list(alice["publications"][0]) == [
        "publication",
        "number",
        "source",
        "started",
        "packets_received",
        "packets_lost",
        "keyframe_requests",
        "layers",
    ]
    assert alice["slots"][0] == {
        "kind": "AUDIO",
        "index": 0,
        "publication": None,
        "loudest": False,
        "packets_sent": 0,
        "layer": None,
        "paused": False,
    }
    assert list(alice["slots"][0]) == ["kind", "index", "publication", "loudest", "packets_sent", "layer", "paused"]
