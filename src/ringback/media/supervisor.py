"""All media workers of this node, as the `MediaEngine` that the nouns use."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.kernel.figures import Figure
from ringback.kernel.ids import Ids
from ringback.media.commands import Command, Result
from ringback.media.engine import MediaListener
from ringback.media.figures import figures
from ringback.media.model import Load
from ringback.media.sockets import socket_directory, socket_path
from ringback.media.status import WorkerState, WorkerStatus
from ringback.media.worker import Worker

LOOK_AGAIN = 0.02
"""Seconds between looks for a worker that is connected, while rooms wait: well below what people in a call notice."""

WORKER_LOG_LEVELS = {"debug": "debug", "info": "info", "warning": "warn", "error": "error"}
"""What the program calls our levels."""


@dataclass(frozen=True, kw_only=True)
class WorkerConfig:
    """How the workers of a node are started."""

    binary: Path
    """The `ringback-media` program."""
    directory: Path
    """Where their sockets lie; made if it is missing. The next control plane finds running workers there."""
    addresses: tuple[str, ...]
    """What ICE announces, as `addresses.py` writes it; `announced_addresses()` when the operator does not say."""
    count: int
    """How many workers: one per core."""
    first_udp_port: int = 0
    """Worker *n* takes this port + *n*, by UDP and TCP; 0 lets the system choose."""
    external: bool = False
    """Others start and stop the processes (systemd, a container runtime): they are adopted, and left when we stop."""
    orphan_timeout_s: int = 300
    """Seconds that a worker goes on without a control plane: longer than an upgrade, shorter than a forgotten call."""
    log_level: str = "info"
    """What they log: this and everything graver; a key of `WORKER_LOG_LEVELS`."""


def worker_program(config: WorkerConfig, number: int) -> tuple[str, ...]:
    """The program of a worker with its arguments. Makes the directory of its socket."""
    udp_port = config.first_udp_port + number if config.first_udp_port else 0
    return (
        str(config.binary),
        *("--socket", str(socket_path(socket_directory(config.directory), number))),
        *("--udp-port", str(udp_port)),
        *(part for address in config.addresses for part in ("--announce" if "=" in address else "--address", address)),
        *("--orphan-timeout", str(config.orphan_timeout_s)),
        *("--log", WORKER_LOG_LEVELS[config.log_level]),
    )


class WorkerSupervisor:
    """Starts or adopts the workers, restarts what ends, and runs commands on them. Implements `MediaEngine`."""

    def __init__(self, config: WorkerConfig, *, epoch: int, build: str, clock: Clock, ids: Ids) -> None:
        """`epoch` grows with every start of a control plane: the higher one controls the workers. `build` names us."""
        self._config = config
        self._epoch = epoch
        self._build = build
        self._clock = clock
        self._ids = ids
        self._workers: list[Worker] = []

    async def start(self, listener: MediaListener) -> None:
        """Adopt or start every worker; facts and losses go to `listener` from now on.

        Raises `WorkerStartFailed` when one does not start; then those that were started are ended, and those that were
        running go on.
        """
        directory = socket_directory(self._config.directory)
        workers = [self._worker(number, directory, listener) for number in range(self._config.count)]
        outcomes = await asyncio.gather(*(worker.start() for worker in workers), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if failures:
            await asyncio.gather(*(worker.leave() if worker.adopted else worker.stop() for worker in workers))
            raise failures[0]
        self._workers = workers

    async def stop(self) -> None:
        """End every worker that we control, with its rooms; let go of those that others start."""
        await asyncio.gather(*(worker.leave() if self._config.external else worker.stop() for worker in self._workers))

    def status(self) -> list[WorkerStatus]:
        """What can be said about each worker now, by number."""
        return [worker.status() for worker in self._workers]

    def figures(self) -> list[Figure]:
        """How the workers are, and what they carry."""
        statuses = self.status()
        states = Counter(status.state for status in statuses)
        shown = [
            Figure("ringback_media_workers", "Media workers, by what they are doing.", states[state], {"state": state})
            for state in WorkerState
        ]
        for status in statuses:
            label = {"worker": str(status.number)}
            shown += [
                Figure(
                    "ringback_media_worker_rooms",
                    "Rooms that a worker holds, those of dialogs too.",
                    status.rooms,
                    label,
                ),
                Figure("ringback_media_worker_restarts_total", "Times that it was lost.", status.restarts, label),
            ]
        return [*shown, *figures(statuses)]

    @property
    def workers(self) -> int:
        """See `MediaEngine.workers`."""
        return self._config.count

    def choose_worker(self) -> int:
        """See `MediaEngine.choose_worker`."""
        willing = [number for number, worker in enumerate(self._workers) if worker.takes_rooms]
        if not willing:
            raise Unavailable("No media worker takes rooms.")
        free = [number for number in willing if self._workers[number].load is not Load.REFUSING]
        if not free:
            raise Unavailable("The media workers have too much to do; try again later.")
        # What sheds already comes last, however few rooms it has: they are large ones.
        return min(
            free, key=lambda number: (self._workers[number].load is not Load.NORMAL, self._workers[number].rooms)
        )

    async def find_worker(self) -> int:
        """See `MediaEngine.find_worker`."""
        while True:
            with suppress(Unavailable):
                return self.choose_worker()
            await asyncio.sleep(LOOK_AGAIN)

    async def drain(self, worker: int, *, then_run_again: bool) -> None:
        """Give this worker no new rooms; when its last one has closed it ends, and the next process starts, or none.

        Raises `Unavailable`.
        """
        await self._of(worker).drain(then_run_again=then_run_again)

    async def run(self, worker: int, command_id: str, command: Command) -> Result:
        """See `MediaEngine.run`."""
        return await self._of(worker).run(command_id, command)

    async def run_all(self, worker: int, command_id: str, commands: Sequence[Command]) -> None:
        """See `MediaEngine.run_all`."""
        await self._of(worker).run_all(command_id, commands)

    def _of(self, number: int) -> Worker:
        if number >= len(self._workers):
            raise Unavailable(f"There is no media worker {number}.")
        return self._workers[number]

    def _worker(self, number: int, directory: Path, listener: MediaListener) -> Worker:
        socket = socket_path(directory, number)
        return Worker(
            number,
            socket,
            () if self._config.external else worker_program(self._config, number),
            epoch=self._epoch,
            build=self._build,
            listener=listener,
            clock=self._clock,
            ids=self._ids,
        )
