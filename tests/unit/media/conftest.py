"""What tests of the media port share."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ringback.testing.media import FakeWorker
from tests.unit.media.witnesses import RecordingListener, log  # noqa: F401 - a fixture


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose sockets have short paths, which pytest's own do not."""
    with tempfile.TemporaryDirectory(prefix="rb-") as name:
        yield Path(name)


@pytest.fixture
async def listener() -> RecordingListener:
    return RecordingListener()


@pytest.fixture
async def worker(directory: Path) -> AsyncIterator[FakeWorker]:
    """A fake worker that listens where worker 0 of a supervisor does."""
    async with FakeWorker(directory / "worker-0.sock") as worker:
        yield worker
