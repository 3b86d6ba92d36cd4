"""How a control plane comes to a worker: it adopts the one that runs, or starts one."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from ringback.kernel.ids import Ids
from ringback.media.client import WorkerClient
from ringback.media.errors import WorkerGone, WorkerStartFailed
from ringback.media.model import Snapshot
from ringback.media.process import WorkerProcess
from ringback.media.snapshots import take_snapshot

START_TIMEOUT = 10.0
"""Seconds from the start of the program to its greeting. It takes some 10 ms; a busy machine may need a hundred times
that, and a person who waits for `ringback serve` should read what is wrong before giving up."""

READY_POLL = 0.02
"""Seconds between looks for the socket of a worker that is starting: well below what a person notices."""

Connect = Callable[[], Awaitable[WorkerClient]]
"""Connects to the worker's socket; raises as `WorkerClient.connect` does."""


class Adopted(NamedTuple):
    """A worker that was already running."""

    client: WorkerClient
    process: WorkerProcess | None
    """None when it lives in another process namespace, or (a fake) in this very process."""
    snapshot: Snapshot


class Launched(NamedTuple):
    """A worker that we have started."""

    client: WorkerClient
    process: WorkerProcess


async def adopt(connect: Connect, ids: Ids) -> Adopted:
    """Take over the worker that runs. Raises as `connect`, and `Unavailable` when it does not answer."""
    client = await connect()
    # The answer to a command sent after this line proves that the process which we hold is the worker.
    process = WorkerProcess.adopt(client.peer_pid)
    try:
        snapshot = await take_snapshot(lambda command: client.run(ids.new(), command))
    except BaseException:
        await client.close()
        if process is not None:
            process.release()
        raise
    return Adopted(client, process, snapshot)


async def launch(program: Sequence[str], connect: Connect, on_line: Callable[[str], None]) -> Launched:
    """Start a worker and connect to it; `on_line` gets the lines of its log.

    Raises `WorkerStartFailed`, and as `connect`; then the process has ended.
    """
    try:
        process = WorkerProcess.start(program, on_line)
    except OSError as error:
        raise WorkerStartFailed(
            f"The media worker program {program[0]} cannot be run: {error.strerror}. "
            f"In a source tree, `make build` builds it."
        ) from error
    exited = asyncio.create_task(process.wait())
    greeted = asyncio.create_task(_connect_when_ready(connect))
    try:
        await asyncio.wait({exited, greeted}, timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if greeted.done():
            return Launched(greeted.result(), process)
        raise WorkerStartFailed(_what_happened(program, process, exited))
    except BaseException:
        await process.end()
        raise
    finally:
        exited.cancel()
        greeted.cancel()
        await asyncio.wait({exited, greeted})


def patient(connect: Connect) -> Connect:
    """Connects like `connect`, but gives a worker that others start as long to come up as one of ours."""

    async def connect_patiently() -> WorkerClient:
        try:
            async with asyncio.timeout(START_TIMEOUT):
                return await _connect_when_ready(connect)
        except TimeoutError:
            raise WorkerGone from None

    return connect_patiently


async def _connect_when_ready(connect: Connect) -> WorkerClient:
    while True:
        try:
            return await connect()
        except WorkerGone:
            await asyncio.sleep(READY_POLL)


def _what_happened(program: Sequence[str], process: WorkerProcess, exited: asyncio.Task[int | None]) -> str:
    outcome = f"ended with status {exited.result()}" if exited.done() else f"did not answer in {START_TIMEOUT:g} s"
    last_words = process.last_line or "it said nothing"
    advice = f"To see it by hand: {shlex.join(program)}"
    if "in use" in last_words.lower():
        advice = f"Choose another port with RINGBACK_MEDIA_UDP_PORT, or end what uses this one. {advice}"
    return f"The media worker {outcome}: {last_words}. {advice}"
