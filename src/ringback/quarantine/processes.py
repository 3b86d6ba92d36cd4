"""Hands files to programs: how many run at once, how many wait, and what becomes of those that take too much."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from ringback.kernel.errors import InvalidRequest, Unavailable
from ringback.quarantine import confined

Outcome = TypeVar("Outcome", bound=IntEnum)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the files of one kind may take."""

    processes: int
    """Files that are read at the same time."""

    waiting: int
    """Files that may wait for their turn; others are refused."""

    memory: int
    """Bytes of address space for one file, the interpreter and its libraries included."""

    processor_seconds: int
    """Of processor time for one file: however busy the machine is, it is the same."""

    patience_seconds: float
    """How long a process may be there. After that it is the machine that is too busy, and not the file too slow."""


class Quarantine(Generic[Outcome]):
    """Lets one program read files.

    The program is a Python file that imports nothing of the platform. It is started for each file, finds it in its
    standard input, and answers by its exit status, which is one of `outcomes`, and its standard output. (Not by 1 or 2:
    Python itself ends with these.)
    """

    def __init__(self, program: str, outcomes: type[Outcome], limits: Limits, *, field: str, refusal: str) -> None:
        """`program` is its path. `refusal` is said of `field` when a file takes too much, or breaks the program."""
        self._program = program
        self._outcomes = outcomes
        self._limits = limits
        self._field = field
        self._refusal = refusal
        self._turns = asyncio.Semaphore(limits.processes)
        self._busy = 0

    async def read(self, content: bytes, *arguments: str) -> tuple[Outcome, bytes]:
        """How it went, and the output. Secrets belong into `content`: the whole machine sees `arguments`.

        Raises `InvalidRequest` for a file that was too much, and `Unavailable` when too many are waiting or the machine
        is too busy.
        """
        if self._busy >= self._limits.processes + self._limits.waiting:
            raise Unavailable
        self._busy += 1
        try:
            async with self._turns:
                status, output = await self._run(content, arguments)
        finally:
            self._busy -= 1
        try:
            return self._outcomes(status), output
        except ValueError:
            _log.warning("A file was too much for its program.", program=Path(self._program).stem, status=status)
            raise InvalidRequest(self._refusal, field=self._field) from None

    async def _run(self, content: bytes, arguments: tuple[str, ...]) -> tuple[int, bytes]:
        limits = (str(self._limits.memory), str(self._limits.processor_seconds))
        try:
            async with asyncio.timeout(self._limits.patience_seconds):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", confined.__file__, *limits, self._program, *arguments),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,  # tracebacks would show what strangers wrote
                    env={},  # ours has secrets
                    start_new_session=True,  # Ctrl-C is for the node
                )
                return await _outcome(process, content)
        except TimeoutError:
            raise Unavailable from None


async def _outcome(process: Process, content: bytes) -> tuple[int, bytes]:
    try:
        output, _ = await process.communicate(content)
        return await process.wait(), output
    finally:
        if process.returncode is None:  # nobody waits for it any more
            process.kill()
            await process.wait()
