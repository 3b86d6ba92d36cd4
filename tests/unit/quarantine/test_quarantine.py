"""What a program gets that reads strangers' files, and what becomes of files that take more."""

import asyncio
import os
from dataclasses import replace
from enum import IntEnum
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ringback.kernel.errors import InvalidRequest, Unavailable
from ringback.quarantine import Limits, Quarantine
from ringback.quarantine.confined import NICENESS

MEBIBYTE = 1024 * 1024
LIMITS = Limits(processes=1, waiting=2, memory=128 * MEBIBYTE, processor_seconds=1, patience_seconds=60.0)


class Outcome(IntEnum):
    GOOD = 0
    BAD = 10


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "program.py"


def quarantine(program: Path, source: str, limits: Limits = LIMITS) -> Quarantine[Outcome]:
    program.write_text(source)
    return Quarantine(str(program), Outcome, limits, field="file", refusal="is too much")


async def test_a_program_reads_the_file_and_answers(program: Path) -> None:
    source = "import sys; sys.stdout.write(sys.argv[1] + sys.stdin.read()[::-1]); sys.exit(len(sys.argv[2]))"
    room = quarantine(program, source)
    assert await room.read(b"abc", "> ", "") == (Outcome.GOOD, b"> cba")
    assert await room.read(b"abc", "> ", "0123456789") == (Outcome.BAD, b"> cba")


async def test_a_file_of_any_size_goes_in_and_comes_out(program: Path) -> None:
    content = os.urandom(8 * MEBIBYTE)
    room = quarantine(program, "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())")
    assert await room.read(content) == (Outcome.GOOD, content)


async def test_a_program_need_not_read_the_file(program: Path) -> None:
    assert await quarantine(program, "exit(10)").read(bytes(MEBIBYTE)) == (Outcome.BAD, b"")


@pytest.mark.parametrize(
    "misbehaviour",
    [
        f"bytes({LIMITS.memory})",
        "while True: pass",
        "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')",
        "import os; os.abort()",
        "raise ValueError",
        "exit(77)",
    ],
    ids=["memory", "time", "files", "crash", "error", "no outcome"],
)
async def test_a_file_that_is_too_much_is_refused_and_reported(program: Path, misbehaviour: str) -> None:
    room = quarantine(program, misbehaviour)
    with capture_logs() as log, pytest.raises(InvalidRequest, match="is too much") as refused:
        await room.read(b"")
    assert refused.value.field == "file"
    assert [(entry["event"], entry["program"]) for entry in log] == [
        ("A file was too much for its program.", "program")
    ]


async def test_a_machine_that_is_too_busy_is_not_the_fault_of_the_file(program: Path) -> None:
    room = quarantine(program, "import time; time.sleep(3600)", replace(LIMITS, patience_seconds=0.2))
    for _ in range(LIMITS.processes + 1):
        with pytest.raises(Unavailable):
            await room.read(b"")


async def test_a_program_knows_no_secrets(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "a canary")
    _, environment = await quarantine(program, "import os; print(dict(os.environ))").read(b"")
    assert environment.startswith(b"{")
    assert b"canary" not in environment


async def test_calls_come_before_files(program: Path) -> None:
    _, niceness = await quarantine(program, "import os; print(os.nice(0))").read(b"")
    assert int(niceness) == min(os.nice(0) + NICENESS, 19)


async def test_a_node_that_is_told_to_stop_finishes_its_files(program: Path) -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGTERM); print(os.getsid(0) == os.getpid())"
    assert await quarantine(program, source).read(b"") == (Outcome.GOOD, b"True\n")


async def test_only_so_many_are_read_at_once(program: Path) -> None:
    source = "from time import monotonic as now; begin = now(); sum(range(5_000_000)); print(begin, now())"
    room = quarantine(program, source)
    answers = await asyncio.gather(*(room.read(b"") for _ in range(LIMITS.processes + LIMITS.waiting)))
    times = sorted(tuple(map(float, output.split())) for _, output in answers)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(times))


async def test_more_than_can_wait_are_refused(program: Path) -> None:
    room = quarantine(program, "", replace(LIMITS, processes=2))
    answers = await asyncio.gather(*(room.read(b"") for _ in range(7)), return_exceptions=True)
    assert answers[:4] == [(Outcome.GOOD, b"")] * 4
    assert [type(answer) for answer in answers[4:]] == [Unavailable] * 3
    assert await room.read(b"") == (Outcome.GOOD, b"")


async def test_a_program_ends_with_the_one_who_asked(program: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    source = "import sys, time; alive = open(*sys.argv[1:]); sys.stdin.read() or time.sleep(3600)"
    room = quarantine(program, source)
    asked = asyncio.create_task(room.read(b"", str(alive), "wb"))
    with await asyncio.to_thread(alive.open, "rb") as other_end:
        asked.cancel()
        assert await asyncio.to_thread(other_end.read) == b"", "it is open as long as the program is there"
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await room.read(b"next", os.devnull) == (Outcome.GOOD, b"")
