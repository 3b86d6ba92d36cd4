"""The supervisor, with fake workers to adopt and small scripts that do not become workers."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from ringback.kernel.errors import Unavailable
from ringback.kernel.ids import RandomIds
from ringback.media import client as client_module
from ringback.media import launch
from ringback.media import worker as worker_module
from ringback.media.commands import CloseRoom, OpenRoom, Publish
from ringback.media.errors import MediaCommandRefused, WorkerStartFailed
from ringback.media.facts import PublicationStarted, RoomFailed, RoomFailReason
from ringback.media.model import Load, Source
from ringback.media.process import WorkerProcess
from ringback.media.status import WorkerState
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor
from ringback.testing.clock import VirtualClock
from ringback.testing.media import FakeWorker
from tests.unit.media.witnesses import PATIENCE, Log, RecordingListener


def supervisor_of(
    directory: Path,
    *,
    binary: Path = Path("/nonexistent/ringback-media"),
    count: int = 1,
    epoch: int = 7,
    clock: VirtualClock | None = None,
) -> WorkerSupervisor:
    config = WorkerConfig(binary=binary, directory=directory, addresses=("127.0.0.1",), count=count)
    return WorkerSupervisor(config, epoch=epoch, build="test", clock=clock or VirtualClock(), ids=RandomIds())


def program(directory: Path, source: str) -> Path:
    """A Python program in place of the worker's."""
    path = directory / "program"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{source}\n")
    path.chmod(0o700)
    return path


async def test_a_running_worker_is_adopted_with_its_rooms(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    worker.rules.run("before", OpenRoom(room="r"))
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    (status,) = supervisor.status()
    assert (status.number, status.state, status.adopted, status.rooms) == (0, WorkerState.CONNECTED, True, 1)
    assert (status.boot_id, status.build, status.addresses) == (
        "fake-1",
        "fake",
        ("127.0.0.1:9/udp", "127.0.0.1:9/tcp"),
    )
    assert (status.restarts, status.overflowed, status.problem) == (0, False, None)
    assert [hello.epoch for hello in worker.hellos] == [7]
    await supervisor.stop()


async def test_stopping_shuts_the_worker_down(directory: Path, worker: FakeWorker, listener: RecordingListener) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    await supervisor.stop()
    async with asyncio.timeout(PATIENCE):
        await worker.ended.wait()
    assert [status.state for status in supervisor.status()] == [WorkerState.STOPPED]
    assert listener.entries == []
    with pytest.raises(Unavailable):
        await supervisor.run(0, "1", OpenRoom(room="r"))


async def test_the_worker_with_the_fewest_rooms_is_chosen(directory: Path, listener: RecordingListener) -> None:
    async with FakeWorker(directory / "worker-0.sock") as first, FakeWorker(directory / "worker-1.sock") as second:
        supervisor = supervisor_of(directory, count=2)
        await supervisor.start(listener)
        assert supervisor.choose_worker() == 0
        opening = asyncio.create_task(supervisor.run(0, "1", OpenRoom(room="a")))
        await asyncio.sleep(0)  # A room counts before it is open.
        assert supervisor.choose_worker() == 1
        await opening
        await supervisor.run(1, "2", OpenRoom(room="b"))
        await supervisor.run(1, "3", OpenRoom(room="c"))
        assert supervisor.choose_worker() == 0
        await supervisor.run(1, "4", CloseRoom(room="b"))
        second.room_failed("c")
        await listener.heard(1)
        assert supervisor.choose_worker() == 1
        assert (first.rules.rooms, second.rules.rooms) == (["a"], [])
        await supervisor.stop()


async def test_a_worker_with_too_much_to_do_gets_no_new_rooms(directory: Path, listener: RecordingListener) -> None:
    async with FakeWorker(directory / "worker-0.sock") as first, FakeWorker(directory / "worker-1.sock") as second:
        supervisor = supervisor_of(directory, count=2)
        await supervisor.start(listener)
        chosen: list[object] = []
        for loads in (
            (Load.SHEDDING, Load.NORMAL),
            (Load.SHEDDING, Load.SHEDDING),
            (Load.REFUSING, Load.SHEDDING),
            (Load.REFUSING, Load.REFUSING),
            (Load.NORMAL, Load.REFUSING),
        ):
            for number, (fake, load) in enumerate(zip((first, second), loads, strict=True)):
                fake.have(load)
                # What was said before an answer has been heard.
                await supervisor.run(number, f"{len(chosen)}", CloseRoom(room="none"))
            try:
                chosen.append(supervisor.choose_worker())
            except Unavailable as unavailable:
                chosen.append(unavailable.message)
        assert chosen == [1, 0, 1, "The media workers have too much to do; try again later.", 0]
        await supervisor.stop()


async def test_the_figures_tell_how_the_workers_are(directory: Path, listener: RecordingListener) -> None:
    async with FakeWorker(directory / "worker-0.sock"), FakeWorker(directory / "worker-1.sock") as second:
        supervisor = supervisor_of(directory, count=2)
        await supervisor.start(listener)
        await supervisor.run(0, "1", OpenRoom(room="a"))
        await second.stop()
        await listener.heard(1)
        shown = {(figure.name, *figure.labels.values()): figure.value for figure in supervisor.figures()}
        await supervisor.stop()
    workers = {state: shown["ringback_media_workers", state] for state in WorkerState}
    assert workers == {**dict.fromkeys(WorkerState, 0), WorkerState.CONNECTED: 1, WorkerState.RESTARTING: 1}
    assert [shown["ringback_media_worker_rooms", number] for number in ("0", "1")] == [1, 0]
    assert [shown["ringback_media_worker_restarts_total", number] for number in ("0", "1")] == [0, 1]


async def test_facts_reach_the_listener_with_their_worker(directory: Path, listener: RecordingListener) -> None:
    async with FakeWorker(directory / "worker-0.sock"), FakeWorker(directory / "worker-1.sock") as second:
        supervisor = supervisor_of(directory, count=2)
        await supervisor.start(listener)
        await supervisor.run(1, "1", OpenRoom(room="r"))
        publish = Publish(room="r", participant="alice", publication="p", number=1, source=Source.CAMERA)
        await supervisor.run(1, "2", publish)
        second.publication_started("r", "p")
        second.room_failed("r")
        assert await listener.heard(2) == [
            ("fact", 1, PublicationStarted(room="r", publication="p")),
            ("fact", 1, RoomFailed(room="r", reason=RoomFailReason.FAULT)),
        ]
        await supervisor.stop()


async def test_a_lost_worker_is_reported_and_nothing_runs_on_it(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    await supervisor.run(0, "1", OpenRoom(room="r"))
    await worker.stop()
    assert await listener.heard(1) == [("lost", 0)]
    with pytest.raises(Unavailable, match="restarting"):
        await supervisor.run(0, "2", OpenRoom(room="r"))
    with pytest.raises(Unavailable, match="No media worker"):
        supervisor.choose_worker()
    (status,) = supervisor.status()
    assert (status.rooms, status.restarts, status.pid, status.boot_id) == (0, 1, None, None)
    await supervisor.stop()


async def test_a_worker_that_does_not_start_again_is_tried_until_it_does(
    directory: Path, worker: FakeWorker, listener: RecordingListener, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RESTART_DELAYS", (0.0, 0.001))
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    await worker.stop()
    for attempt in (1, 2, 3):
        await log.said("media worker does not start again", attempt=attempt)
    problem = supervisor.status()[0].problem
    assert problem is not None
    assert "/nonexistent/ringback-media cannot be run" in problem
    async with FakeWorker(worker.path, boot_id="fake-2"):
        await log.said("media worker adopted")
        (status,) = supervisor.status()
        assert (status.state, status.boot_id, status.problem) == (WorkerState.CONNECTED, "fake-2", None)
        assert status.restarts == 1
        assert listener.entries == [("lost", 0)]
        await supervisor.stop()


@pytest.mark.parametrize(("lived_s", "begins_anew"), [(29.0, False), (30.0, True)])
async def test_the_delays_begin_anew_after_a_stable_life(
    directory: Path,
    worker: FakeWorker,
    listener: RecordingListener,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    lived_s: float,
    begins_anew: bool,
) -> None:
    monkeypatch.setattr(worker_module, "RESTART_DELAYS", (0.0, 0.001))
    clock = VirtualClock()
    supervisor = supervisor_of(directory, clock=clock)
    await supervisor.start(listener)
    await worker.stop()
    await log.said("media worker does not start again", attempt=1)
    async with FakeWorker(worker.path, boot_id="fake-2"):
        await log.said("media worker adopted")
        clock.advance(lived_s)
    failed = await log.said("media worker does not start again")
    assert (failed["attempt"] == 1) is begins_anew
    await supervisor.stop()


async def test_a_dropped_connection_is_no_loss(
    directory: Path, worker: FakeWorker, listener: RecordingListener, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    worker.drop_connections()
    await log.said("connection to media worker lost")
    assert supervisor.status()[0].state is WorkerState.RECONNECTING
    with pytest.raises(Unavailable, match="No media worker"):
        supervisor.choose_worker()
    await log.said("connection to media worker is back", attempt=1)
    assert supervisor.choose_worker() == 0
    assert supervisor.status()[0].state is WorkerState.CONNECTED
    assert listener.entries == []
    await supervisor.stop()


async def test_a_worker_that_another_control_plane_took_over_is_left_alone(
    directory: Path, worker: FakeWorker, listener: RecordingListener, log: Log
) -> None:
    older = supervisor_of(directory, epoch=1)
    await older.start(listener)
    newer = supervisor_of(directory, epoch=2)
    await newer.start(listener)
    await log.said("another control plane has taken over the media worker")
    assert older.status()[0].state is WorkerState.SUPERSEDED
    with pytest.raises(Unavailable, match="superseded"):
        await older.run(0, "1", OpenRoom(room="r"))
    await older.stop()
    await newer.run(0, "2", OpenRoom(room="r"))
    assert worker.rules.rooms == ["r"]
    assert listener.entries == []
    await newer.stop()


async def test_a_stale_control_plane_does_not_start(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    worker.epoch = 8
    with pytest.raises(WorkerStartFailed, match=r"STALE_EPOCH.*Stop the other control plane"):
        await supervisor_of(directory, epoch=7).start(listener)


async def test_a_worker_that_hangs_is_not_adopted(
    directory: Path, worker: FakeWorker, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.media.client.COMMAND_TIMEOUT", 0.01)
    worker.hanging = True
    with pytest.raises(WorkerStartFailed, match=r"does not answer.*worker-0\.sock"):
        await supervisor_of(directory).start(listener)


async def test_a_missing_program_says_how_to_get_it(directory: Path, listener: RecordingListener) -> None:
    with pytest.raises(WorkerStartFailed, match=r"/nonexistent/ringback-media cannot be run: No such file.*make build"):
        await supervisor_of(directory).start(listener)


async def test_a_file_that_is_no_program_is_named(directory: Path, listener: RecordingListener) -> None:
    text = directory / "text"
    text.write_text("not a program")
    with pytest.raises(WorkerStartFailed, match="text cannot be run: Permission denied"):
        await supervisor_of(directory, binary=text).start(listener)


async def test_a_program_that_ends_is_quoted_with_the_command_to_try(
    directory: Path, listener: RecordingListener
) -> None:
    binary = program(
        directory, "print('first', file=sys.stderr)\nprint('no such cipher', file=sys.stderr)\nsys.exit(3)"
    )
    with pytest.raises(WorkerStartFailed, match=r"ended with status 3: no such cipher\. .*--socket .*--udp-port 0"):
        await supervisor_of(directory, binary=binary).start(listener)


async def test_a_program_that_ends_without_a_word_says_so(directory: Path, listener: RecordingListener) -> None:
    binary = program(directory, "sys.exit(1)")
    with pytest.raises(WorkerStartFailed, match="status 1: it said nothing"):
        await supervisor_of(directory, binary=binary).start(listener)


async def test_a_program_that_never_listens_is_given_up_and_ended(
    directory: Path, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "START_TIMEOUT", 0.01)
    started: list[WorkerProcess] = []

    class Remembered(WorkerProcess):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(launch, "WorkerProcess", Remembered)
    with pytest.raises(WorkerStartFailed, match=r"did not answer in 0\.01 s"):
        await supervisor_of(directory, binary=program(directory, "time.sleep(600)")).start(listener)
    assert [await process.wait() for process in started] == [-signal.SIGTERM]


async def test_one_that_fails_leaves_the_adopted_ones_running(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    with pytest.raises(WorkerStartFailed):
        await supervisor_of(directory, count=2).start(listener)
    assert worker.rules.rooms == []
    assert not worker.ended.is_set()


async def test_a_worker_number_that_does_not_exist_is_unavailable(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    with pytest.raises(Unavailable, match="no media worker 1"):
        await supervisor.run(1, "1", OpenRoom(room="r"))
    await supervisor.stop()


async def test_a_worker_that_drains_is_given_no_more_rooms(directory: Path, listener: RecordingListener) -> None:
    async with FakeWorker(directory / "worker-0.sock"), FakeWorker(directory / "worker-1.sock") as second:
        supervisor = supervisor_of(directory, count=2)
        await supervisor.start(listener)
        await supervisor.run(0, "1", OpenRoom(room="a"))
        await supervisor.run(1, "2", OpenRoom(room="b"))
        await supervisor.drain(1, then_run_again=False)
        await supervisor.run(0, "3", OpenRoom(room="c"))
        assert supervisor.choose_worker() == 0
        assert [status.draining for status in supervisor.status()] == [False, True]
        await supervisor.run(1, "4", CloseRoom(room="b"))
        async with asyncio.timeout(PATIENCE):
            await second.ended.wait()
        assert await listener.heard(1) == [("lost", 1)]
        while (status := supervisor.status()[1]).state is not WorkerState.STOPPED:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        assert status.restarts == 0
        await supervisor.stop()


async def test_a_worker_that_somebody_else_drains_is_noticed(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    await supervisor.run(0, "1", OpenRoom(room="a"))
    worker.rules.draining = True
    with pytest.raises(MediaCommandRefused, match="DRAINING"):
        await supervisor.run(0, "2", OpenRoom(room="b"))
    with pytest.raises(Unavailable):
        supervisor.choose_worker()
    assert supervisor.status()[0].rooms == 1
    await supervisor.stop()


async def test_who_is_adopted_while_it_drains_takes_no_rooms(
    directory: Path, worker: FakeWorker, listener: RecordingListener
) -> None:
    worker.rules.run("before", OpenRoom(room="r"))
    worker.rules.draining = True
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    with pytest.raises(Unavailable):
        supervisor.choose_worker()
    await supervisor.stop()


async def test_a_worker_that_hangs_is_lost(
    directory: Path, worker: FakeWorker, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PING_INTERVAL", 0)
    monkeypatch.setattr(client_module, "COMMAND_TIMEOUT", 0.01)
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    worker.hanging = True
    assert await listener.heard(1) == [("lost", 0)]
    await supervisor.stop()


async def test_whatever_was_found_is_told(directory: Path, worker: FakeWorker, listener: RecordingListener) -> None:
    supervisor = supervisor_of(directory)
    await supervisor.start(listener)
    while listener.found != [0]:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    await supervisor.stop()
