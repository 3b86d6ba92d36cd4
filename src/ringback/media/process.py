"""The processes of media workers: start one, watch one, signal one.

A process is held by a pidfd (pidfd_open(2)), never by its bare number: when it ends, a signal goes nowhere, instead of
to whatever has been given its number since.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

STOP_GRACE = 3.0
"""Seconds for `shut_down`, and then for SIGTERM, to end a worker. Closing all transports takes less than one."""

KILL_GRACE = 3.0
"""Seconds for SIGKILL, which works at once unless the process is stuck in a device. With twice `STOP_GRACE` it stays
below the 10 s after which container runtimes kill the control plane."""

MAX_LINE = 65_536
"""Bytes of one line on a worker's standard error. More than any log line; a longer one is cut."""


class WorkerProcess:
    """A worker's process that we have started or adopted. Needs a running event loop."""

    def __init__(self, pid: int, pidfd: int, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.last_line = ""
        """The last line it wrote to its standard error; empty for an adopted one, which writes to who started it."""
        self.exit_status: int | None = None
        """Known after its end, if we have started it; a negative one is the number of the signal that ended it."""
        self._pidfd = pidfd
        self._child = child
        self._log_reader: asyncio.Task[None] | None = None
        self._exited = asyncio.Event()
        asyncio.get_running_loop().add_reader(pidfd, self._on_exit)

    @classmethod
    def start(cls, command: Sequence[str], on_line: Callable[[str], None]) -> "WorkerProcess":
        """Start a process in a session of its own, so that it outlives us and no Ctrl-C reaches it.

        `on_line` is called with each line of its standard error. Raises `OSError` when the program cannot be run.
        """
        child = subprocess.Popen(  # noqa: S603 - the program is the operator's setting, and no shell is involved
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        # Until we wait for it the child stays at least a zombie, so this is the right process even if it has ended.
        process = cls(child.pid, os.pidfd_open(child.pid), child)
        assert child.stderr is not None
        process._log_reader = asyncio.create_task(process._read_log(child.stderr, on_line), name="media worker log")
        return process

    @classmethod
    def adopt(cls, pid: int) -> "WorkerProcess | None":
        """Hold a process that another control plane has started.

        None when it has ended, when we cannot see it (0: another namespace), and for ourselves, whom we must not end.

        The caller proves that `pid` is still the worker by talking to it after this call.
        """
        if pid in (0, os.getpid()):
            return None
        with suppress(ProcessLookupError):
            return cls(pid, os.pidfd_open(pid), None)
        return None

    async def wait(self) -> int | None:
        """Wait until it has ended and all its lines are read. Returns the `exit_status`."""
        await self._exited.wait()
        if self._log_reader is not None:
            await asyncio.wait([self._log_reader])
        return self.exit_status

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if not self._exited.is_set():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    async def end(self) -> None:
        """Make sure that it has ended: SIGTERM, then SIGKILL. Raises `TimeoutError` when even that does not help."""
        with suppress(TimeoutError):
            self.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.wait(), STOP_GRACE)
        self.send_signal(signal.SIGKILL)
        await asyncio.wait_for(self.wait(), KILL_GRACE)

    def release(self) -> None:
        """Let it go on without us. What we have started stays our child: its log is read and its end noticed."""
        if self._child is None and not self._exited.is_set():
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._exited.set()

    def _on_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        if self._child is not None:
            self.exit_status = self._child.wait()
        self._exited.set()

    async def _read_log(self, pipe: IO[bytes], on_line: Callable[[str], None]) -> None:
        reader = asyncio.StreamReader(limit=MAX_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while line := await _read_line(reader):
                if text := line.decode(errors="replace").strip():
                    self.last_line = text
                    on_line(text)
        finally:
            transport.close()


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await reader.readexactly(overrun.consumed)
