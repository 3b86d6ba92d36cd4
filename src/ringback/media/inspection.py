"""What operators ask of the media workers: how they are, what they hold, and the packets of one room."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from ringback.kernel.clock import Clock
from ringback.kernel.errors import NotFound, Unavailable
from ringback.kernel.ids import Ids
from ringback.media.commands import Command, StartCapture, StopCapture
from ringback.media.errors import MediaCommandRefused
from ringback.media.model import Snapshot
from ringback.media.protocol import ErrorCode
from ringback.media.snapshots import Run, take_snapshot
from ringback.media.status import WorkerStatus
from ringback.media.supervisor import WorkerSupervisor

_NAME: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
"""Room ids that make a file's name: ours all do."""


class RoomNotFound(NotFound):
    """No media worker of this node has such a room."""

    code = "ROOM_NOT_FOUND"


class WorkerNotFound(NotFound):
    """This node has no media worker of this number."""

    code = "WORKER_NOT_FOUND"


class Inspection:
    """The workers of `supervisor`, for people who look for what is wrong. `packets` is where captures are written."""

    def __init__(self, supervisor: WorkerSupervisor, packets: Path, clock: Clock, ids: Ids) -> None:
        self._supervisor = supervisor
        self._packets = packets
        self._clock = clock
        self._ids = ids

    def workers(self) -> list[WorkerStatus]:
        """What can be said about each worker now."""
        return self._supervisor.status()

    async def drain(self, worker: int, *, then_run_again: bool) -> None:
        """Give a worker no new rooms; it ends with its last one. Raises `WorkerNotFound` and `Unavailable`."""
        if worker not in range(len(self._supervisor.status())):
            raise WorkerNotFound
        await self._supervisor.drain(worker, then_run_again=then_run_again)

    async def snapshots(self, room: str | None) -> dict[int, Snapshot]:
        """What the workers hold, by their numbers; or only the one that has `room`, with nothing but it.

        A worker that does not answer is left out. Raises `RoomNotFound`.
        """
        found = {}
        for worker in self._supervisor.status():
            try:
                found[worker.number] = await take_snapshot(self._running_on(worker.number), room)
            except MediaCommandRefused as refused:
                if refused.reason is not ErrorCode.ROOM_NOT_FOUND:
                    raise
            except Unavailable:
                continue
        if room is not None and not found:
            raise RoomNotFound
        return found

    async def start_capture(self, room: str, *, seconds: int, payloads: bool) -> Path:
        """Let the packets of a room be written to a new file for some time. Returns its path.

        Raises `RoomNotFound`, `Unavailable`, and `MediaCommandRefused` when the room is being captured already.
        """
        if not _NAME.fullmatch(room):
            raise RoomNotFound
        self._packets.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._packets / f"{room}-{_stamp(self._clock.now())}.pcap"
        await self._where_it_is(StartCapture(room=room, path=str(path), payloads=payloads, seconds=seconds))
        return path

    async def stop_capture(self, room: str) -> None:
        """End the capture of a room, if there is one."""
        for worker in self._supervisor.status():
            try:
                await self._running_on(worker.number)(StopCapture(room=room))
            except Unavailable:
                continue

    async def _where_it_is(self, command: Command) -> None:
        for worker in self._supervisor.status():
            try:
                await self._running_on(worker.number)(command)
                return
            except MediaCommandRefused as refused:
                if refused.reason is not ErrorCode.ROOM_NOT_FOUND:
                    raise
        raise RoomNotFound

    def _running_on(self, worker: int) -> Run:
        return lambda command: self._supervisor.run(worker, self._ids.new(), command)


def _stamp(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%M%S%f")
