"""The fakes beyond what the contract suite can see: overflow, and the engine in memory."""

import pytest

from ringback.kernel.errors import Unavailable
from ringback.media.commands import (
    AcceptOffer,
    Answer,
    CloseRoom,
    Command,
    Done,
    MapSlot,
    OpenRoom,
    Publish,
    TakeSnapshot,
)
from ringback.media.engine import MediaEngine
from ringback.media.errors import MediaCommandRefused
from ringback.media.facts import (
    PublicationStarted,
    RoomFailed,
    RoomFailReason,
    TransportClosed,
    TransportCloseReason,
    TransportConnected,
)
from ringback.media.model import (
    ParticipantLevel,
    PausedSlot,
    RoomLevels,
    RoomVideo,
    SlotKind,
    Snapshot,
    Source,
    TransportState,
    WantedLayers,
)
from ringback.media.protocol import ErrorCode
from ringback.testing.media import FakeMediaEngine, RecordedCommand
from ringback.testing.media_rules import KEPT_FACTS, WorkerRules
from tests.unit.media.witnesses import RecordingListener

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n"
)
JOIN = AcceptOffer(room="r", participant="alice", transport="t", sdp=OFFER)
PUBLISH = Publish(room="r", participant="alice", publication="p", number=1, source=Source.MICROPHONE)


@pytest.fixture
async def engine(listener: RecordingListener) -> FakeMediaEngine:
    """Two workers; the second has the room `r` with alice in it."""
    engine = FakeMediaEngine(workers=2)
    await engine.start(listener)
    commands: list[Command] = [OpenRoom(room="r"), JOIN, PUBLISH]
    for number, command in enumerate(commands):
        await engine.run(1, str(number), command)
    return engine


def test_a_fact_too_many_drops_the_oldest_and_is_told_until_a_snapshot() -> None:
    rules = WorkerRules("boot")
    rules.run("1", OpenRoom(room="r"))
    rules.run("2", PUBLISH)
    for _ in range(KEPT_FACTS):
        rules.publication_started("r", "p")
    assert rules.overflowed is False
    rules.publication_started("r", "p")
    assert (rules.overflowed, rules.last_fact) == (True, KEPT_FACTS + 1)
    assert [rules.unacknowledged[0].number, len(rules.unacknowledged)] == [2, KEPT_FACTS]
    rules.acknowledge(KEPT_FACTS + 1)
    assert (rules.overflowed, rules.unacknowledged, rules.last_fact) == (True, [], KEPT_FACTS + 1)
    rules.run("3", TakeSnapshot())
    assert rules.overflowed is False


async def test_the_engine_records_commands_and_runs_them(engine: FakeMediaEngine) -> None:
    port: MediaEngine = engine
    assert isinstance(await port.run(1, "again", JOIN), Answer)
    assert engine.recorded[-1] == RecordedCommand(1, "again", JOIN)
    assert engine.commands == [OpenRoom(room="r"), JOIN, PUBLISH, JOIN]
    snapshot = await port.run(1, "snapshot", TakeSnapshot())
    assert isinstance(snapshot, Snapshot)
    assert [room.room for room in snapshot.rooms] == ["r"]


async def test_the_engine_runs_many_commands_under_ids_of_their_own(engine: FakeMediaEngine) -> None:
    port: MediaEngine = engine
    await port.run_all(0, "many", [OpenRoom(room="s"), CloseRoom(room="s")])
    assert engine.recorded[-2:] == [
        RecordedCommand(0, "many:0", OpenRoom(room="s")),
        RecordedCommand(0, "many:1", CloseRoom(room="s")),
    ]


async def test_the_engine_refuses_as_a_worker_does(engine: FakeMediaEngine) -> None:
    with pytest.raises(MediaCommandRefused) as caught:
        await engine.run(0, "elsewhere", JOIN)
    assert caught.value.reason is ErrorCode.ROOM_NOT_FOUND


async def test_the_engine_does_not_run_an_id_twice(engine: FakeMediaEngine) -> None:
    await engine.run(1, "close", CloseRoom(room="r"))
    assert await engine.run(1, "0", OpenRoom(room="r")) == Done()
    assert engine.rules[1].rooms == []


async def test_the_engine_chooses_the_worker_with_the_fewest_rooms(engine: FakeMediaEngine) -> None:
    assert engine.choose_worker() == 0
    for name in ("s", "t"):
        await engine.run(0, name, OpenRoom(room=name))
    assert engine.choose_worker() == 1


async def test_facts_reach_the_listener_with_their_worker(engine: FakeMediaEngine, listener: RecordingListener) -> None:
    who = {"room": "r", "participant": "alice", "transport": "t"}
    await engine.transport_connected("r", "alice")
    (alice,) = engine.rules[1].snapshot().rooms[0].participants
    assert alice.transport is not None
    assert alice.transport.state is TransportState.CONNECTED
    await engine.publication_started("r", "p")
    await engine.transport_closed("r", "alice", TransportCloseReason.PEER_CLOSED)
    await engine.room_failed("r")
    assert listener.entries == [
        ("fact", 1, TransportConnected(**who)),
        ("fact", 1, PublicationStarted(room="r", publication="p")),
        ("fact", 1, TransportClosed(**who, reason=TransportCloseReason.PEER_CLOSED)),
        ("fact", 1, RoomFailed(room="r", reason=RoomFailReason.FAULT)),
    ]
    assert engine.rules[1].unacknowledged == []
    assert engine.rules[1].rooms == []


async def test_levels_reach_the_listener_when_they_change(engine: FakeMediaEngine, listener: RecordingListener) -> None:
    for loudness in (-30, -30, -127):
        engine.audio_levels("r", {"alice": loudness})
    heard = [listener.levels.get_nowait() for _ in range(listener.levels.qsize())]
    assert heard == [
        (1, (RoomLevels(room="r", levels=(ParticipantLevel(participant="alice", loudness=loudness),)),))
        for loudness in (-30, -127)
    ]


async def test_what_a_test_says_of_video_reaches_the_listener_when_it_changes(
    engine: FakeMediaEngine, listener: RecordingListener
) -> None:
    camera = Publish(room="r", participant="alice", publication="c", number=2, source=Source.CAMERA)
    slot = MapSlot(room="r", participant="bob", kind=SlotKind.VIDEO, index=3, publication="c")
    await engine.run(1, "4", camera)
    await engine.run(1, "5", slot)
    for _ in range(2):
        engine.video("r", paused=[("bob", 3)], wanted={("alice", Source.CAMERA): 2})
    engine.video("r")
    heard = [listener.videos.get_nowait() for _ in range(listener.videos.qsize())]
    assert heard == [
        (1, (RoomVideo(room="r", paused=paused, wanted=(wanted,)),))
        for paused, wanted in [
            (
                (PausedSlot(participant="bob", index=3),),
                WantedLayers(participant="alice", source=Source.CAMERA, layers=2),
            ),
            ((), WantedLayers(participant="alice", source=Source.CAMERA, layers=1)),
        ]
    ]


async def test_a_lost_worker_takes_its_rooms_along(engine: FakeMediaEngine, listener: RecordingListener) -> None:
    await engine.lose_worker(1)
    assert listener.entries == [("lost", 1)]
    with pytest.raises(Unavailable):
        await engine.run(1, "4", OpenRoom(room="s"))
    assert engine.choose_worker() == 0
    engine.return_worker(1)
    assert engine.rules[1].rooms == []
    assert await engine.run(1, "5", OpenRoom(room="s")) == Done()


async def test_no_worker_is_left(engine: FakeMediaEngine) -> None:
    await engine.lose_worker(0)
    await engine.lose_worker(1)
    with pytest.raises(Unavailable):
        engine.choose_worker()
