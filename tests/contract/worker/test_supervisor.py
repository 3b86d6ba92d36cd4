"""The supervisor with the real program: start, adopt, restart, stop, and what a failed start says."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from ringback.kernel.clock import SystemClock
from ringback.kernel.ids import RandomIds
from ringback.media import client as client_module
from ringback.media import process as process_module
from ringback.media import worker as worker_module
from ringback.media.client import COMMANDS_AT_ONCE
from ringback.media.commands import AcceptOffer, Answer, OpenRoom, Publish, TakeSnapshot
from ringback.media.errors import WorkerStartFailed
from ringback.media.model import Snapshot, Source
from ringback.media.status import WorkerState
from ringback.media.supervisor import WORKER_LOG_LEVELS, WorkerConfig, WorkerSupervisor
from tests.contract.worker.controller import OFFER, PATIENCE
from tests.unit.media.witnesses import Log, RecordingListener

pytestmark = pytest.mark.worker

CONTROL_PLANE = Path(__file__).parent / "control_plane.py"
SOURCES = Path(__file__).parents[3] / "src"


@pytest.fixture
async def listener() -> RecordingListener:
    return RecordingListener()


def supervisor_of(
    binary: Path, directory: Path, *, count: int = 1, epoch: int = 5, first_udp_port: int = 0, log_level: str = "info"
) -> WorkerSupervisor:
    config = WorkerConfig(
        binary=binary,
        directory=directory,
        addresses=("127.0.0.1",),
        count=count,
        first_udp_port=first_udp_port,
        orphan_timeout_s=60,
        log_level=log_level,
    )
    return WorkerSupervisor(config, epoch=epoch, build="test", clock=SystemClock(), ids=RandomIds())


@pytest.fixture
async def supervisor(
    binary: Path, short_path: Path, listener: RecordingListener, log: Log
) -> AsyncIterator[WorkerSupervisor]:
    """One that has started two workers."""
    supervisor = supervisor_of(binary, short_path, count=2)
    await supervisor.start(listener)
    yield supervisor
    await supervisor.stop()


def pids(supervisor: WorkerSupervisor) -> list[int]:
    found = [status.pid for status in supervisor.status()]
    return [pid for pid in found if pid is not None]


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def listens(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    writer.transport.abort()
    return True


async def test_workers_start_and_say_who_they_are(supervisor: WorkerSupervisor, log: Log) -> None:
    statuses = supervisor.status()
    assert [status.state for status in statuses] == [WorkerState.CONNECTED] * 2
    assert [(status.number, status.rooms, status.restarts, status.adopted) for status in statuses] == [
        (0, 0, 0, False),
        (1, 0, 0, False),
    ]
    assert len({status.boot_id for status in statuses}) == 2
    assert all(status.build for status in statuses)
    assert [len(status.addresses) for status in statuses] == [2, 2]
    assert all(os.getsid(pid) == pid for pid in pids(supervisor))


async def test_their_log_lines_come_at_their_own_level(binary: Path, short_path: Path, log: Log) -> None:
    supervisor = supervisor_of(binary, short_path)
    await supervisor.start(RecordingListener())
    line = await log.said("media worker says", worker=0)
    assert line["level"] == "info"
    assert "started" in line["line"]
    await supervisor.stop()


@pytest.mark.parametrize("level", WORKER_LOG_LEVELS)
async def test_they_tell_as_much_as_they_are_asked_to(binary: Path, short_path: Path, log: Log, level: str) -> None:
    supervisor = supervisor_of(binary, short_path, log_level=level)
    await supervisor.start(RecordingListener())
    microphone = Publish(room="r", participant="alice", publication="1", number=1, source=Source.MICROPHONE)
    await supervisor.run_all(0, "1", [OpenRoom(room="r"), microphone])
    await supervisor.stop()
    said = [line["line"] for line in log.lines if line["event"] == "media worker says"]
    told = [command for command in ("open room", "publish") if any(command in line for line in said)]
    assert told == {"debug": ["open room", "publish"], "info": ["open room"]}.get(level, [])


async def test_a_real_worker_answers_a_real_offer(supervisor: WorkerSupervisor) -> None:
    worker = supervisor.choose_worker()
    await supervisor.run(worker, "1", OpenRoom(room="r"))
    offer = AcceptOffer(room="r", participant="alice", transport="t", sdp=OFFER)
    answer = await supervisor.run(worker, "2", offer)
    assert isinstance(answer, Answer)
    assert answer.sdp.startswith("v=0")
    snapshot = await supervisor.run(worker, "3", TakeSnapshot())
    assert isinstance(snapshot, Snapshot)
    assert [participant.participant for participant in snapshot.rooms[0].participants] == ["alice"]
    assert len(snapshot.rooms[0].participants[0].slots) == 7


async def test_a_real_worker_takes_more_commands_than_it_is_given_at_once(supervisor: WorkerSupervisor) -> None:
    publish = [
        Publish(room="r", participant="alice", publication=str(number), number=number, source=Source.CAMERA)
        for number in range(1, 2 * COMMANDS_AT_ONCE)
    ]
    await supervisor.run_all(0, "many", [OpenRoom(room="r"), *publish])
    snapshot = await supervisor.run(0, "snapshot", TakeSnapshot())
    assert isinstance(snapshot, Snapshot)
    [alice] = snapshot.rooms[0].participants
    assert [each.publication for each in alice.publications] == [publish[-1].publication]
    assert supervisor.status()[0].rooms == 1


async def test_a_killed_worker_is_reported_and_replaced(
    supervisor: WorkerSupervisor, listener: RecordingListener, log: Log
) -> None:
    await supervisor.run(0, "1", OpenRoom(room="r"))
    before = supervisor.status()
    assert before[0].pid is not None
    os.kill(before[0].pid, signal.SIGKILL)
    assert await listener.heard(1) == [("lost", 0)]
    lost = await log.said("media worker lost", worker=0)
    assert (lost["pid"], lost["exit_status"]) == (before[0].pid, -signal.SIGKILL)
    await log.said("media worker started", worker=0)

    after = supervisor.status()
    assert (after[0].state, after[0].restarts, after[0].rooms) == (WorkerState.CONNECTED, 1, 0)
    assert after[0].boot_id != before[0].boot_id
    assert after[1] == before[1]
    await supervisor.run(0, "1", OpenRoom(room="r"))
    assert supervisor.status()[0].rooms == 1
    assert listener.entries == [("lost", 0)]


async def test_stopping_ends_every_process(binary: Path, short_path: Path, listener: RecordingListener) -> None:
    supervisor = supervisor_of(binary, short_path, count=2)
    await supervisor.start(listener)
    started = pids(supervisor)
    assert [runs(pid) for pid in started] == [True, True]
    await supervisor.stop()
    assert [runs(pid) for pid in started] == [False, False]
    assert [status.state for status in supervisor.status()] == [WorkerState.STOPPED] * 2
    assert listener.entries == []


async def test_a_worker_that_hangs_is_killed_in_the_end(
    binary: Path, short_path: Path, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervisor_of(binary, short_path)
    await supervisor.start(listener)
    (pid,) = pids(supervisor)
    monkeypatch.setattr(process_module, "STOP_GRACE", 0.05)
    monkeypatch.setattr("ringback.media.worker.STOP_GRACE", 0.05)
    os.kill(pid, signal.SIGSTOP)
    await supervisor.stop()
    assert not runs(pid)


async def killed_control_plane(binary: Path, directory: Path) -> int:
    """Let a control plane of epoch 4 start a worker, and kill it. Returns the worker's pid."""
    control_plane = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CONTROL_PLANE), str(binary), str(directory), "4"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )
    assert control_plane.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while not (line := await control_plane.stdout.readline()).startswith(b"ready "):
                assert line, "the control plane has ended"
        return int(line.removeprefix(b"ready "))
    finally:
        control_plane.kill()
        await control_plane.wait()


async def test_workers_outlive_a_killed_control_plane_and_are_adopted_with_their_rooms(
    binary: Path, short_path: Path, listener: RecordingListener
) -> None:
    pid = await killed_control_plane(binary, short_path)
    supervisor = supervisor_of(binary, short_path, epoch=5)
    await supervisor.start(listener)
    (status,) = supervisor.status()
    assert (status.state, status.adopted, status.pid, status.rooms) == (WorkerState.CONNECTED, True, pid, 1)
    offer = AcceptOffer(room="r", participant="alice", transport="t", sdp=OFFER)
    assert isinstance(await supervisor.run(0, "2", offer), Answer)

    await supervisor.stop()
    assert not await listens(short_path / "worker-0.sock")


async def test_an_adopted_worker_that_dies_is_replaced_too(
    supervisor: WorkerSupervisor, binary: Path, short_path: Path, log: Log
) -> None:
    listener = RecordingListener()
    newer = supervisor_of(binary, short_path, count=2, epoch=6)
    await newer.start(listener)
    assert pids(newer) == pids(supervisor)
    os.kill(pids(newer)[1], signal.SIGKILL)
    assert await listener.heard(1) == [("lost", 1)]
    await log.said("media worker lost", worker=1)
    await log.said("media worker started", worker=1)
    assert newer.status()[1].adopted is False
    await newer.stop()


async def test_a_worker_that_was_taken_over_is_not_stopped_by_who_started_it(
    binary: Path, short_path: Path, listener: RecordingListener, log: Log
) -> None:
    older, newer = supervisor_of(binary, short_path, epoch=1), supervisor_of(binary, short_path, epoch=2)
    await older.start(listener)
    await newer.start(listener)
    await log.said("another control plane has taken over the media worker")
    await older.stop()
    await newer.run(0, "1", OpenRoom(room="r"))
    await newer.stop()
    assert listener.entries == []


async def test_a_port_in_use_is_said_with_what_to_do(
    binary: Path, short_path: Path, listener: RecordingListener
) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(WorkerStartFailed, match=rf"{port}.*in use.*RINGBACK_MEDIA_UDP_PORT.*--udp-port {port}"):
            await supervisor_of(binary, short_path, first_udp_port=port).start(listener)


async def test_one_port_in_use_stops_the_others(binary: Path, short_path: Path, listener: RecordingListener) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        first = taken.getsockname()[1] - 1
        with pytest.raises(WorkerStartFailed, match=f"--udp-port {first + 1}"):
            await supervisor_of(binary, short_path, count=2, first_udp_port=first).start(listener)
    assert not await listens(short_path / "worker-0.sock")


async def test_a_worker_that_hangs_is_killed_and_the_next_one_started(
    binary: Path, short_path: Path, listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PING_INTERVAL", 0.05)
    supervisor = supervisor_of(binary, short_path)
    await supervisor.start(listener)
    try:
        await supervisor.run(0, "1", OpenRoom(room="r"))
        (before,) = supervisor.status()
        assert before.pid is not None
        monkeypatch.setattr(client_module, "COMMAND_TIMEOUT", 1.0)
        os.kill(before.pid, signal.SIGSTOP)
        assert await listener.heard(1) == [("lost", 0)]
        assert await asyncio.wait_for(supervisor.find_worker(), PATIENCE) == 0
        (after,) = supervisor.status()
        assert after.pid != before.pid
        with pytest.raises(ProcessLookupError):
            os.kill(before.pid, 0)
    finally:
        await supervisor.stop()


async def test_a_worker_that_drains_is_followed_by_the_next_one(
    binary: Path, short_path: Path, listener: RecordingListener
) -> None:
    supervisor = supervisor_of(binary, short_path)
    await supervisor.start(listener)
    try:
        (before,) = supervisor.status()
        await supervisor.drain(0, then_run_again=True)
        assert await listener.heard(1) == [("lost", 0)]
        assert await asyncio.wait_for(supervisor.find_worker(), PATIENCE) == 0
        (after,) = supervisor.status()
        assert (after.pid != before.pid, after.restarts, after.draining) == (True, 0, False)
    finally:
        await supervisor.stop()
