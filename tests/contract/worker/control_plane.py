"""A control plane to be killed: it starts a worker, opens a room, prints "ready" and the worker's pid, and waits.

python control_plane.py BINARY DIRECTORY EPOCH
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from ringback.kernel.clock import SystemClock
from ringback.kernel.ids import RandomIds
from ringback.media.commands import OpenRoom
from ringback.media.facts import Fact
from ringback.media.model import RoomLevels, RoomVideo
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor


class Deaf:
    """A listener that does nothing."""

    async def media_fact(self, worker: int, fact: Fact) -> None:
        pass

    async def worker_lost(self, worker: int) -> None:
        pass

    async def worker_found(self, worker: int) -> None:
        pass

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        pass

    def video(self, worker: int, rooms: Sequence[RoomVideo]) -> None:
        pass


async def serve(binary: Path, directory: Path, epoch: int) -> None:
    config = WorkerConfig(binary=binary, directory=directory, addresses=("127.0.0.1",), count=1)
    supervisor = WorkerSupervisor(config, epoch=epoch, build="killed", clock=SystemClock(), ids=RandomIds())
    await supervisor.start(Deaf())
    await supervisor.run(0, "1", OpenRoom(room="r"))
    print("ready", supervisor.status()[0].pid, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
