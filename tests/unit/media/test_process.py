"""Processes of workers: their lines, their ends, and that no other process is ever meant."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ringback.media import process as module
from ringback.media.process import WorkerProcess
from tests.unit.media.witnesses import Lines

PROLOGUE = "import os, signal, sys, time; say = lambda text: print(text, file=sys.stderr, flush=True);"


def python(source: str, lines: Lines) -> WorkerProcess:
    return WorkerProcess.start([sys.executable, "-c", PROLOGUE + source], lines)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that somebody else has started."""
    with subprocess.Popen(["sleep", "600"]) as child:
        yield child
        child.kill()


async def test_its_lines_are_handed_on_and_the_last_is_kept() -> None:
    lines = Lines()
    process = python(r"os.write(2, b'one\n\n  two \nth\xffree')", lines)
    assert await process.wait() == 0
    assert lines.all == ["one", "two", "th\ufffdree"]
    assert process.last_line == "th\ufffdree"


async def test_a_line_without_end_is_cut() -> None:
    lines = Lines()
    process = python(f"say('x' * {3 * module.MAX_LINE})", lines)
    await process.wait()
    assert len(lines.all) > 1
    assert "".join(lines.all) == "x" * 3 * module.MAX_LINE


async def test_it_has_a_session_of_its_own() -> None:
    process = python("sys.exit(os.getsid(0) != os.getpid())", Lines())
    assert await process.wait() == 0


async def test_a_process_that_obeys_is_ended_by_sigterm() -> None:
    process = python("time.sleep(600)", Lines())
    await process.end()
    assert await process.wait() == -signal.SIGTERM


async def test_a_process_that_does_not_obey_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines()
    process = python("signal.signal(signal.SIGTERM, signal.SIG_IGN); say('deaf'); time.sleep(600)", lines)
    await lines.heard("deaf")
    monkeypatch.setattr(module, "STOP_GRACE", 0.05)
    await process.end()
    assert await process.wait() == -signal.SIGKILL


async def test_a_signal_to_one_that_has_ended_goes_nowhere() -> None:
    process = python("sys.exit(5)", Lines())
    assert await process.wait() == 5
    process.send_signal(signal.SIGKILL)
    await process.end()
    assert await process.wait() == 5


async def test_an_adopted_process_is_waited_for_though_it_is_no_child_of_ours(
    child: "subprocess.Popen[bytes]",
) -> None:
    process = WorkerProcess.adopt(child.pid)
    assert process is not None
    assert process.pid == child.pid
    await process.end()
    assert await process.wait() is None
    assert child.wait() == -signal.SIGTERM


async def test_a_released_process_goes_on(child: "subprocess.Popen[bytes]") -> None:
    process = WorkerProcess.adopt(child.pid)
    assert process is not None
    process.release()
    process.send_signal(signal.SIGKILL)
    assert child.poll() is None


async def test_what_is_not_there_and_ourselves_are_not_adopted(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()
    assert [WorkerProcess.adopt(pid) for pid in (0, os.getpid(), child.pid)] == [None, None, None]
