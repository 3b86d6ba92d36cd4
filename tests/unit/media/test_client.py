"""The client of one worker, against a fake worker on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from ringback.kernel.errors import Unavailable
from ringback.media import client as module
from ringback.media.client import Ending, WorkerClient
from ringback.media.commands import (
    AcceptOffer,
    CloseRoom,
    Done,
    OpenRoom,
    Publish,
    RequestKeyframe,
    TakeSnapshot,
    Unpublish,
)
from ringback.media.connection import Connection
from ringback.media.delivery import Delivery
from ringback.media.errors import MediaCommandRefused, WorkerGone, WorkerRefused
from ringback.media.facts import PublicationStarted
from ringback.media.framing import MAX_BODY
from ringback.media.model import ParticipantLevel, RoomLevels, Snapshot, Source
from ringback.media.protocol import ErrorCode, RefusalCode
from ringback.testing.media import FakeWorker
from tests.unit.media.witnesses import PATIENCE, RecordingListener

PUBLISH = Publish(room="r", participant="alice", publication="p", number=1, source=Source.CAMERA)
MICROPHONE = Publish(room="r", participant="alice", publication="m", number=2, source=Source.MICROPHONE)
STARTED = ("fact", 0, PublicationStarted(room="r", publication="p"))


@pytest.fixture
async def delivery(listener: RecordingListener) -> AsyncIterator[Delivery]:
    delivery = Delivery(0, listener)
    yield delivery
    await delivery.close()


@pytest.fixture
async def client(worker: FakeWorker, delivery: Delivery) -> AsyncIterator[WorkerClient]:
    client = await WorkerClient.connect(worker.path, epoch=3, build="test", delivery=delivery)
    yield client
    await client.close()


async def ending(client: WorkerClient) -> Ending:
    async with asyncio.timeout(PATIENCE):
        return await client.ended()


async def test_it_greets_with_its_epoch(worker: FakeWorker, client: WorkerClient) -> None:
    assert [(hello.epoch, hello.build) for hello in worker.hellos] == [(3, "test")]
    assert client.welcome.boot_id == "fake-1"
    assert client.connected


async def test_commands_run_in_the_order_of_the_calls(client: WorkerClient) -> None:
    opened, published, snapshot = await asyncio.gather(
        client.run("1", OpenRoom(room="r")), client.run("2", PUBLISH), client.run("3", TakeSnapshot())
    )
    assert (opened, published) == (Done(), Done())
    assert isinstance(snapshot, Snapshot)
    assert snapshot.rooms[0].participants[0].publications[0].number == 1


async def test_a_refused_command_raises_its_reason(client: WorkerClient) -> None:
    with pytest.raises(MediaCommandRefused, match="ROOM_NOT_FOUND: there is no room r") as caught:
        await client.run("1", PUBLISH)
    assert caught.value.reason is ErrorCode.ROOM_NOT_FOUND


async def test_many_commands_run_in_their_order_under_ids_of_their_own(
    worker: FakeWorker, client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMANDS_AT_ONCE", 2)
    rooms = [f"r{number}" for number in range(5)]
    await client.run_all("many", [OpenRoom(room=room) for room in rooms])
    assert worker.rules.rooms == rooms
    await client.run("many:4", CloseRoom(room="r0"))  # answered like the fifth of them, and not run
    assert worker.rules.rooms == rooms


async def test_of_many_commands_the_first_that_is_refused_says_why(worker: FakeWorker, client: WorkerClient) -> None:
    with pytest.raises(MediaCommandRefused, match="ROOM_NOT_FOUND: there is no room r"):
        await client.run_all("1", [OpenRoom(room="a"), PUBLISH, Unpublish(room="a", publication="none")])
    await client.run("2", OpenRoom(room="b"))
    assert worker.rules.rooms == ["a", "b"]


async def test_many_commands_outlast_a_lost_connection(worker: FakeWorker, client: WorkerClient) -> None:
    worker.hanging = True
    waiting = asyncio.create_task(client.run_all("1", [OpenRoom(room="r"), PUBLISH]))
    await asyncio.sleep(0)  # they have been sent
    worker.hanging = False
    worker.drop_connections()
    await waiting
    assert worker.rules.rooms == ["r"]
    assert len(worker.hellos) == 2


async def test_a_command_that_fits_no_frame_is_refused_and_costs_no_connection(
    worker: FakeWorker, client: WorkerClient
) -> None:
    offer = AcceptOffer(room="r", participant="p", transport="t", sdp="x" * MAX_BODY)
    with pytest.raises(MediaCommandRefused, match="COMMAND_INVALID"):
        await client.run("1", offer)
    await client.run("2", OpenRoom(room="r"))
    assert len(worker.hellos) == 1


async def test_a_command_without_a_reply_is_given_up(
    worker: FakeWorker, client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.01)
    worker.hanging = True
    with pytest.raises(Unavailable, match="did not answer"):
        await client.run("1", OpenRoom(room="r"))


async def test_facts_are_acknowledged_after_the_listener_returns(
    worker: FakeWorker, client: WorkerClient, listener: RecordingListener
) -> None:
    await client.run("1", OpenRoom(room="r"))
    await client.run("2", PUBLISH)
    listener.gate.clear()
    worker.publication_started("r", "p")
    assert await listener.heard(1) == [STARTED]
    await client.run("3", TakeSnapshot())  # An acknowledgement sent before this would have been read.
    assert [report.number for report in worker.rules.unacknowledged] == [1]
    listener.gate.set()
    while worker.rules.unacknowledged:
        await client.run("4", RequestKeyframe(room="r", publication="p"))


async def test_levels_reach_the_listener_while_it_is_busy_with_a_fact(
    worker: FakeWorker, client: WorkerClient, listener: RecordingListener
) -> None:
    await client.run("1", OpenRoom(room="r"))
    await client.run("2", MICROPHONE)
    worker.audio_levels("r", {"alice": -20})
    listener.gate.clear()
    worker.publication_started("r", "m")
    async with asyncio.timeout(PATIENCE):
        heard = await listener.levels.get()
    assert heard == (0, (RoomLevels(room="r", levels=(ParticipantLevel(participant="alice", loudness=-20),)),))
    listener.gate.set()


async def test_a_lost_connection_is_found_again_and_waiting_commands_are_answered(
    worker: FakeWorker, client: WorkerClient
) -> None:
    worker.hanging = True
    waiting = asyncio.create_task(client.run("1", OpenRoom(room="r")))
    asked = asyncio.create_task(client.run("2", PUBLISH))
    await asyncio.sleep(0)  # Both have been sent.
    worker.hanging = False
    worker.drop_connections()
    assert (await waiting, await asked) == (Done(), Done())
    assert len(worker.hellos) == 2
    assert client.connected


async def test_a_command_that_was_given_up_is_not_sent_again(
    worker: FakeWorker, client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.hanging = True
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.01)
    with pytest.raises(Unavailable):
        await client.run("1", OpenRoom(room="given up"))
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", PATIENCE)
    worker.hanging = False
    worker.drop_connections()
    await client.run("2", OpenRoom(room="wanted"))
    assert worker.rules.rooms == ["wanted"]


async def test_a_fact_is_heard_once_though_the_worker_repeats_it(
    worker: FakeWorker, client: WorkerClient, listener: RecordingListener
) -> None:
    await client.run("1", OpenRoom(room="r"))
    await client.run("2", PUBLISH)
    listener.gate.clear()
    worker.publication_started("r", "p")
    await listener.heard(1)
    worker.drop_connections()
    await client.run("3", TakeSnapshot())  # Connected again; the worker has repeated the fact before it answers.
    listener.gate.set()
    worker.room_failed("r")
    assert [entry[0] for entry in await listener.heard(2)] == ["fact", "fact"]
    assert listener.entries.count(STARTED) == 1


async def test_it_ends_with_its_worker(worker: FakeWorker, client: WorkerClient) -> None:
    worker.hanging = True
    waiting = asyncio.create_task(client.run("1", OpenRoom(room="r")))
    await asyncio.sleep(0)
    await worker.stop()
    assert await ending(client) is Ending.GONE
    with pytest.raises(WorkerGone):
        await waiting
    with pytest.raises(WorkerGone):
        await client.run("2", OpenRoom(room="r"))


async def test_another_boot_on_the_same_socket_is_another_worker(worker: FakeWorker, client: WorkerClient) -> None:
    worker.rules.boot_id = "fake-2"
    worker.drop_connections()
    assert await ending(client) is Ending.GONE


async def test_it_yields_to_a_newer_controller(worker: FakeWorker, client: WorkerClient, delivery: Delivery) -> None:
    newer = await WorkerClient.connect(worker.path, epoch=4, build="newer", delivery=delivery)
    assert await ending(client) is Ending.SUPERSEDED
    assert len(worker.hellos) == 2
    await newer.close()


async def test_it_yields_to_a_newer_controller_that_came_while_the_connection_was_lost(
    worker: FakeWorker, client: WorkerClient
) -> None:
    worker.epoch = 4
    worker.drop_connections()
    assert await ending(client) is Ending.SUPERSEDED


async def test_a_stale_controller_is_refused(worker: FakeWorker, client: WorkerClient, delivery: Delivery) -> None:
    with pytest.raises(WorkerRefused) as caught:
        await WorkerClient.connect(worker.path, epoch=2, build="older", delivery=delivery)
    assert caught.value.reason is RefusalCode.STALE_EPOCH


async def test_nobody_listens(directory: Path, delivery: Delivery) -> None:
    with pytest.raises(WorkerGone):
        await WorkerClient.connect(directory / "none.sock", epoch=1, build="", delivery=delivery)


async def test_a_socket_that_its_worker_has_left_behind(directory: Path, delivery: Delivery) -> None:
    path = directory / "left.sock"
    with closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(path))
    assert path.exists()
    with pytest.raises(WorkerGone):
        await WorkerClient.connect(path, epoch=1, build="", delivery=delivery)


@asynccontextmanager
async def stranger(path: Path, answer: bytes | None) -> AsyncIterator[None]:
    """Something that listens, but is no worker; one that answers None keeps silent until the other side hangs up."""
    finished = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1 if answer is None else 1)
        writer.write(answer or b"")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        finished.set()

    async with await asyncio.start_unix_server(serve, path):
        yield
        await finished.wait()


async def test_a_socket_that_says_nothing_is_given_up(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringback.media.connection.HELLO_TIMEOUT", 0.01)
    async with stranger(directory / "mute.sock", None):
        with pytest.raises(Unavailable, match="does not greet"):
            await Connection.open(directory / "mute.sock", epoch=1, build="")


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\1\xc1", b"\0\0\0\0"])
async def test_a_socket_of_something_else_is_no_worker(directory: Path, answer: bytes) -> None:
    async with stranger(directory / "other.sock", answer):
        with pytest.raises(Unavailable, match="does not greet"):
            await Connection.open(directory / "other.sock", epoch=1, build="")


async def test_it_can_be_closed_at_once(worker: FakeWorker, delivery: Delivery) -> None:
    client = await WorkerClient.connect(worker.path, epoch=1, build="", delivery=delivery)
    await client.close()
    assert not client.connected
    assert await ending(client) is Ending.CLOSED


async def test_closing_leaves_the_worker_alone(worker: FakeWorker, client: WorkerClient) -> None:
    await client.run("1", OpenRoom(room="r"))
    await client.close()
    assert await ending(client) is Ending.CLOSED
    assert worker.rules.rooms == ["r"]
    with pytest.raises(Unavailable):
        await client.run("2", OpenRoom(room="s"))
