"""Where the workers' sockets lie."""

import os
import stat
from pathlib import Path

import pytest

from ringback.media.errors import WorkerStartFailed
from ringback.media.sockets import MAX_PATH, socket_directory, socket_path


@pytest.fixture
def temporary(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary directory, as far as the code under test knows."""
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def test_the_wanted_directory_is_made_for_us_alone(directory: Path) -> None:
    wanted = directory / "data" / "media"
    assert socket_directory(wanted) == wanted
    assert stat.S_IMODE(wanted.stat().st_mode) == 0o700
    assert socket_path(wanted, 3) == wanted / "worker-3.sock"


def test_it_may_exist(directory: Path) -> None:
    assert socket_directory(directory) == directory


def test_a_long_path_leads_to_a_short_one_and_always_the_same(temporary: Path) -> None:
    wanted = temporary / ("d" * 100)
    found = socket_directory(wanted)
    assert found.parent == temporary
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    assert len(os.fsencode(socket_path(found, 9999))) <= MAX_PATH
    assert socket_directory(wanted) == found
    assert socket_directory(temporary / ("e" * 100)) != found


def test_the_limit_counts_bytes(temporary: Path) -> None:
    room = MAX_PATH - len(os.fsencode(socket_path(temporary / "x", 9999))) + 1
    fits, too_long = temporary / ("x" * room), temporary / ("x" * (room - 1) + "é")
    assert socket_directory(fits) == fits
    assert socket_directory(too_long) != too_long


def test_a_directory_that_others_can_enter_is_not_used(temporary: Path) -> None:
    found = socket_directory(temporary / ("d" * 100))
    found.chmod(0o755)
    with pytest.raises(WorkerStartFailed, match=found.name):
        socket_directory(temporary / ("d" * 100))


def test_a_link_to_somewhere_else_is_not_used(temporary: Path) -> None:
    found = socket_directory(temporary / ("d" * 100))
    found.rmdir()
    found.symlink_to(temporary)
    with pytest.raises(WorkerStartFailed, match=found.name):
        socket_directory(temporary / ("d" * 100))
